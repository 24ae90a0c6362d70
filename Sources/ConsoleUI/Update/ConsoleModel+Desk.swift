import Cells
import CommandLanguage
import Delivery
import MilterProtocol
import TraceModel

// A person in a milter's place: one mail after the other, a key each.
extension ConsoleModel {
  /// Whether no milter stands behind, so that somebody here decides.
  var isDesk: Bool { if case .live(_, nil, _) = origin { true } else { false } }

  /// The view that every way back ends at.
  var home: ListView { isDesk ? .held : .timeline }

  /// Whether the keys are for a mail that waits for a verdict.
  var selectionIsOnDesk: Bool { isDesk && (view == .held || view == .messages) && selectionIsHeld }

  /// Brings what may be said about the selected mail up to date.
  mutating func refreshDesk() {
    guard selectionIsOnDesk, let row = focusRow else {
      desk = nil
      if isDesk, view == .held, held.isEmpty, focus == .detail || isMaximised {
        (focus, isMaximised) = (.list, false)
      }
      return
    }
    let known = desk.map { $0.row == row && (settings.mta == .auto || settings.mta.rules == $0.rules) }
    guard known != true, let detail = trace.detail(at: row) else { return }
    desk = Desk(detail, rules(for: detail))
  }

  /// Opens the mail on the whole screen: it is there to be read.
  mutating func openWhole() {
    tab = .message
    focus = .detail
    isMaximised = true
  }

  // MARK: verdicts

  mutating func decide(_ verdict: Desk.Verdict) -> [ConsoleEffect] {
    guard let row = heldRow() else { return [] }
    guard let desk else {
      return refuse("packet \(trace.index.number(at: row)) takes no verdict; : forward lets it go")
    }
    switch verdict {
    case .take: return conclude([.answer(desk.taking)])
    case .reject: return conclude([.answer(.reject)])
    case .tempfail: return conclude([.answer(.tempfail)])
    case .discard:
      let effect = VerdictEffect(of: .discard, at: desk.stage, under: desk.rules)
      menu = Menu(
        title: "Throw this mail away?", items: [Menu.Item("y", "yes", DisplayText(effect.words), .discards)])
    case .quarantine:
      guard desk.hasMail else { return refuse("no mail is open that could be quarantined") }
      guard desk.mayQuarantine else {
        return refuse("QUARANTINE was not negotiated with the MTA: the mail would be delivered")
      }
      ask(.quarantine, text: "held for review")
    case .ownReply: ask(.reply, text: "550 5.7.1 \"")
    }
    return []
  }

  /// Says it about the mail at hand, and goes on to the next that waits.
  mutating func conclude(_ instructions: [Instruction]) -> [ConsoleEffect] {
    // While one types, a deadline may pass, and the next mail be selected.
    guard let desk, desk.number == askedAbout else {
      return refuse("the mail that this was meant for waits no longer; nothing was done")
    }
    decided.insert(desk.number)
    lastDecision = Desk.Decision(
      stage: desk.stage, sender: desk.sender, recipient: heldRecipient(desk), instructions: instructions)
    let effects = instructions.map { ConsoleEffect.instruct($0, packet: desk.number) }
    selectNextWaiting(after: desk.row)
    return effects
  }

  func quarantining(_ reason: String) -> [Instruction] {
    [.change(.quarantine(reason: Array(reason.utf8)))] + (desk.map { [.answer($0.taking)] } ?? [])
  }

  private func heldRecipient(_ desk: Desk) -> [UInt8]? {
    guard desk.stage == .rcpt, let packet = trace.packet(at: desk.row),
      case .rcpt(let address, _) = Dissection(packet).shape
    else { return nil }
    return Array(packet.bytes[address])
  }

  private mutating func selectNextWaiting(after row: Int) {
    guard let here = held.firstIndex(where: { $0.row == row }) else { return }
    let order = Array(held[(here + 1)...] + held[..<here])
    guard let next = order.first(where: { !decided.contains($0.number) }) else { return }
    switch view {
    case .held:
      if let index = held.firstIndex(of: next) { list.select(index) }
    case .messages:
      guard let message = trace.index.messageIndex(at: next.row) else { return }
      list.reveal(mails.line(of: message))
    case .timeline, .findings, .rules, .stats: break
    }
  }

  // MARK: what happened meanwhile

  /// Forgets what was decided and has left, and says where a mail left without the operator.
  mutating func noteGone(_ gone: [HeldEntry]) {
    for entry in gone {
      let wasOurs = decided.remove(entry.number) != nil
      guard isLive, !wasOurs else { continue }
      let released = trace.index.remarkRecords(about: entry.row, from: trace.source).last { record in
        if case .released = record.event { true } else { false }
      }
      guard case .released(let end)? = released?.event else { continue }
      if let words = words(of: end, entry) { status = StatusMessage(.refused, words) }
    }
  }

  private func words(of end: Released, _ entry: HeldEntry) -> String? {
    let row = trace.index[entry.row]
    let name = row.message > 0 ? "c\(row.connection).\(row.message)" : "c\(row.connection)"
    switch (end.outcome, end.cause) {
    case (.abandoned, _):
      return "\(name): the MTA gave up waiting after \(entry.waited(at: now)); no verdict reached it"
    case (_, .timeout): return "\(name): its deadline came, it was \(end.outcome.rawValue)"
    case (_, .operator), (_, .rule), (_, .policy): return nil
    }
  }

  // MARK: what a line being typed comes to

  /// What the client will be told, or how many mails are meant, while the line is typed.
  func deskRemark(on prompt: Prompt) -> String? {
    guard prompt.validity == .valid else { return nil }
    switch prompt.purpose {
    case .reply:
      guard let desk, let reply = try? Instruction(parsing: "reply " + prompt.editor.text),
        case .answer(.custom(let custom)) = reply
      else { return nil }
      return VerdictEffect(of: .replyCode, at: desk.stage, under: desk.rules, text: custom.wire[...]).words
    case .instruction:
      guard let statements = try? Typed.statements(prompt.editor.text), statements.count == 1,
        case .console(.apply(let condition, _))? = statements.first
      else { return nil }
      let predicate = FilterPredicate(condition)
      let reader = trace.reader
      let count = held.count { predicate.matches(reader.context(at: $0.row)) }
      return "for \(count) of the \(held.count) that wait"
    case .filter, .search, .note, .write, .quarantine, .hold, .rule: return nil
    }
  }

  // MARK: more than one

  /// The same for whatever waits and is alike.
  mutating func askAllLike() -> [ConsoleEffect] {
    guard let desk else { return refuse("no mail is selected that waits") }
    let act = lastDecision.map { $0.instructions.map(\.text).joined(separator: "; ") } ?? "reject"
    ask(.instruction, text: "apply \(condition(desk.stage, desk.sender, nil)) do \(act)")
    return []
  }

  mutating func askRule() -> [ConsoleEffect] {
    let decision =
      lastDecision
      ?? desk.map {
        Desk.Decision(stage: $0.stage, sender: $0.sender, recipient: nil, instructions: [.answer(.reject)])
      }
    guard let decision else { return refuse("nothing was decided yet that a rule could repeat") }
    let words = condition(decision.stage, decision.sender, decision.recipient)
    let act = decision.instructions.map(\.text).joined(separator: "; ")
    ask(.rule(nil), text: "on \(words) do \(act)")
    return []
  }

  private func condition(_ stage: Stage, _ sender: [UInt8]?, _ recipient: [UInt8]?) -> String {
    var words = [stage.name.lowercased()]
    if let recipient { words.append("rcpt.address == \(Quoting.string(recipient))") }
    if let sender, recipient == nil { words.append("message.from == \(Quoting.string(sender))") }
    return words.joined(separator: " and ")
  }
}

extension Settings.MTAChoice {
  /// nil where the macros say it.
  fileprivate var rules: DeliveryRules? {
    switch self {
    case .auto: nil
    case .postfix: .postfix
    case .sendmail: .sendmail
    }
  }
}
