import MilterProtocol
import Timeline

/// What each MTA's SMTP client does with lines that are longer than it sends.
///
/// Postfix breaks them after 998 bytes (`smtp_line_length_limit`, `smtp_text_out` in smtp_proto.c), Sendmail after 2,039
/// with an exclamation mark (`L=2040` in sendmail.cf, `putxline` in headers.c); what follows begins with a blank. In a body
/// Sendmail's later pieces hold up to 2,047 bytes, and a dot at the start of one that does is doubled (`putbody` in mime.c).
/// All seen with Postfix 3.7.11 and Sendmail 8.17.1.9.
struct LineLimits {
  /// The longest line that leaves whole.
  let whole: Int
  private let later: Int
  private let mark: [UInt8]
  private let doublesDots: Bool

  /// - Returns: nil for an MTA of which that is not known.
  init?(_ rules: KnownMTA, inBody: Bool) {
    guard let rules = rules.measured else { return nil }
    whole = rules == .postfix ? 998 : 2040
    later = rules == .postfix ? 997 : inBody ? 2048 : 2039
    mark = rules == .postfix ? [] : [UInt8(ascii: "!")]
    doublesDots = rules == .sendmail && inBody
  }

  func hasLongLine(_ text: [UInt8]) -> Bool {
    text.split(separator: UInt8(ascii: "\n")).contains { $0.count > whole }
  }

  /// - Parameter text: lines that end with LF; those of a header, or of a body.
  func broken(_ text: [UInt8]) -> [UInt8] {
    guard hasLongLine(text) else { return text }
    var sent: [UInt8] = []
    sent.reserveCapacity(text.count + text.count / whole * 4)
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      if number > 0 { sent.append(UInt8(ascii: "\n")) }
      append(line, to: &sent)
    }
    return sent
  }

  private func append(_ line: ArraySlice<UInt8>, to sent: inout [UInt8]) {
    var rest = line
    var room = whole
    while rest.count > room {
      sent += rest.prefix(room - mark.count) + mark + "\n ".utf8
      rest = rest.dropFirst(room - mark.count)
      room = later
      if doublesDots, rest.count > room, rest.first == UInt8(ascii: ".") { sent.append(UInt8(ascii: ".")) }
    }
    sent += rest
  }
}
