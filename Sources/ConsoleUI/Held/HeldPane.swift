import Cells
import CommandLanguage
import Delivery
import MilterProtocol
import TraceModel

/// The Held view: everything that waits, the most urgent first. Where no milter stands behind, it is a desk: a person
/// judges one mail after the other, a key each.
struct HeldPane: ListPane {
  var list = ListState()
  /// About the mail that waits for a verdict; nil where none is selected.
  private(set) var desk: Desk?
  /// Packets that a verdict was given for, whose release is still to come.
  private(set) var decided: Set<Int> = []
  private var lastDecision: Desk.Decision?
  /// Number of the record of the last outcome that was told.
  private var toldOutcome = -1

  var view: ListView { .held }

  // What waits is a short list of long lines, which are read whole before somebody decides.
  func share(_ scene: Scene) -> Layout.Share? {
    Layout.Share(sideBySideFrom: 170, listRows: scene.trace.waiting.count + 2)
  }

  func packet(_ scene: Scene) -> Int? {
    let waiting = scene.trace.waiting
    return waiting.indices.contains(list.cursor) ? waiting[list.cursor].row : nil
  }

  func page(_ scene: Scene, width: Int) -> DetailPane.Page { DetailPane.Page("nothing selected", []) }

  func hints(isHeld: Bool) -> [Act] {
    isHeld
      ? Self.heldHints
      : [
        .holdPrompt, .ruleOfDecision, .open, .back, .filterPrompt, .searchPrompt, .nextFinding, .exportMenu,
        .pane, .nextTab, .writePrompt,
      ]
  }

  /// Where the keys judge the mail at hand.
  ///
  /// - Parameter hasBar: whether the verdicts stand above them.
  static func deskHints(hasBar: Bool) -> [Act] {
    let verdicts: [Act] = hasBar ? [] : [.accept, .reject, .tempfail]
    return verdicts + [
      .open, .changeMenu, .savePart, .allLike, .ruleOfDecision, .notePrompt, .form, .holdPrompt, .back, .diff,
      .nextTab,
    ]
  }

  // MARK: what waits

  /// Takes in that other packets wait now; the one that was selected stays so.
  ///
  /// - Returns: where a mail left without the operator.
  mutating func keep(_ selected: Int?, gone: [HeldEntry], _ trace: TraceView) -> StatusMessage? {
    list.setCount(trace.waiting.count)
    if let index = trace.waiting.firstIndex(where: { $0.row == selected }) { list.select(index) }
    var news: StatusMessage?
    for entry in gone {
      let wasOurs = decided.remove(entry.number) != nil
      guard trace.isLive, !wasOurs else { continue }
      let released = trace.index.remarkRecords(about: entry.row, from: trace.source).last { record in
        if case .released = record.event { true } else { false }
      }
      guard case .released(let end)? = released?.event else { continue }
      if let words = words(of: end, entry, trace) { news = StatusMessage(.refused, words) }
    }
    return news
  }

  private func words(of end: Released, _ entry: HeldEntry, _ trace: TraceView) -> String? {
    let name = trace.index[entry.row].name
    switch (end.outcome, end.cause) {
    case (.abandoned, .policy(let why)): return "\(name): \(why.text)"
    case (.abandoned, _):
      return "\(name): the MTA gave up waiting after \(entry.waited(at: trace.now)); no verdict reached it"
    case (_, .timeout): return "\(name): its deadline passed, it was \(end.outcome.rawValue)"
    case (_, .operator), (_, .rule), (_, .policy): return nil
    }
  }

  /// What became of the operator's latest instruction, once.
  mutating func outcome(_ trace: TraceView) -> StatusMessage? {
    guard trace.isLive, let last = trace.index.lastInstructed, last.record > toldOutcome else { return nil }
    toldOutcome = last.record
    let place = last.outcome.packet.map { "\(name(ofPacket: $0, trace)): " } ?? ""
    guard let refusal = last.outcome.refusal else {
      return StatusMessage(.done, place + String(last.outcome.text.prefix(80)))
    }
    if let packet = last.outcome.packet { decided.remove(packet) }
    return StatusMessage(.refused, place + refusal.text)
  }

  /// `packet 12`; at the desk the mail that it belongs to.
  private func name(ofPacket number: Int, _ trace: TraceView) -> String {
    guard trace.isDesk, let entry = trace.index.row(number: number).map({ trace.index[$0] }),
      entry.message > 0
    else { return "packet \(number)" }
    return entry.name
  }

  // MARK: the desk

  /// Brings what may be said about the mail at `row` up to date; nil where none is to be judged.
  mutating func refreshDesk(at row: Int?, _ scene: Scene) {
    guard let row else { return desk = nil }
    let mta = scene.settings.mta
    let records = scene.trace.index.recordNumbers(about: row).count
    let isKnown = desk.map {
      $0.row == row && $0.recordCount == records && (mta == .auto || mta.mta ?? .postfix == $0.rules)
    }
    guard isKnown != true, let detail = scene.trace.detail(at: row) else { return }
    desk = Desk(detail, scene.settings.rules(for: detail))
  }

  func decide(_ verdict: Desk.Verdict, _ subject: Subject) -> [Response] {
    subject.whereHeld { row in
      guard let desk else {
        let number = subject.trace.index.number(at: row)
        return .refuse("packet \(number) takes no verdict; : forward releases it")
      }
      switch verdict {
      case .take: return [.conclude([.answer(desk.taking)])]
      case .reject: return [.conclude([.answer(.reject)])]
      case .tempfail: return [.conclude([.answer(.tempfail)])]
      case .discard:
        let words = VerdictEffect(of: .discard, at: desk.stage, under: desk.rules).words
        let yes = Menu.Item("y", "yes", DisplayText(words), .conclude([.answer(.discard)]))
        return [.choose(Menu(title: "Throw this mail away?", items: [yes]))]
      case .quarantine:
        guard desk.hasMail else { return .refuse("no mail is open that could be quarantined") }
        guard desk.mayQuarantine else {
          return .refuse("QUARANTINE was not negotiated with the MTA: the mail would be delivered")
        }
        return [.ask(.quarantine, "held for review")]
      case .ownReply: return [.ask(.reply, "550 5.7.1 \"")]
      }
    }
  }

  /// QUARANTINE, and the verdict without which it counts for nothing.
  func quarantining(_ reason: String) -> [Instruction] {
    [.change(.quarantine(reason: Array(reason.utf8)))] + (desk.map { [.answer($0.taking)] } ?? [])
  }

  /// Says it about the mail at hand.
  ///
  /// - Parameter packet: the one that waited when somebody began to decide: a deadline may have passed meanwhile.
  /// - Returns: what is asked for, and what waits next; nil where that packet waits no longer.
  mutating func conclude(
    _ instructions: [Instruction], on packet: Int?, _ trace: TraceView
  ) -> (effects: [ConsoleEffect], next: HeldEntry?)? {
    guard let desk, desk.number == packet else { return nil }
    decided.insert(desk.number)
    lastDecision = Desk.Decision(
      stage: desk.stage, sender: desk.sender, recipient: desk.recipient, instructions: instructions)
    let effects = instructions.map { ConsoleEffect.instruct($0, packet: desk.number) }
    let waiting = trace.waiting
    guard let here = waiting.firstIndex(where: { $0.row == desk.row }) else { return (effects, nil) }
    let order = waiting[(here + 1)...] + waiting[..<here]
    return (effects, order.first { !decided.contains($0.number) })
  }

  /// What was said is asked about first: nothing is decided yet.
  mutating func reconsider(_ effects: [ConsoleEffect]) {
    for case .instruct(_, let packet) in effects { decided.remove(packet) }
  }

  mutating func select(_ entry: HeldEntry, _ trace: TraceView) {
    if let index = trace.waiting.firstIndex(of: entry) { list.select(index) }
  }

  // MARK: more than one

  /// The same for whatever waits and is alike.
  func askAllLike() -> [Response] {
    guard let like = lastDecision ?? suggested else { return .refuse("no waiting mail is selected") }
    return [.ask(.instruction, "apply \(like.text)")]
  }

  func askRule() -> [Response] {
    guard let decision = lastDecision ?? suggested else {
      return .refuse("you gave no verdict yet that a rule could repeat")
    }
    return [.ask(.rule(nil), "on \(decision.text)")]
  }

  /// Before anything was decided: to reject what is like the mail at hand.
  private var suggested: Desk.Decision? {
    desk.map {
      Desk.Decision(stage: $0.stage, sender: $0.sender, recipient: nil, instructions: [.answer(.reject)])
    }
  }

  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) {
    guard scene.trace.waiting.indices.contains(line) else { return (false, 1) }
    let (trace, entry) = (scene.trace, scene.trace.waiting[line])
    if search.matches(row: entry.row, trace) || search.matches(countsOf: entry.row, trace) {
      return (true, 2)
    }
    guard let message = trace.index.messageIndex(at: entry.row) else { return (false, 2) }
    let mail = trace.messages[message]
    let words = trace.address(at: mail.mailRow) + trace.recipients(of: mail) + trace.subject(of: mail)
    return (search.matches(words.plainBytes), 5)
  }

  /// For every packet that waits and matches.
  static func apply(_ instructions: [Instruction], where condition: Expression, _ trace: TraceView)
    -> [Response]
  {
    let matching = matching(condition, trace)
    guard !matching.isEmpty else { return .refuse("no held packet matches") }
    return matching.flatMap { entry in
      instructions.map { .outside(.instruct($0, packet: entry.number)) }
    }
  }

  private static func matching(_ condition: Expression, _ trace: TraceView) -> [HeldEntry] {
    let predicate = FilterPredicate(condition)
    let reader = trace.reader
    return trace.waiting.filter { predicate.matches(reader.context(at: $0.row)) }
  }

  static func askForwardAll(_ trace: TraceView) -> [Response] {
    forwardAllQuestion(trace).map { [.confirm($0)] } ?? .refuse("nothing is held")
  }

  /// Packets are held and let go while one thinks about it.
  static func refreshed(_ question: Question, _ trace: TraceView) -> Question {
    guard question.yes == [.forwardAll] else { return question }
    // A key that is on its way answers this, and does nothing else.
    return forwardAllQuestion(trace) ?? Question(words: "Nothing is held any more.", yes: [])
  }

  private static func forwardAllQuestion(_ trace: TraceView) -> Question? {
    let count = trace.waiting.count
    guard count > 0 else { return nil }
    let words = count == 1 ? "the held packet" : "all \(NumberText.count(count, "held packet"))"
    return Question(words: "Release \(words)?", yes: [.forwardAll])
  }

  // MARK: what a line being typed comes to

  /// What the client will be told, or how many mails are meant.
  func remark(on prompt: Prompt, _ trace: TraceView) -> String? {
    guard prompt.validity == .valid else { return nil }
    switch prompt.purpose {
    case .reply:
      guard let desk, let reply = try? Instruction(parsing: "reply " + prompt.editor.text),
        case .answer(.custom(let custom)) = trace.filled(reply, at: desk.row)
      else { return nil }
      return VerdictEffect(of: .replyCode, at: desk.stage, under: desk.rules, text: custom.wire[...]).words
    case .instruction:
      guard let statements = try? Typed.statements(prompt.editor.text), statements.count == 1,
        case .console(.apply(let condition, _))? = statements.first
      else { return nil }
      return
        "for \(Self.matching(condition, trace).count) of \(NumberText.count(trace.waiting.count, "held packet"))"
    case .filter, .search, .note, .write, .record, .quarantine, .hold, .rule, .fork, .milter: return nil
    }
  }
}
