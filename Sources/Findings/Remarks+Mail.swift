import Dialogue
import MilterProtocol

/// The mail that the packets make up: each is taken once, and what is odd about it beside the others is said.
extension Remarks {
  mutating func followMail(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    switch scene.shape {
    case .header, .unknown: mail.keep(scene)
    case .body: body(scene, dialogue, &findings)
    case .macro(let letter, _): keep(macros: letter, scene)
    case .rcpt(let address, _):
      mail.keep(scene)
      arriving.take(recipient: address, scene, &findings)
    case .mail(_, let arguments):
      if mail.hasCommands { endMail(dialogue) }
      changed = MailSoFar()
      signed = SignedMail()
      arriving = ArrivingMail(arguments: arguments, scene)
      mail.keep(scene)
    case .eoh: arriving.headersAreOver(mail, scene, &findings)
    case .bodyEOB:
      if dialogue.negotiation.mtaFlags.contains(.noEOH) { arriving.headersAreOver(mail, scene, &findings) }
      if dialogue.negotiation.milterDeclines(.body) { signed.bodyIsUnknown() }
    case .verdict, .replyCode: settleMail(scene, dialogue, &findings)
    case .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .quarantine,
      .replBody:
      if scene.due?.stage == .bodyEOB { modify(scene, dialogue, &findings) }
    case .connect, .helo: earlier.keep(connection: scene.packet)
    case .abort, .quit: endMail(dialogue)
    case .quitNC:
      endMail(dialogue)
      earlier.forgetConnection()
    case .optNeg: if scene.packet.sender == .mta { (mail, earlier) = (MailInHand(), EarlierMails()) }
    case .data, .progress, .setSymList, .connFail, .undecoded, .empty: break
    }
  }

  private mutating func keep(macros letter: UInt8, _ scene: borrowing Scene) {
    switch CommandKind(rawValue: letter) {
    case .connect, .helo: earlier.keep(connection: scene.packet)
    case .mail, .rcpt, .data, .eoh, .bodyEOB: mail.keep(scene)
    case .optNeg, .macro, .header, .body, .unknown, .abort, .quit, .quitNC, nil: break
    }
  }

  private mutating func body(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    arriving.headersAreOver(mail, scene, &findings)
    guard case .body(let chunk) = scene.shape else { return }
    let actions = dialogue.negotiation.actions
    arriving.take(body: chunk, mail, scene, &findings)
    if !actions.isEmpty {
      signed.take(
        body: scene.packet.bytes[chunk], of: mail, mayChange: actions.contains(.changeBody),
        repeatsHeaders: dialogue.mta?.has(.repeatsHeadersInBody) ?? false)
    }
    mail.keep(body: scene.packet, isWanted: !earlier.isEmpty)
  }

  private mutating func modify(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    // What is switched off is not done; that it is, is said elsewhere (E03).
    guard !dialogue.negotiation.actions.isEmpty else { return }
    if case .replBody(let chunk) = scene.shape {
      signed.take(newBody: scene.packet.bytes[chunk], of: mail, number: scene.number)
    } else if scene.isWhole {
      changed.modify(scene, mail, &signed, &findings)
    }
    // What the operator makes is the operator's to know.
    if scene.way != .made { earlier.judge(scene, mail, &findings) }
  }

  private mutating func settleMail(
    _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard let due = scene.due else { return }
    switch (due.stage, scene.packet.kind) {
    case (.rcpt, .reply(.reject)), (.rcpt, .reply(.tempfail)), (.rcpt, .reply(.replyCode)):
      mail.refused(recipient: due.number)
    case (.body, .reply(.skip)): signed.bodyIsUnknown()
    case (.bodyEOB, .reply(let kind)):
      if !mail.isCut, kind == .continue || kind == .accept {
        changed.remarkOnResult(scene, &findings)
        findings += signed.findings(mail, changed.headers)
      }
      endMail(dialogue)
    case (_, _): break
    }
  }

  /// It is an earlier one from now on.
  private mutating func endMail(_ dialogue: Dialogue) {
    guard !mail.kept.isEmpty else { return }
    // A milter that changes nothing gives nothing away.
    mail = MailInHand(in: dialogue.negotiation.actions.isEmpty ? mail.end() : earlier.take(&mail))
    changed = MailSoFar()
    signed = SignedMail()
  }
}
