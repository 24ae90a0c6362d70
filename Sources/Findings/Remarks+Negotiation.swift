import Dialogue
import MilterProtocol

/// OPTNEG, offered and answered.
extension Remarks {
  func offer(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    guard let offer = OptNeg(scene.shape, of: scene.packet) else { return }
    for remark in NegotiationLint.remarks(offer: offer) { scene.remark(remark.rule, remark.text, &findings) }
  }

  mutating func answer(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    guard scene.due?.stage == .negotiation else {
      if scene.leg.marks.contains(.began) {
        scene.remark(.secondOptNeg, "OPTNEG, but none awaits an answer", &findings)
      } else {
        scene.remark(.firstNotOptNeg, "the milter speaks before the MTA", &findings)
      }
      return
    }
    if let answer = OptNeg(scene.shape, of: scene.packet) {
      let negotiation = dialogue.negotiation
      let offered = scene.place == .mta && scene.way != .through ? negotiation.offered : negotiation.shown
      for remark in NegotiationLint.remarks(answer: answer, to: offered ?? negotiation.offered) {
        scene.remark(remark.rule, remark.text, &findings)
      }
      if scene.isNew { noteRequests(answer) }
    }
    settle(scene, dialogue, &findings)
  }

  private mutating func noteRequests(_ answer: OptNeg) {
    doubtfulNames = answer.symbolLists.flatMap { list in
      let stage = MacroStage(rawValue: list.stage)
      return list.macroNames.compactMap { name -> DoubtfulName? in
        let known = KnownMacro.named(name)
        guard let stage, !KnownMTA.measured.allSatisfy({ known?.isHad(by: $0) ?? false }) else { return nil }
        return DoubtfulName(stage: stage, name: Array(KnownMacro.bareName(name)), known: known)
      }
    }
  }
}
