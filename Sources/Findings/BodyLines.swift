import MilterProtocol

/// The lines of a body that comes in pieces, as far as they are longer than SMTP allows (RFC 5322 section 2.1.1).
///
/// Most bytes are never looked at: where a line end lies among the next 998 bytes, no line before it is too long.
struct BodyLines: Sendable {
  static let limit = 998

  /// The longest line that leaves whole; where the MTA is not known, what every one sends.
  static func limit(of mta: KnownMTA?) -> Int { mta == .sendmail ? 2040 : limit }

  /// Bytes of the line that is not ended yet, at most ``limit``.
  private var unfinished = 0
  /// Those are ``limit`` bytes, and a CR after them was the last byte that came.
  private var awaitsLF = false
  /// The first line that is too long: its bytes, and the packet in which it is.
  private(set) var long: (bytes: Int, packet: Int)?

  /// A piece of the body, and of it the first line that is too long.
  mutating func take(_ piece: ArraySlice<UInt8>, number: Int) -> Sentence? {
    guard long == nil, let bytes = longLine(in: piece) else { return nil }
    long = (bytes, number)
    return "a line of \(bytes) bytes"
  }

  /// Bytes of the first line that is too long, without its line end, as far as the piece has it.
  mutating func longLine(in piece: ArraySlice<UInt8>) -> Int? {
    var start = piece.startIndex
    if awaitsLF, let first = piece.first {
      awaitsLF = false
      guard first == 0x0A else { return length(of: piece, from: start, after: unfinished + 1) }
      start += 1
      unfinished = 0
    }
    while piece.endIndex - start > Self.limit - unfinished {
      let last = start + Self.limit - unfinished
      if let end = lastLineFeed(of: piece, in: start..<last + 1) {
        start = end + 1
      } else if piece[last] == 0x0D, last + 1 == piece.endIndex {
        (unfinished, awaitsLF) = (Self.limit, true)
        return nil
      } else if piece[last] == 0x0D, piece[last + 1] == 0x0A {
        start = last + 2
      } else {
        return length(of: piece, from: start, after: unfinished)
      }
      unfinished = 0
    }
    if let end = lastLineFeed(of: piece, in: start..<piece.endIndex) {
      unfinished = piece.endIndex - end - 1
    } else {
      unfinished += piece.endIndex - start
    }
    return nil
  }

  private func lastLineFeed(of piece: ArraySlice<UInt8>, in range: Range<Int>) -> Int? {
    let first = piece.startIndex
    let place = piece.span.lastLineFeed(in: range.lowerBound - first..<range.upperBound - first)
    return place.map { $0 + first }
  }

  private func length(of piece: ArraySlice<UInt8>, from start: Int, after before: Int) -> Int {
    let line = piece[start...].prefix { $0 != 0x0A }
    return before + line.count - (line.last == 0x0D ? 1 : 0)
  }
}
