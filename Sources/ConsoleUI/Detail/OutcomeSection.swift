import Cells
import Delivery
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// What became of a mail, before anything else of it: its end, who decided it and with which words, at which packet, what lets it
/// go where it is kept, whom it lost on the way, and what was changed. The word is the one that the list of mails has.
struct OutcomeSection {
  let mail: Int
  let content: MessageContent
  /// Of the whole mail, whatever the packet at hand.
  let facts: MessageFacts?
  let result: EffectiveResult
  /// nil where nothing tells which MTA it is.
  let mta: KnownMTA?
  let patience: Patience
  let isHeld: Bool
  let trace: TraceView

  private var message: MessageEntry { trace.messages[mail] }

  func add(into page: inout DetailPage) {
    page.heading("Outcome")
    page.row(label("mail"), outcome, packet: content.decision?.packet)
    if let decider { page.row(label("decided by"), decider, packet: content.decision?.packet) }
    if let text = content.decision?.text, !text.bytes.isEmpty {
      page.row(
        label("reply"), VisibleText.row(text.slice).styled(Style(MailOutcome.role(message.outcome))),
        value: text.bytes, packet: content.decision?.packet)
    }
    if let quarantine = result.quarantine, !isHeld { add(quarantine, into: &page) }
    refused(into: &page)
    changed(into: &page)
    time(into: &page)
  }

  private func label(_ words: String) -> DisplayText { DisplayText(words, style: Style(.name)) }

  private var outcome: DisplayText {
    if isHeld {
      let held = trace.waiting.first { trace.index.messageIndex(at: $0.row) == mail }
      return DisplayText("waits", style: Style(.held, .bold))
        + DisplayText(held.map { "  held here at packet \($0.number)" } ?? "", style: .dim)
    }
    let word = MailOutcome.words(message, of: nil, .long)
    return consequence.isEmpty ? word : word + DisplayText("  " + consequence, style: .dim)
  }

  /// What the word means for the mail, where that is not plain.
  private var consequence: String {
    switch result.fate {
    case .pending: message.outcome == .open ? "not decided yet" : ""
    case .aborted: "taken back before a verdict"
    case .lost:
      "the connection ended without a verdict: "
        + "\((mta ?? .postfix).failureSetting) decides"
    case .delivered: message.outcome == .accepted ? "the MTA delivers it" : "the MTA has it"
    case .held: "taken, and kept in the queue"
    case .discarded: "taken with 250, and thrown away"
    case .rejected: ""
    case .tempfailed: "the client tries again"
    case .failed(let why): "but the MTA refuses it for now: " + why
    }
  }

  private var decider: DisplayText? {
    if let decision = content.decision {
      let text: String
      switch decision.author {
      case .peer: text = "the milter"
      case .ours(let cause): text = Remarks.who(cause)
      }
      let place = "  \(decision.kind.name) at \(decision.stage.name), packet \(decision.packet)"
      return DisplayText(text) + DisplayText(place, style: .dim)
    }
    return message.outcomeBy.map { DisplayText($0 == .milter ? "the milter" : $0.word) + everybody }
  }

  private var everybody: DisplayText {
    message.lostAllRecipients ? DisplayText("  no recipient is left", style: .dim) : ""
  }

  private func add(_ quarantine: EffectiveResult.Quarantine, into page: inout DetailPage) {
    page.row(
      label("reason"), DisplayText(escaping: quarantine.reason, style: Style(.warn)),
      value: quarantine.reason, packet: quarantine.packet)
    let id = facts?.queueID.flatMap { Desk.name($0.bytes) }
    for mta in mta.map({ [$0] }) ?? KnownMTA.measured {
      guard let command = mta.releaseCommand(id ?? "QUEUEID") else { continue }
      let remark = self.mta == nil ? "  at \(mta.name)" : ""
      page.row(
        label("release with"), DisplayText(command, style: .key) + DisplayText(remark, style: .dim),
        value: Array(command.utf8))
    }
  }

  private func refused(into page: inout DetailPage) {
    let refused = facts?.envelopeRecipients.filter(\.isRefused) ?? []
    guard let first = refused.first, !message.lostAllRecipients || content.decision == nil else { return }
    var text = DisplayText("\(message.refusedCount) of \(message.recipientCount)", style: Style(.bad))
    text += "  " + DisplayText(escaping: first.address.slice, columns: 80, style: Style(.address))
    if let words = first.verdict?.text, !words.bytes.isEmpty {
      text += "  " + VisibleText.row(words.slice).styled(Style(.bad))
    }
    if refused.count > 1 { text += DisplayText(" and others", style: .dim) }
    page.row(label("refused"), text, packet: first.verdict?.packet ?? first.envelope.packet)
  }

  private func changed(into page: inout DetailPage) {
    let count = content.modifications.count
    guard count > 0 else { return }
    let words = NumberText.count(count, "modification")
    page.row(
      label(isHeld ? "will change" : "changed"),
      DisplayText(words, style: Style(.changed)) + DisplayText("  d shows before and after", style: .dim),
      packet: content.modifications[0].packet)
  }
  // MARK: time

  /// Who took how long, and what that is of the MTA's patience where it is worth a look.
  private func time(into page: inout DetailPage) {
    let time = trace.index.time(ofMessage: mail, from: trace.source)
    guard let slowest = time.stages.max(by: { $0.longest < $1.longest }) else { return }
    var text = DisplayText("milter \(TimeText.span(time.milter))")
    let limit = patience.latest(at: slowest.stage)
    if time.stages.count > 1 || slowest.longest > limit / 10 {
      text += DisplayText(
        "  slowest \(TimeText.span(slowest.longest)) at \(slowest.stage.name)", style: .dim)
    }
    if slowest.longest > limit / 10 {
      let percent = slowest.longest.microseconds / max(1, limit.microseconds / 100)
      text += DisplayText(
        ", \(percent)% of the \(limit.words) that \(patience.latestName) waits", style: Style(.warn))
    }
    if time.here > .milliseconds(0) { text += DisplayText(" · held here \(TimeText.span(time.here))") }
    text += DisplayText(" · MTA and client \(TimeText.span(time.rest))")
    page.row(label("time"), text)
    if mta == .postfix, let handover = time.beforeContent {
      page.row(
        label("smtpd to cleanup"),
        DisplayText(TimeText.span(handover))
          + DisplayText("  the client sends the mail, then smtpd hands it over to cleanup", style: .dim))
    }
  }
}
