/// A format to hold lines against: pieces of text with named gaps between them.
struct LogPattern: Sendable {
  private enum Piece: Sendable {
    case text([UInt8])
    case gap(String)
  }

  private let pieces: [Piece]
  /// The longest of its texts, by which lines are found that may be of it.
  let key: [UInt8]

  /// How a line lies to a format.
  enum Fit: Int, Comparable, Sendable {
    /// The line ends before the format does.
    case cut
    /// Something stands in front that is not of it.
    case behind
    case whole

    static func < (a: Fit, b: Fit) -> Bool { a.rawValue < b.rawValue }
  }

  init(_ format: String) {
    var pieces: [Piece] = []
    var text: [UInt8] = []
    var name: [UInt8]?
    for byte in format.utf8 {
      switch (byte, name) {
      case (UInt8(ascii: "{"), nil):
        if !text.isEmpty { pieces.append(.text(text)) }
        (text, name) = ([], [])
      case (UInt8(ascii: "}"), let known?):
        pieces.append(.gap(ByteText.string(known)))
        name = nil
      case (_, nil): text.append(byte)
      case (_, .some): name?.append(byte)
      }
    }
    if !text.isEmpty { pieces.append(.text(text)) }
    self.pieces = pieces
    key = pieces.reduce(into: [UInt8]()) { longest, piece in
      if case .text(let text) = piece, text.count > longest.count { longest = text }
    }
  }

  /// What the gaps hold; nil where the line is not of this format.
  func match(_ line: ArraySlice<UInt8>) -> (values: [String: String], fit: Fit)? {
    if let values = fill(line) { return values }
    // In front may stand what nobody told us of. Where the format begins with a gap, that takes it all.
    guard case .text(let first)? = pieces.first, first.count >= Self.telling,
      let place = ByteText.firstIndex(of: first, in: line.dropFirst()),
      let (values, fit) = fill(line[place...])
    else { return nil }
    return (values, fit == .cut ? .cut : .behind)
  }

  /// As many bytes of a format tell it from others.
  private static let telling = 8

  private func fill(_ line: ArraySlice<UInt8>) -> (values: [String: String], fit: Fit)? {
    var rest = line
    var values: [String: String] = [:]
    var gap: String?
    var told = 0
    for piece in pieces {
      switch piece {
      case .gap(let name): gap = name
      case .text(let text):
        guard let place = place(of: text, in: rest, behind: gap) else {
          guard let part = Self.beginning(of: text, atEndOf: rest) else { return nil }
          // Cut in the middle of a text, or within the gap before it.
          guard told + part >= Self.telling * 2, gap != nil || part == rest.count else { return nil }
          if let gap, !hold(rest.dropLast(part), gap, &values) { return nil }
          return (values, .cut)
        }
        if let name = gap, !hold(rest[rest.startIndex..<place], name, &values) { return nil }
        gap = nil
        rest = rest[(place + text.count)...]
        told += text.count
      }
    }
    if let gap, !hold(rest, gap, &values) { return nil }
    return (values, .whole)
  }

  private func place(of text: [UInt8], in rest: ArraySlice<UInt8>, behind gap: String?) -> Int? {
    guard gap != nil else { return rest.starts(with: text) ? rest.startIndex : nil }
    return ByteText.firstIndex(of: text, in: rest)
  }

  /// How many bytes at the end of `line` are the beginning of `text`; nil for none, unless the line ends right before it.
  private static func beginning(of text: [UInt8], atEndOf line: ArraySlice<UInt8>) -> Int? {
    for count in stride(from: min(text.count - 1, line.count), through: 0, by: -1)
    where line.suffix(count).elementsEqual(text.prefix(count)) {
      return count
    }
    return nil
  }

  private func hold(_ bytes: ArraySlice<UInt8>, _ name: String, _ values: inout [String: String]) -> Bool {
    if Self.words.contains(name), bytes.isEmpty || bytes.contains(UInt8(ascii: " ")) { return false }
    values[name] = ByteText.string(bytes)
    return true
  }

  /// Gaps that hold one word.
  private static let words: Set<String> = ["milter", "event", "number", "size", "code"]
}
