import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// What came of a mail that mitmilter sent, in words for a terminal.
package struct SentMailText {
  private let session: SentSession
  private let result: SentSession.Result

  package init(_ session: SentSession, _ result: SentSession.Result) {
    self.session = session
    self.result = result
  }

  private static let lineLimit = 160

  /// All there is to tell, several lines.
  package func whole(named name: String) -> String {
    var text = "\(result.word): \(result.reason)\n"
    text += row("mail", ListingText.inert(name))
    if let effect = session.effect(of: result) {
      let to = effect.recipients.map { InertText.string(escaping: $0.envelope.address) }
      if let from = effect.sender { text += row("from", InertText.string(escaping: from.envelope.address)) }
      text += row("to", to.joined(separator: ", "))
      for remark in effect.remarks { text += row("note", remark.text) }
    }
    for change in session.changes(of: result) {
      text += row("change", "\(ListingText.left(change.name, 10)) \(Self.cut(change.text))")
    }
    let times = session.times(of: result)
    if !times.isEmpty {
      text += row("times", times.map(Self.words).joined(separator: "  "))
    }
    for group in session.findings(of: result).groups { text += row("found", LintText.line(group)) }
    return text
  }

  /// One line of a list of many.
  package func line(named name: String) -> String {
    let changes = session.changes(of: result).count
    let spent = session.times(of: result).reduce(Moment.Span(microseconds: 0)) { $0 + $1.took }
    let found = session.findings(of: result)
    var columns = [
      ListingText.left(result.word, 11), ListingText.right(changes == 0 ? "-" : String(changes), 3),
      ListingText.right(TimeText.span(spent), 8), ListingText.left(Self.cut(result.reason), 24),
      ListingText.inert(name),
    ]
    if found.reach(.warning) { columns.append("(\(found.summary))") }
    return ListingText.trimmed(columns.joined(separator: "  ")) + "\n"
  }

  /// The heads of the columns of ``line(named:)``.
  package static let head = "verdict      changes  time  how" + String(repeating: " ", count: 23) + "mail\n"

  /// The mail before and after, line by line, as the MTA would deliver it.
  package var diff: String {
    guard let message = result.message else { return "" }
    let content = session.index.content(ofMessage: message, from: session.source)
    let diff = DeliveredDiff(of: content, under: session.rules)
    return diff.title("") + "\n" + diff.lines.map { "\($0.sign.rawValue) \($0.text)\n" }.joined()
  }

  private func row(_ name: String, _ text: String) -> String {
    "  \(ListingText.left(name, 7)) \(text)\n"
  }

  private static func words(_ time: (stage: Stage, replies: Int, took: Moment.Span)) -> String {
    let count = time.replies > 1 ? "×\(time.replies)" : ""
    return "\(time.stage.name)\(count) \(TimeText.span(time.took))"
  }

  private static func cut(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > lineLimit else { return text }
    return String(String.UnicodeScalarView(scalars.prefix(lineLimit))) + "…"
  }
}

extension SentMailText {
  /// The mail as the MTA would deliver it, with CRLF.
  package func appendDelivered(to bytes: inout [UInt8]) {
    guard let effect = session.effect(of: result) else { return }
    bytes.append(delivered: effect)
  }
}
