import Cells
import CommandLanguage
import Delivery
import MilterProtocol
import TraceModel

// What waits, and what the operator says about it.
extension ConsoleModel {
  var selectedHeld: HeldEntry? {
    guard view == .held else { return nil }
    return held.indices.contains(list.cursor) ? held[list.cursor] : nil
  }

  /// Whether the selected packet waits for the operator.
  var selectionIsHeld: Bool {
    guard !held.isEmpty, let row = focusRow else { return false }
    return held.contains { $0.row == row }
  }

  func heldEntry(at row: Int) -> HeldEntry? { held.first { $0.row == row } }

  /// Brings the list of what waits up to what is known; the selected packet stays selected.
  mutating func refreshHeld() {
    let waiting = trace.index.waiting
    if waiting.count != held.count || Set(waiting) != Set(held.map(\.row)) {
      var list = lists[.held] ?? ListState()
      let selected = held.indices.contains(list.cursor) ? held[list.cursor].row : nil
      let still = Set(waiting)
      let gone = held.filter { !still.contains($0.row) }
      let known = Dictionary(held.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
      held = waiting.compactMap { known[$0] ?? HeldEntry(row: $0, in: trace) }.sorted(
        by: HeldEntry.comesFirst)
      list.setCount(held.count)
      if let index = held.firstIndex(where: { $0.row == selected }) { list.select(index) }
      lists[.held] = list
      noteGone(gone)
    }
  }

  /// Says what became of the operator's latest instruction.
  mutating func showOutcome() {
    guard isLive, let last = trace.index.lastInstructed, last.record > shownOutcome else { return }
    shownOutcome = last.record
    let place = last.outcome.packet.map { "\(name(ofPacket: $0)): " } ?? ""
    if let refusal = last.outcome.refusal {
      if let packet = last.outcome.packet { decided.remove(packet) }
      status = StatusMessage(.refused, place + refusal.text)
    } else {
      status = StatusMessage(.done, place + String(last.outcome.text.prefix(80)))
    }
  }

  /// `packet 12`; at the desk the mail that it belongs to.
  private func name(ofPacket number: Int) -> String {
    guard isDesk, let row = trace.index.row(number: number), trace.index[row].message > 0 else {
      return "packet \(number)"
    }
    return "c\(trace.index[row].connection).\(trace.index[row].message)"
  }

  // MARK: acts

  mutating func instruct(_ instruction: Instruction) -> [ConsoleEffect] {
    if instruction == .forwardAll { return [.forwardAll] }
    guard let packet = selectedPacket else { return refuse(wordsOfNothing) }
    remember(instruction, on: packet)
    return [.instruct(instruction, packet: packet)]
  }

  /// A recorded trace is never written to: what is added to it is kept only in a file of its own.
  private mutating func remember(_ instruction: Instruction, on packet: Int) {
    guard case .files = origin else { return }
    let words: String
    switch instruction {
    case .mark, .unmark:
      let isOn = instruction == .mark
      if isOn != isMarked(packet) { unwritten.toggleMark(packet) }
      words = isOn ? "marked" : "mark taken off"
    case .note:
      unwritten.note(packet)
      words = "noted"
    case .hold, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .set, .raw, .delay, .close:
      return
    }
    let key = keymap.key(for: .writePrompt, in: .timeline)?.description ?? ": write FILE"
    status = StatusMessage(.done, "packet \(packet) \(words); kept only when written: \(key)")
  }

  /// These records are in a file now.
  mutating func wrote(_ records: [Int]) {
    let written = Set(records)
    let packets = unwritten.packets.filter { number in
      guard let row = trace.index.row(number: number) else { return true }
      return written.isSuperset(of: trace.index.recordNumbers(about: row))
    }
    unwritten.wrote(packets)
  }

  /// Why nothing can be done to the packets of a trace.
  package static let wordsOfRecorded = "this is a recorded trace; its packets have left"

  private var isRecorded: Bool { if case .files = origin { true } else { false } }

  private var wordsOfNothing: String { view == .held ? "nothing is held" : "no packet is selected" }

  /// The row of the selected packet where it waits; otherwise says that it does not.
  mutating func heldRow() -> Int? {
    guard let row = focusRow else {
      _ = refuse(wordsOfNothing)
      return nil
    }
    guard heldEntry(at: row) != nil else {
      _ = refuse("packet \(trace.index.number(at: row)) is not held")
      return nil
    }
    return row
  }

  mutating func askForwardAll() -> [ConsoleEffect] {
    guard !held.isEmpty else { return refuse("nothing is held") }
    question = forwardAllQuestion
    return []
  }

  private var forwardAllQuestion: Question? {
    guard !held.isEmpty else { return nil }
    let count = NumberText.count(held.count, "held packet")
    let words = held.count == 1 ? "the held packet" : "all \(count)"
    return Question(words: "Let \(words) go?", yes: [.forwardAll])
  }

  /// Packets are held and let go while one thinks about it.
  mutating func refreshQuestion() {
    guard question?.yes == [.forwardAll] else { return }
    // A key that is on its way answers this, and does nothing else.
    question = forwardAllQuestion ?? Question(words: "Nothing is held any more.", yes: [])
  }

  mutating func askDrop() -> [ConsoleEffect] {
    guard let row = heldRow(), let packet = trace.packet(at: row) else { return [] }
    let number = trace.index.number(at: row)
    question = Question(
      words: "Drop packet \(number), \(packet.kind.name)?", yes: [.instruct(.drop, packet: number)])
    return []
  }

  /// The bytes that came are what is to leave again.
  mutating func revert() -> [ConsoleEffect] {
    guard let row = heldRow(), let packet = trace.packet(at: row) else { return [] }
    return [.instruct(.raw(packet.bytes), packet: trace.index.number(at: row))]
  }

  mutating func askClose() -> [ConsoleEffect] {
    guard let packet = selectedPacket, let connection = connection(ofPacket: packet) else {
      return refuse(wordsOfNothing)
    }
    guard !isRecorded else { return refuse(Self.wordsOfRecorded) }
    menu = Menu(
      title: "Close which leg of c\(connection)?",
      items: [
        Menu.Item(
          "m", "MTA", "the MTA sees its connection end", .does([.instruct(.close(.mta), packet: packet)])),
        Menu.Item(
          "l", "milter", "the milter sees its connection end",
          .does([.instruct(.close(.milter), packet: packet)])),
      ])
    return []
  }

  // MARK: menus

  mutating func askVerdict() -> [ConsoleEffect] {
    guard let row = focusRow, let detail = trace.detail(at: row) else { return refuse(wordsOfNothing) }
    guard !isRecorded else { return refuse(Self.wordsOfRecorded) }
    let rules = rules(for: detail)
    let keys: [Answer: Unicode.Scalar] = [
      .continue: "c", .accept: "a", .reject: "r", .tempfail: "t", .discard: "d", .skip: "s", .connFail: "f",
      .shutdown: "h",
    ]
    var items: [Menu.Item] = []
    for answer in Answer.plain {
      guard let key = keys[answer] else { continue }
      let effect = detail.stage.map { remark(on: answer, at: $0, rules) } ?? ""
      items.append(
        Menu.Item(key, answer.name, effect, .does([.instruct(.answer(answer), packet: detail.number)])))
    }
    items.append(Menu.Item("o", "reply …", "your own code and words", .asks(.reply, "550 5.7.1 \"")))
    let stage = detail.stage.map { " to \($0.name)" } ?? ""
    menu = Menu(title: "Answer\(stage), packet \(detail.number), as \(rules.name) takes it", items: items)
    return []
  }

  private func remark(on answer: Answer, at stage: Stage, _ rules: DeliveryRules) -> DisplayText {
    guard answer != .connFail else { return DisplayText("an unknown reply to every MTA", style: .dim) }
    let effect = VerdictEffect(of: answer.reply.kind, at: stage, under: rules)
    let code = effect.clientCode.map { "\($0) " } ?? ""
    if let danger = effect.danger { return DisplayText("▲ " + danger, style: Style(.findingWarning)) }
    return DisplayText(code + effect.words, style: .dim)
  }

  mutating func askChange() -> [ConsoleEffect] {
    guard selectedPacket != nil else { return refuse(wordsOfNothing) }
    guard !isRecorded else { return refuse(Self.wordsOfRecorded) }
    let rows: [(Unicode.Scalar, InstructionWord, String)] = [
      ("a", .addHeader, ""), ("i", .insertHeader, "0 "), ("c", .changeHeader, ""), ("d", .deleteHeader, ""),
      ("r", .addRcpt, ""), ("R", .deleteRcpt, ""), ("f", .changeFrom, ""), ("b", .replaceBody, ""),
      ("p", .deletePart, ""), ("P", .replacePart, ""),
      ("z", .quarantine, "\""),
    ]
    menu = Menu(
      title: "Modify the mail before its final reply",
      items: rows.map { key, word, start in
        let help = InstructionTerm.byWord[word]?.doc ?? ""
        return Menu.Item(
          key, word.rawValue, DisplayText(help, style: .dim), .asks(.instruction, "\(word.rawValue) \(start)")
        )
      })
    return []
  }

  /// A key while a menu is open.
  mutating func chosen(with key: Key) -> [ConsoleEffect] {
    guard let menu else { return [] }
    if let item = menu.item(for: key) {
      self.menu = nil
      switch item.choice {
      case .does(let effects): return effects
      case .asks(let purpose, let text): ask(purpose, text: text)
      case .deletesRule(let index): return changeRule(index, .delete)
      case .exports(let format): askExport(as: format)
      case .discards: return conclude([.answer(.discard)])
      }
      return []
    }
    switch key {
    case .named(.escape), .character("q"), .control("c"), .control("g"): self.menu = nil
    case .named(.down), .character("j"), .control("n"), .named(.tab): self.menu?.move(1)
    case .named(.up), .character("k"), .control("p"), .named(.backTab): self.menu?.move(-1)
    case .named(.enter):
      status = StatusMessage(.hint, "a letter of the menu chooses, or ↓ ↑ and then Enter; Esc leaves it")
    default: break
    }
    return []
  }
}
