import MilterProtocol
import TraceModel

extension RecordReader {
  /// The record of a packet in just the words of ``RecordWriter``, read piece by piece: nearly every line of a trace.
  ///
  /// nil for everything else, whatever it is: ``record(in:)`` then reads the line as the JSON that it may be. It has to
  /// take this line, too, and make the same record of it.
  static func usual(in line: Span<UInt8>) -> Record? {
    var pieces = UsualPieces()
    guard pieces.skip("{\"k\":\"recv\",\"t\":", in: line), let seconds = pieces.number(in: line),
      pieces.skip(".", in: line),
      let part = pieces.number(digits: 6, in: line), pieces.skip(",\"c\":", in: line),
      let connection = pieces.number(in: line),
      pieces.skip(",\"from\":\"m", in: line), let sender = pieces.leg(in: line)
    else { return nil }
    let forwarded = pieces.skip(sender == .mta ? ",\"to\":\"milter\"" : ",\"to\":\"mta\"", in: line)
    guard pieces.skip(",\"n\":", in: line), let number = pieces.number(in: line),
      pieces.skip(",\"raw\":\"", in: line),
      let frame = pieces.closingBytes(in: line), frame.count >= Limits.lengthBytes
    else { return nil }
    return Record(
      time: Moment(microseconds: Int64(seconds) * 1_000_000 + Int64(part)), connection: connection,
      event: .received(
        Received(number: number, packet: Packet(frame: frame, from: sender), forwarded: forwarded)))
  }
}

/// The pieces of a line one behind the other, each of which is there or not.
private struct UsualPieces {
  private var offset = 0

  /// Steps over `word` if it is next.
  @inline(__always)
  mutating func skip(_ word: StaticString, in line: Span<UInt8>) -> Bool {
    let count = word.utf8CodeUnitCount
    guard line.count - offset >= count else { return false }
    for place in 0..<count where unsafe line[unchecked: offset + place] != word.utf8Start[place] {
      return false
    }
    offset += count
    return true
  }

  /// The rest of a leg's name, behind its first letter.
  mutating func leg(in line: Span<UInt8>) -> Leg? {
    if skip("ta\"", in: line) { return .mta }
    return skip("ilter\"", in: line) ? .milter : nil
  }

  /// A whole number of at most ``mostDigits`` digits, or of just so many.
  @inline(__always)
  mutating func number(digits wanted: Int? = nil, in line: Span<UInt8>) -> Int? {
    let start = offset
    var value = 0
    while offset < line.count, offset - start <= Self.mostDigits {
      let digit = unsafe line[unchecked: offset] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = value &* 10 &+ Int(digit)
      offset += 1
    }
    let count = offset - start
    return count > 0 && count <= Self.mostDigits && count == wanted ?? count ? value : nil
  }

  /// So many digits of seconds still have room for their microseconds.
  private static let mostDigits = 12

  /// The bytes of a string that ends with the line.
  func closingBytes(in line: Span<UInt8>) -> [UInt8]? {
    var end = line.count
    while end > offset, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    guard end - offset >= 2, line[end - 1] == UInt8(ascii: "}"), line[end - 2] == UInt8(ascii: "\"") else {
      return nil
    }
    return JSONStrings.ownBytes(offset..<end - 2, in: line)
  }
}
