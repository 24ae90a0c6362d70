/// What a file that is not a trace looks like, told from its first bytes.
package enum FileGuess {
  /// What a file is that was given for a mail; nil where it may be one, as almost anything may.
  package static func insteadOfMail(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: "{\"mitmilter\":".utf8) { return "a trace" }
    if CaptureTranslation.fits(bytes) { return "a packet capture" }
    if Tar.fits(bytes[...]) { return "a tar archive" }
    let span = bytes.span
    return marks.first { span.begins(with: $0.0) && $0.0.first != UInt8(ascii: "F") }?.1
  }

  /// In words that fit behind "it looks like"; nil where nothing can be said.
  static func what(begins start: Span<UInt8>) -> String? {
    for (mark, what) in marks where start.begins(with: mark) { return what }
    if let first = firstVisible(start) {
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return "JSON of another kind" }
      if first == UInt8(ascii: "<") { return "HTML or XML" }
    }
    if beginsWithHeader(start) { return "a mail message" }
    for place in start.indices where start[place] == 0 { return "binary data" }
    return nil
  }

  private static let marks: [([UInt8], String)] = [
    ([0x1F, 0x8B], "data compressed with gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "data compressed with zstd"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "data compressed with xz"),
    (Array("BZh".utf8), "data compressed with bzip2"), (Array("PK\u{3}\u{4}".utf8), "a zip archive"),
    ([0x7F, 0x45, 0x4C, 0x46], "a program"), (Array("From ".utf8), "a mailbox (mbox)"),
    (Array("{\"format\":\"milter-capture/".utf8), "a milter capture (milter-capture)"),
    ([0xFF, 0xFE], "text in UTF-16"), ([0xFE, 0xFF], "text in UTF-16"),
  ]

  private static func firstVisible(_ start: Span<UInt8>) -> UInt8? {
    for place in start.indices where start[place] > 0x20 { return start[place] }
    return nil
  }

  /// A header field name and its colon (RFC 5322 section 2.2).
  private static func beginsWithHeader(_ start: Span<UInt8>) -> Bool {
    for place in start.indices {
      switch start[place] {
      case UInt8(ascii: ":"): return place > 1
      case 0x21...0x7E: if place > 76 { return false }
      default: return false
      }
    }
    return false
  }
}

extension Span<UInt8> {
  func begins(with mark: [UInt8]) -> Bool {
    guard count >= mark.count else { return false }
    for place in mark.indices where self[place] != mark[place] { return false }
    return true
  }
}
