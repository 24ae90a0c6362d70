import MilterProtocol

/// A mail as an MTA takes it from an SMTP client and shows it to milters: header fields, and a body with CRLF.
///
/// What is no mail at all is one, too: whatever stands before the first line that is no header field is headers, the rest is
/// body. Lines of a file may end in LF or CRLF.
package struct TakenMail: Sendable, Equatable {
  package var headers: [Field] = []
  package var body: [UInt8] = []

  package struct Field: Sendable, Equatable {
    package var name: [UInt8]
    /// All that stands behind the colon; folds as LF and white space.
    package var text: [UInt8]

    package init(name: [UInt8], text: [UInt8]) { (self.name, self.text) = (name, text) }
  }

  /// - Parameters:
  ///   - bytes: a mail as a file holds it; a `From ` line of an mbox at its beginning is none of it.
  ///   - mta: whose ways with odd lines are followed.
  package init(_ bytes: [UInt8], as mta: MTAChoice) {
    var reader = LineReader(bytes)
    var start = 0
    if let first = reader.next(), bytes[first].starts(with: "From ".utf8) { start = reader.offset }
    reader.offset = start
    while let line = reader.next() {
      let text = bytes[line]
      if text.isEmpty {
        start = reader.offset
        break
      }
      if let first = text.first, first == 0x20 || first == 0x09, !headers.isEmpty {
        fold(text, mta)
      } else if let field = Self.field(text, mta) {
        headers.append(field)
        if mta == .postfix { cut(headers.count - 1) }
      } else {
        break
      }
      start = reader.offset
    }
    readBody(bytes, from: start, as: mta)
  }

  /// The first header of that name.
  package func text(of name: String) -> [UInt8]? {
    headers.first { sameHeaderName($0.name, name.utf8) }?.text
  }

  // MARK: - Headers

  /// Of a header that would be longer than `header_size_limit`, which milters make 60,000 at most (`cleanup_message`), Postfix drops
  /// what does not fit: the end of its first line, and further lines as a whole (seen with 3.7).
  private mutating func fold(_ line: ArraySlice<UInt8>, _ mta: MTAChoice) {
    let last = headers.count - 1
    if mta == .postfix, Self.bytes(of: headers[last]) + 1 + line.count > Self.postfixHeaderBytes { return }
    headers[last].text.append(0x0A)
    headers[last].text.append(contentsOf: line)
  }

  private mutating func cut(_ place: Int) {
    let surplus = Self.bytes(of: headers[place]) - Self.postfixHeaderBytes
    if surplus > 0 { headers[place].text.removeLast(min(surplus, headers[place].text.count)) }
  }

  private static func bytes(of field: Field) -> Int { field.name.count + 1 + field.text.count }

  private static let postfixHeaderBytes = 60_000

  /// nil where the line is no header field: its name has a blank in it, or a control character, or there is none.
  private static func field(_ line: ArraySlice<UInt8>, _ mta: MTAChoice) -> Field? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    var name = line[..<colon]
    // Both take the blanks before the colon away (seen with Postfix 3.7 and Sendmail 8.17).
    while let last = name.last, last == 0x20 || last == 0x09 { name.removeLast() }
    guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    return Field(name: Array(name), text: Array(line[(colon + 1)...]))
  }

  // MARK: - Body

  /// Each line ends in CRLF. Of CR within a line Postfix makes a blank (seen with 3.7).
  private mutating func readBody(_ bytes: [UInt8], from start: Int, as mta: MTAChoice) {
    body.reserveCapacity(bytes.count - start + bytes.count / 32)
    var reader = LineReader(bytes)
    reader.offset = start
    while let line = reader.next() {
      if mta == .postfix, bytes[line].contains(0x0D) {
        body.append(contentsOf: bytes[line].map { $0 == 0x0D ? 0x20 : $0 })
      } else {
        body.append(contentsOf: bytes[line])
      }
      body.append(0x0D)
      body.append(0x0A)
    }
  }
}

/// Lines without their ends.
private struct LineReader {
  private let bytes: [UInt8]
  /// Where the next line begins.
  var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Range<Int>? {
    guard offset < bytes.count else { return nil }
    let start = offset
    guard let end = bytes[start...].firstIndex(of: 0x0A) else {
      offset = bytes.count
      return start..<offset
    }
    offset = end + 1
    return start..<(end > start && bytes[end - 1] == 0x0D ? end - 1 : end)
  }
}
