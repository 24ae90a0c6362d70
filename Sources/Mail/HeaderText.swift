import MilterProtocol

/// The value of a header put together of our own words and of others', as mail may hold it.
package enum HeaderText {
  package struct Piece: Sendable {
    package var bytes: [UInt8]
    /// It comes from elsewhere: what is not ASCII in it becomes an encoded word (RFC 2047).
    package var isTheirs: Bool

    package init(_ bytes: [UInt8], isTheirs: Bool) {
      self.bytes = bytes
      self.isTheirs = isTheirs
    }
  }

  /// Folded where a line would be longer than 78 and has a blank (RFC 5322 section 2.1.1); folds are LF and white space.
  package static func written(_ pieces: [Piece], name: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var isForeign: [Bool] = []
    for piece in pieces {
      text += piece.bytes
      isForeign += piece.bytes.map { piece.isTheirs && ($0 >= 0x7F || $0 < 0x20 && $0 != 0x09) }
    }
    return folded(isForeign.contains(true) ? encoded(text, isForeign) : text, behind: name.count + 2)
  }

  /// Without the line ends of its folds.
  package static func unfolded(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      let afterNext = index + 2 < bytes.count ? bytes[index + 2] : 0
      if byte == 0x0A, isBlank(next) { continue }
      if byte == 0x0D, next == 0x0A, isBlank(afterNext) { continue }
      result.append(byte)
    }
    return result
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  private static func isSpace(_ byte: UInt8) -> Bool { isBlank(byte) || byte == 0x0A || byte == 0x0D }

  // MARK: - Encoding

  /// Whole words are encoded, and neighbours together: white space between two encoded words counts for nothing.
  private static func encoded(_ text: [UInt8], _ isForeign: [Bool]) -> [UInt8] {
    var result: [UInt8] = []
    var foreign: Range<Int>?
    for word in words(of: text) {
      if isForeign[word].contains(true) {
        let space = text[(foreign?.upperBound ?? word.lowerBound)..<word.lowerBound]
        if let start = foreign?.lowerBound, !space.contains(0x0A) {
          foreign = start..<word.upperBound
          continue
        }
        result += foreign.map { encodedWords(text[$0]) } ?? []
        result += foreign == nil ? [] : space
        foreign = word
      } else if !isSpace(text[word.lowerBound]) {
        if let run = foreign { result += encodedWords(text[run]) + text[run.upperBound..<word.lowerBound] }
        foreign = nil
        result += text[word]
      } else if foreign == nil {
        result += text[word]
      }
    }
    if let run = foreign { result += encodedWords(text[run]) + text[run.upperBound...] }
    return result
  }

  /// Runs of white space and of anything else, in turn.
  private static func words(of text: [UInt8]) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start = 0
    for index in text.indices.dropFirst() where isSpace(text[index]) != isSpace(text[index - 1]) {
      words.append(start..<index)
      start = index
    }
    if start < text.count { words.append(start..<text.count) }
    return words
  }

  private static let wordBytes = 75

  /// Of at most 75 bytes each, none of which cuts a character in two.
  private static func encodedWords(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let isText = String(validating: bytes, as: UTF8.self) != nil
    let start = Array("=?\(isText ? "UTF-8" : "unknown-8bit")?B?".utf8)
    let room = (wordBytes - start.count - 2) / 4 * 3
    var words: [[UInt8]] = []
    var rest = bytes
    while !rest.isEmpty {
      var end = rest.startIndex + min(room, rest.count)
      while isText, end < rest.endIndex, rest[end] & 0xC0 == 0x80 { end -= 1 }
      words.append(start + Base64.encoded(Array(rest[..<end])) + Array("?=".utf8))
      rest = rest[end...]
    }
    return Array(words.joined(separator: [0x20]))
  }

  // MARK: - Folding

  private static let lineBytes = 78

  private static func folded(_ value: [UInt8], behind column: Int) -> [UInt8] {
    var result: [UInt8] = []
    var column = column
    var pending: ArraySlice<UInt8> = []
    for word in words(of: value) {
      if isSpace(value[word.lowerBound]) {
        pending = value[word]
        continue
      }
      let space = pending.last { $0 == 0x0A } == nil ? pending : []
      if !space.isEmpty, column + space.count + word.count > lineBytes, !result.isEmpty {
        result.append(0x0A)
        column = 0
      } else if space.isEmpty, let line = pending.lastIndex(of: 0x0A) {
        column = -(line - pending.startIndex + 1)
      }
      result += pending + value[word]
      column += pending.count + word.count
      pending = []
    }
    return result + pending
  }
}
