import Dialogue
import MilterProtocol

/// Macros by the mail that they were announced for.
extension SessionFacts {
  /// Whether it was announced for a mail before the one at hand: nothing makes it void, so libmilter still gives it to the
  /// milter (`smfi_getsymval`; protocol.md 5.4).
  package func isOfEarlierMail(_ fact: MacroFact) -> Bool { isOfEarlierMail(fact.letter, fact.packet) }

  private func isOfEarlierMail(_ letter: UInt8, _ packet: Int) -> Bool {
    guard let message else { return false }
    switch CommandKind(rawValue: letter) {
    case .connect, .helo: return false
    case .optNeg, .macro, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort, .quit,
      .quitNC, nil:
      return packet < message.firstPacket
    }
  }

  /// The value in force, where it is of the session or of the mail at hand.
  package func currentMacro(_ name: some Collection<UInt8>) -> MacroFact? {
    macros.value(name).flatMap { isOfEarlierMail($0) ? nil : $0 }
  }

  /// Whether macros came for that stage of the mail at hand, be they none.
  package func hasOwnMacros(for stage: MacroStage) -> Bool {
    let letter = stage.stage.rawValue
    return macros.packet(announcedFor: letter).map { !isOfEarlierMail(letter, $0) } ?? false
  }
}
