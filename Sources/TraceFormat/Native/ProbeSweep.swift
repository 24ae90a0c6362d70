import TraceModel

/// Where a text may stand in a stretch of a trace: looked for once in all of its lines, then asked for line by line.
///
/// What ``TextProbe/mayStand(in:)`` says of each line, many times as fast: sixty-four places in one step, by the two
/// bytes of the text that are rarest in mail.
package struct ProbeSweep: Sendable {
  package let probe: TextProbe
  /// The stretch that was looked at last, in bytes of the trace.
  private var stretch = 0..<0
  /// Where in the trace the text stands, or an escape that may stand for a part of it.
  private var places: [Int] = []
  /// Of the places, the first that is not in front of the line that was asked for last.
  private var next = 0
  /// Stretches that are still to be passed over, as the text stood in most lines of one before them.
  private var unlooked = 0
  private var isUnlooked = false

  package init(_ probe: TextProbe) { self.probe = probe }

  /// Whether the text may stand in that line; nil where the line is not in the stretch. Where hardly a line is without
  /// the text it costs more to look than it saves, and some stretches are said to have it everywhere.
  package mutating func mayStand(in line: Range<Int>) -> Bool? {
    guard line.lowerBound >= stretch.lowerBound, line.upperBound <= stretch.upperBound else { return nil }
    if isUnlooked { return true }
    while next > 0, places[next - 1] >= line.lowerBound { next -= 1 }
    while next < places.count, places[next] < line.lowerBound { next += 1 }
    return next < places.count && places[next] < line.upperBound
  }

  /// Whether the stretch has that line, or lies no further from it than it is long: whoever goes through a trace line by
  /// line will ask again.
  package func isNear(_ line: Range<Int>) -> Bool {
    line.lowerBound <= stretch.upperBound + stretch.count
      && line.upperBound >= stretch.lowerBound - stretch.count
  }

  /// Looks at `bytes`, which begin at `start` of the trace; what was looked at before is forgotten.
  package mutating func sweep(_ bytes: Span<UInt8>, from start: Int) {
    stretch = start..<start + bytes.count
    places.removeAll(keepingCapacity: true)
    next = 0
    isUnlooked = unlooked > 0
    if isUnlooked {
      unlooked -= 1
      return
    }
    let steps = PairSteps(rarestOf: probe.bytes)
    var offset = 0
    while offset < bytes.count {
      offset += unsafe bytes.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe steps.skipped(at: base + offset, count: buffer.count - offset)
      }
      let end = min(offset + PairSteps.places, bytes.count)
      while offset < end {
        if probe.stands(at: offset, in: bytes) || Self.isEscapedLetter(at: offset, in: bytes) {
          places.append(start + offset)
          // One place in a line is enough.
          offset = Self.endOfLine(from: offset, in: bytes)
          break
        }
        offset += 1
      }
    }
    if bytes.count >= Self.telling, places.count * Self.commonDistance > bytes.count {
      unlooked = Self.stretchesPassedOver
    }
  }

  /// Bytes of a stretch that tells something of those behind it.
  private static let telling = 32_768

  /// Bytes from one line with the text to the next, at most, where it is said to be everywhere: about two short records.
  private static let commonDistance = 512
  private static let stretchesPassedOver = 15

  private static func endOfLine(from start: Int, in bytes: Span<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return start }
      var offset = start
      while buffer.count - offset >= Block.bytes {
        let place = unsafe Block(at: base + offset).first(UInt8(ascii: "\n"))
        offset += place
        if place < Block.bytes { return offset }
      }
      while offset < buffer.count, unsafe buffer[offset] != UInt8(ascii: "\n") { offset += 1 }
      return offset
    }
  }

  /// An escape in place of a visible character, which we do not write (or of DEL, which we do), whole or cut short.
  private static func isEscapedLetter(at offset: Int, in bytes: Span<UInt8>) -> Bool {
    guard bytes[offset] == UInt8(ascii: "\\"), offset + 1 < bytes.count else { return false }
    switch bytes[offset + 1] {
    case UInt8(ascii: "/"): return true
    case UInt8(ascii: "u"):
      return offset + 4 >= bytes.count || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(bytes[offset + 4])
    default: return false
    }
  }
}

/// Steps over places at which a text cannot begin, sixty-four at a time.
private struct PairSteps {
  static let places = 64
  /// An escape is told by its first and its fifth byte.
  private static let escapeReach = 4

  private let first: Letter
  private let second: Letter

  private struct Letter {
    let distance: Int
    let byte: UInt8
    /// Set in what is compared, so that the case of a letter does not count.
    let mask: UInt8

    init(_ bytes: [UInt8], _ distance: Int) {
      self.distance = distance
      byte = bytes[distance]
      mask = (0x61...0x7A).contains(byte) ? 0x20 : 0
    }
  }

  init(rarestOf bytes: [UInt8]) {
    let byRarity = bytes.indices.sorted { Self.commonness(bytes[$0]) < Self.commonness(bytes[$1]) }
    first = Letter(bytes, byRarity[0])
    second = Letter(bytes, byRarity[min(1, byRarity.count - 1)])
  }

  /// Higher for bytes of which a trace of mail has more.
  private static func commonness(_ byte: UInt8) -> Int {
    let common: StaticString = "zqjxkvwy-_@gfbpdhlcs,imtaonre.9876543u120"
    for place in 0..<common.utf8CodeUnitCount where unsafe common.utf8Start[place] == byte {
      return place + 1
    }
    return 0
  }

  /// How many places from the first one on can be passed over, in whole steps; up to one more step has to be looked at
  /// place by place.
  ///
  /// Of each place a difference is made that is 0 where it counts, and the least one of a step is kept: that form, not
  /// inlined, the compiler turns into vector operations, four times as fast as one with conditions (Swift 6.3).
  ///
  /// - Parameter start: `count` readable bytes, aligned anyhow.
  @inline(never) @unsafe
  func skipped(at start: UnsafeRawPointer, count: Int) -> Int {
    let bytes = unsafe start.assumingMemoryBound(to: UInt8.self)
    let reach = max(first.distance, second.distance, Self.escapeReach)
    let one = unsafe bytes + first.distance
    let two = unsafe bytes + second.distance
    let (byte1, mask1, byte2, mask2) = (first.byte, first.mask, second.byte, second.mask)
    var end = 0
    while count &- end >= Self.places &+ reach {
      var least = UInt8.max
      for place in 0..<Self.places {
        let letters = unsafe ((one[end &+ place] | mask1) ^ byte1) | ((two[end &+ place] | mask2) ^ byte2)
        let backslash = unsafe bytes[end &+ place] ^ UInt8(ascii: "\\")
        let next = unsafe bytes[end &+ place &+ 1]
        // 0 for the digits 2 to 9; those beyond 7 are told from the others later.
        let digit = unsafe (bytes[end &+ place &+ Self.escapeReach] &- UInt8(ascii: "2")) & 0xF8
        let slash = backslash | (next ^ UInt8(ascii: "/"))
        let escape = backslash | (next ^ UInt8(ascii: "u")) | digit
        least = min(least, min(letters, min(slash, escape)))
      }
      if least == 0 { return end }
      end &+= Self.places
    }
    return end
  }
}
