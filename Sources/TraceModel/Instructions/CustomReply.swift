/// An SMTP reply of the operator's own words, by the rules that satisfy every MTA (`docs/protocol.md`, REPLYCODE).
package struct CustomReply: Hashable, Sendable {
  /// 400 to 599: libmilter refuses others, Sendmail ignores the text, Postfix calls it a configuration error.
  package let code: Int
  /// RFC 3463 status; Postfix takes a class other than the code's first digit for a configuration error.
  package let status: Status?
  /// Texts without code, status and line end; `%` as the client is to see it.
  package let lines: [[UInt8]]

  /// Most lines that libmilter sends (`smfi_setmlreply`, `MAXREPLIES`).
  package static let maximumLines = 32
  /// Most bytes of a line, code and status included (libmilter `MAXREPLYLEN`).
  package static let maximumLineBytes = 980

  package struct Status: Hashable, Sendable {
    package var `class`: Int
    package var subject: Int
    package var detail: Int

    package init(_ class: Int, _ subject: Int, _ detail: Int) {
      self.class = `class`
      self.subject = subject
      self.detail = detail
    }

    /// `5.7.1`; nil for anything else.
    package init?(_ text: some StringProtocol) {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { part in
        part.utf8.count <= 3 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
      }
      guard parts.count == 3, numbers.count == 3 else { return nil }
      self.init(numbers[0], numbers[1], numbers[2])
    }

    package var text: String { "\(`class`).\(subject).\(detail)" }
  }

  package init(code: Int, status: Status?, lines: [[UInt8]]) throws(Refusal) {
    guard (400...599).contains(code) else {
      throw Refusal("the reply code is 400 to 599, not \(code): MTAs take nothing else from a milter")
    }
    if let status, status.class != code / 100 {
      throw Refusal("status \(status.text) does not fit code \(code): Postfix wants the same first digit")
    }
    guard !lines.isEmpty else { throw Refusal("a reply needs a text in quotes") }
    guard lines.count <= Self.maximumLines else {
      throw Refusal("a reply has at most \(Self.maximumLines) lines, not \(lines.count)")
    }
    self.code = code
    self.status = status
    self.lines = lines
    for (index, line) in lines.enumerated() {
      if line.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) {
        throw Refusal(
          "line \(index + 1) of the reply has a line end or NUL in it: give each line as a string")
      }
      let bytes = wireLine(line, last: true).count
      guard bytes <= Self.maximumLineBytes else {
        throw Refusal(
          "line \(index + 1) of the reply is \(bytes) bytes long, libmilter takes \(Self.maximumLineBytes)")
      }
    }
  }

  /// The payload of REPLYCODE without its NUL: `%` doubled, `ddd-` on all lines but the last, joined by CRLF.
  package var wire: [UInt8] {
    var bytes: [UInt8] = []
    for (index, line) in lines.enumerated() {
      if index > 0 { bytes += [0x0D, 0x0A] }
      bytes += wireLine(line, last: index == lines.count - 1)
    }
    return bytes
  }

  /// The beginning of a text that makes a line of it no longer than libmilter takes.
  package func fitting(_ line: [UInt8]) -> [UInt8] {
    var rest = line[...]
    while wireLine(Array(rest), last: true).count > Self.maximumLineBytes {
      rest = rest.dropLast(max(1, (wireLine(Array(rest), last: true).count - Self.maximumLineBytes) / 2))
    }
    return Array(rest)
  }

  private func wireLine(_ text: [UInt8], last: Bool) -> [UInt8] {
    var bytes = Array("\(code)\(last ? " " : "-")".utf8)
    if let status { bytes += Array("\(status.text) ".utf8) }
    for byte in text {
      bytes.append(byte)
      if byte == UInt8(ascii: "%") { bytes.append(byte) }
    }
    return bytes
  }
}
