import Cells
import CommandLanguage
import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// The packet that is selected, or the lack of one: what can be asked for it, and what is said where it cannot.
struct Subject {
  let scene: Scene
  /// Row of the index.
  let row: Int?
  /// The list that it was selected in.
  let view: ListView

  var trace: TraceView { scene.trace }

  var number: Int? { row.map { trace.index.number(at: $0) } }

  /// Whether it waits for the operator.
  var isHeld: Bool { row.map { trace.heldEntry(at: $0) != nil } ?? false }

  var isMarked: Bool { row.map { trace.index[$0].flags.contains(.marked) } ?? false }

  /// Index of the mail that it belongs to.
  var mail: Int? { row.flatMap { trace.index.messageIndex(at: $0) } }

  var nothing: [Response] { .refuse(view == .held ? "nothing is held" : "no packet is selected") }

  /// Why nothing can be done to the packets of a trace.
  static let wordsOfRecorded = "this is a recorded trace: its packets were sent long ago"

  /// What `body` makes of the row where the packet waits; otherwise says that it does not.
  func whereHeld(_ body: (Int) -> [Response]) -> [Response] {
    guard let row else { return nothing }
    guard isHeld else { return .refuse("packet \(trace.index.number(at: row)) is not held") }
    return body(row)
  }

  func drop() -> [Response] {
    whereHeld { row in
      guard let packet = trace.packet(at: row) else { return [] }
      guard packet.kind != .command(.optNeg) else {
        return .refuse("without OPTNEG the session cannot begin; e edits it")
      }
      let number = trace.index.number(at: row)
      return .confirm("Drop packet \(number), \(packet.kind.name)?", .instruct(.drop, packet: number))
    }
  }

  func revert(_ reverted: Instruction.Reverted) -> [Response] {
    whereHeld { row in
      let number = trace.index.number(at: row)
      guard !standing(at: row).isEmpty else { return .refuse("nothing was changed in packet \(number)") }
      return [.outside(.instruct(.revert(reverted), packet: number))]
    }
  }

  private func standing(at row: Int) -> [Instructed] {
    [Instructed](in: trace.index.remarkRecords(about: row, from: trace.source)).standing
  }

  func note() -> [Response] { row == nil ? .refuse("no packet is selected") : [.ask(.note, "")] }

  /// In plain letters.
  var text: [UInt8]? {
    guard let row, let packet = trace.packet(at: row) else { return nil }
    return Array("\(packet.kind.name) \(PacketWords.plain(packet))".utf8)
  }

  // MARK: menus

  func askClose() -> [Response] {
    guard let row, let number else { return nothing }
    guard !trace.isRecorded else { return .refuse(Self.wordsOfRecorded) }
    func item(_ key: Unicode.Scalar, _ name: String, _ leg: Leg) -> Menu.Item {
      Menu.Item(
        key, name, DisplayText("the \(name) sees its connection end"),
        .outside(.instruct(.close(leg), packet: number)))
    }
    return [
      .choose(
        Menu(
          title: "Close which leg of c\(trace.index[row].connection)?",
          items: [item("m", "MTA", .mta), item("l", "milter", .milter)]))
    ]
  }

  func askVerdict() -> [Response] {
    guard let row, let detail = trace.detail(at: row) else { return nothing }
    guard !trace.isRecorded else { return .refuse(Self.wordsOfRecorded) }
    if let refusal = refusalOfVerdict(detail) { return .refuse(refusal) }
    let rules = scene.settings.rules(for: detail)
    let keys: [Answer: Unicode.Scalar] = [
      .continue: "c", .accept: "a", .reject: "r", .tempfail: "t", .discard: "d", .skip: "s", .connFail: "f",
      .shutdown: "h",
    ]
    var items = Answer.plain.compactMap { answer in
      keys[answer].map { key in
        Menu.Item(
          key, answer.name, detail.stage.map { remark(on: answer, at: $0, rules) } ?? "",
          .outside(.instruct(.answer(answer), packet: detail.number)))
      }
    }
    items.append(Menu.Item("o", "reply …", "your own code and words", .ask(.reply, "550 5.7.1 \"")))
    let stage = detail.stage.map { " to \($0.name)" } ?? ""
    let title = "Answer\(stage), packet \(detail.number), as \(rules.name) takes it"
    return [.choose(Menu(title: title, items: items))]
  }

  private func remark(on answer: Answer, at stage: Stage, _ rules: KnownMTA) -> DisplayText {
    guard answer != .connFail || rules.profile?.verdict(.connFail, at: stage) != nil else {
      return DisplayText("an unknown reply to every MTA", style: .dim)
    }
    let effect = VerdictEffect(of: answer.reply.kind, at: stage, under: rules)
    if let danger = effect.danger { return DisplayText("▲ " + danger, style: Style(.findingWarning)) }
    // Words that have the code need it no second time.
    let code = effect.clientCode.map { effect.words.contains("\($0)") ? "" : "\($0) " } ?? ""
    return DisplayText(code + effect.words, style: .dim)
  }

  func askChange() -> [Response] {
    guard let row, let detail = trace.detail(at: row) else { return nothing }
    guard !trace.isRecorded else { return .refuse(Self.wordsOfRecorded) }
    if let refusal = refusalOfChange(detail) { return .refuse(refusal) }
    let negotiation = detail.facts.negotiation
    let actions = (negotiation.told ?? negotiation.answered)?.actions
    let rows: [(Unicode.Scalar, InstructionWord, String)] = [
      ("a", .addHeader, ""), ("i", .insertHeader, "0 "), ("c", .changeHeader, ""), ("d", .deleteHeader, ""),
      ("r", .addRcpt, ""), ("R", .deleteRcpt, ""), ("f", .changeFrom, ""), ("b", .replaceBody, ""),
      ("p", .deletePart, ""), ("P", .replacePart, ""), ("x", .defang, ""), ("z", .quarantine, "\""),
    ]
    let items = rows.map { key, word, start in
      let help = InstructionTerm.byWord[word]?.doc ?? ""
      if let needed = word.requiredAction, let actions, !actions.isSuperset(of: needed) {
        let words =
          "\(needed.subtracting(actions).names.joined(separator: " ")) was not negotiated with the MTA"
        return Menu.Item(
          key, word.rawValue, DisplayText("▲ " + words, style: Style(.findingWarning)),
          .say(StatusMessage(.refused, words + ": start with --negotiation widen")))
      }
      return Menu.Item(
        key, word.rawValue, DisplayText(help, style: .dim), .ask(.instruction, "\(word.rawValue) \(start)"))
    }
    return [.choose(Menu(title: "Modify the mail before its final reply", items: items))]
  }
}
