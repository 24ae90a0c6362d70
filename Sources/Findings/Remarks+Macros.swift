import Dialogue
import MilterProtocol

/// MACRO packets: whom they belong to, and what is missing in them.
extension Remarks {
  mutating func macro(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    if scene.leg.position == .start {
      scene.remark(.firstNotOptNeg, "MACRO is the first packet of the MTA", &findings)
    }
    guard case .macro(let letter, _) = scene.shape, !scene.packet.payload.isEmpty else { return }
    let kind = CommandKind(rawValue: letter)
    if let awaited = dialogue.pending.awaited(on: scene.place), awaited.stage.rawValue == letter,
      !dialogue.isDesynchronised
    {
      scene.remark(.macroTooLate, "macros for \(awaited.named), which awaits its reply", &findings)
    }
    guard scene.way.comes else { return }
    // A habit of Postfix, and of no other MTA that is known.
    if MacroStage(command: letter) == nil, !said.contains(.macroWithoutSlot), dialogue.mta != .postfix {
      said.insert(.macroWithoutSlot)
      let name: Sentence = kind.map { "\($0.name)" } ?? "'\(wire: [letter])'"
      scene.remark(.macroWithoutSlot, "macros for \(name)", &findings)
    }
    if kind == .rcpt, scene.flags.contains(.rejectedRcpt) { noteRefusal(scene) }
    if !doubtfulNames.isEmpty { remarkOnLacking(letter, scene, dialogue, &findings) }
  }

  /// Macros that came right before a command and are not for it.
  mutating func remarkOnMacros(
    before kind: CommandKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard let last = dialogue.macrosAhead.last, last.letter != kind.rawValue else { return }
    // Normal where the stage is switched off: both MTAs send the macros all the same.
    if let stage = CommandKind(rawValue: last.letter)?.stage, !scene.flags.declines(stage) {
      scene.remark(
        .macroWithoutCommand, "macros for \(stage.name) (packet \(packet: last.number)), then \(kind.name)",
        &findings)
    }
  }

  private mutating func noteRefusal(_ scene: borrowing Scene) {
    said.remove(.refusedRcpt)
    for (name, value) in MacroPairs(of: scene.packet)
    where KnownMacro.bareName(scene.packet.bytes[name]).elementsEqual("rcpt_mailer".utf8) {
      if scene.packet.bytes[value].elementsEqual("error".utf8) { said.insert(.refusedRcpt) }
    }
  }

  private mutating func remarkOnLacking(
    _ letter: UInt8, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    if let stage = MacroStage(command: letter) { noteLacking(at: stage, scene, &findings) }
    guard let mta = dialogue.mta else { return }
    for stage in MacroStage.allCases {
      let judged = doubtfulNames.filter { $0.stage == stage && $0.lacking != nil }
      let never = judged.filter { !($0.known?.isHad(by: mta) ?? true) }
      if let number = never.first?.lacking {
        let names = never.map { "\(wire: $0.name)" as Sentence }.joined(", ")
        findings.append(
          Finding(
            .macroNeverHad, packet: number,
            "\(names) requested for \(stage.stage.name): \(mta.name) never has \(never.count == 1 ? "it" : "them")"
          ))
      }
    }
    doubtfulNames.removeAll { $0.lacking != nil }
  }

  /// The macros of a stage came, and some that were asked for are not among them.
  private mutating func noteLacking(
    at stage: MacroStage, _ scene: borrowing Scene, _ findings: inout [Finding]
  ) {
    let seen = Set(
      MacroPairs(of: scene.packet).map { Array(KnownMacro.bareName(scene.packet.bytes[$0.name])) })
    for index in doubtfulNames.indices
    where doubtfulNames[index].stage == stage && doubtfulNames[index].lacking == nil {
      guard doubtfulNames[index].known == nil else {
        doubtfulNames[index].lacking = scene.number
        continue
      }
      guard !seen.contains(doubtfulNames[index].name) else { continue }
      scene.remark(
        .listNameUnknown, "'\(wire: doubtfulNames[index].name)' was requested for \(stage.stage.name)",
        &findings)
    }
    doubtfulNames.removeAll { $0.stage == stage && ($0.known == nil || seen.contains($0.name)) }
  }
}
