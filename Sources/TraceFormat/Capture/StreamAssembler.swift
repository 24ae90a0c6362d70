/// One direction of a TCP connection put back in order: retransmissions, overlaps and swapped neighbours vanish.
///
/// Offsets count from the first byte of the stream (after the SYN, or the first byte seen). The first copy of a byte
/// wins. A hole stays until somebody who knows better says that it will not be filled (``skipHole(upTo:)``).
struct StreamAssembler {
  /// Sequence number of offset 0; nil until the direction was seen.
  private var base: UInt32?
  /// Offset of the first byte that was not delivered.
  private(set) var next = 0
  /// Bytes beyond a hole, by offset; they may overlap.
  private var waiting: [(offset: Int, bytes: ArraySlice<UInt8>)] = []
  private(set) var waitingBytes = 0
  /// Offset of the FIN, once seen.
  private(set) var end: Int?

  var isSynchronized: Bool { base != nil }
  var firstWaiting: Int? { waiting.first?.offset }
  var isAtEnd: Bool { end.map { next >= $0 } ?? false }

  /// The stream begins with the byte of this sequence number.
  mutating func synchronize(at sequence: UInt32) {
    if base == nil { base = sequence }
  }

  /// The stream offset of a sequence number, taken as the one nearest to what comes next.
  func offset(of sequence: UInt32) -> Int {
    guard let base else { return 0 }
    let expected = base &+ UInt32(truncatingIfNeeded: next)
    return next + Int(Int32(bitPattern: sequence &- expected))
  }

  mutating func finished(at sequence: UInt32) {
    if end == nil { end = offset(of: sequence) }
  }

  /// Takes in bytes, and gives back those that now continue the stream.
  mutating func insert(_ bytes: ArraySlice<UInt8>, sequence: UInt32) -> ArraySlice<UInt8>? {
    let at = offset(of: sequence)
    guard at + bytes.count > next, !bytes.isEmpty else { return nil }
    if at <= next {
      let fresh = bytes.dropFirst(next - at)
      next += fresh.count
      return fresh
    }
    let place = waiting.firstIndex { $0.offset > at } ?? waiting.endIndex
    waiting.insert((at, bytes), at: place)
    waitingBytes += bytes.count
    return nil
  }

  /// Bytes from beyond a former hole that continue the stream now; call until nil.
  mutating func takeWaiting() -> ArraySlice<UInt8>? {
    while let first = waiting.first, first.offset <= next {
      waiting.removeFirst()
      waitingBytes -= first.bytes.count
      let fresh = first.bytes.dropFirst(next - first.offset)
      guard !fresh.isEmpty else { continue }
      next += fresh.count
      return fresh
    }
    return nil
  }

  /// Gives the hole up: the stream goes on at the first waiting byte, or at `known` if nothing waits. Bytes skipped.
  mutating func skipHole(upTo known: Int?) -> Int {
    guard let target = [firstWaiting, known].compactMap({ $0 }).min(), target > next else { return 0 }
    defer { next = target }
    return target - next
  }
}
