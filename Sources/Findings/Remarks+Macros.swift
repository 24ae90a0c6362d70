import Dialogue
import MilterProtocol

/// MACRO packets: whom they belong to, and what is missing in them.
extension Remarks {
  mutating func macro(_ scene: Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    if scene.leg.position == .start {
      scene.remark(.firstNotOptNeg, "MACRO is the first packet of the MTA", &findings)
    }
    guard case .macro(let letter, let strings) = scene.shape, !scene.packet.payload.isEmpty else { return }
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
    if !unseenNames.isEmpty { remarkOnUnseen(letter, strings, scene, &findings) }
  }

  /// Macros that came right before a command and are not for it.
  mutating func remarkOnMacros(
    before kind: CommandKind, _ scene: Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard let last = dialogue.macrosAhead.last, last.letter != kind.rawValue else { return }
    // Normal where the stage is switched off: both MTAs send the macros all the same.
    if let stage = CommandKind(rawValue: last.letter)?.stage, !scene.flags.declines(stage) {
      scene.remark(
        .macroWithoutCommand, "macros for \(stage.name) (packet \(packet: last.number)), then \(kind.name)",
        &findings)
    }
  }

  private mutating func noteRefusal(_ scene: Scene) {
    said.remove(.refusedRcpt)
    for (name, value) in MacroPairs(of: scene.packet)
    where KnownMacro.bareName(scene.packet.bytes[name]).elementsEqual("rcpt_mailer".utf8) {
      if scene.packet.bytes[value].elementsEqual("error".utf8) { said.insert(.refusedRcpt) }
    }
  }

  private mutating func remarkOnUnseen(
    _ letter: UInt8, _ strings: Range<Int>, _ scene: Scene, _ findings: inout [Finding]
  ) {
    guard let stage = MacroStage(command: letter) else { return }
    let seen = Set(
      MacroPairs(of: scene.packet).map { Array(KnownMacro.bareName(scene.packet.bytes[$0.name])) })
    for unseen in unseenNames where unseen.stage == stage && !seen.contains(unseen.name) {
      scene.remark(
        .listNameUnknown, "'\(wire: unseen.name)' was requested for \(stage.stage.name)",
        &findings)
    }
    unseenNames.removeAll { $0.stage == stage }
  }
}
