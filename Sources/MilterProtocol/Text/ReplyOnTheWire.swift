/// What an SMTP client makes of the text of a REPLYCODE that its MTA hands on.
///
/// Postfix puts a hyphen into each line but the last where CRLF stands between them, and drops the CR of a final CRLF
/// (`milter8_event` in milter8.c); Sendmail hands lines on as they are. Seen with Postfix 3.7 and Sendmail 8.17.
struct ReplyOnTheWire {
  /// Lines as the client reads them: without their line ends, and LF ends one, too.
  private var lines: [[UInt8]]

  init(_ text: ArraySlice<UInt8>, under rules: MeasuredMTA) {
    lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    for i in lines.indices.dropLast() where lines[i].last == UInt8(ascii: "\r") {
      lines[i].removeLast()
      let isFinal = i == lines.count - 2 && lines[i + 1].isEmpty
      if rules == .postfix, !isFinal, lines[i].count > 3 { lines[i][3] = UInt8(ascii: "-") }
    }
  }

  /// What goes wrong for the client; nil where it gets one whole reply.
  var trouble: String? {
    for (i, line) in lines.enumerated() {
      guard Self.isOfReply(line) else {
        return "the client gets a line that is no part of a reply: it is out of step"
      }
      guard line.count <= 3 || line[3] != UInt8(ascii: "-") else { continue }
      switch lines.count - 1 - i {
      case 0: return nil
      case 1 where lines[i + 1].isEmpty: return "the client gets an empty line behind it: it is out of step"
      case _: return "the client takes its further lines for the replies to later commands: it is out of step"
      }
    }
    return "its last line has a hyphen: the client waits for one more"
  }

  private static func isOfReply(_ line: [UInt8]) -> Bool {
    line.count >= 3 && line.prefix(3).allSatisfy { (0x30...0x39).contains($0) }
  }
}
