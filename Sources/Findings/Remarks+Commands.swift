import Dialogue
import MilterProtocol

/// Commands: their order, and the replies that were due when they came.
extension Remarks {
  mutating func command(
    _ kind: CommandKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    if scene.way.comes { surplus.commanded(into: &findings) }
    remarkOnOrder(of: kind, scene, dialogue, &findings)
    if scene.way.comes {
      remarkOnMacros(before: kind, scene, dialogue, &findings)
      note(kind, scene, dialogue)
    }
    if !dialogue.pending.isEmpty { remarkOnPending(kind, scene, dialogue, &findings) }
    switch kind {
    case .optNeg: offer(scene, dialogue, &findings)
    case .abort: remarkOnAbort(scene, dialogue, &findings)
    case .quitNC: if scene.leg.position != .start { scene.remark(.quitNC, "QUIT_NC", &findings) }
    case .macro, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .quit: break
    }
  }

  private mutating func remarkOnOrder(
    of kind: CommandKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    let leg = scene.leg
    if leg.position == .start {
      if kind != .optNeg {
        scene.remark(.firstNotOptNeg, "\(kind.name) is the first packet of the MTA", &findings)
      }
      return
    }
    if kind == .optNeg { return scene.remark(.secondOptNeg, "OPTNEG was sent before", &findings) }
    if let flag = kind.stage?.noCommandFlag, scene.flags.contains(flag) {
      scene.remark(.unwantedCommand, "\(kind.name) although \(flag.names[0]) is negotiated", &findings)
    }
    switch leg.position.order(of: kind, declined: scene.flags) {
    case .legal: break
    case .illegal:
      scene.remark(.outOfOrder, "\(kind.name) after \(leg.positionName)", &findings)
      if kind == .rcpt && !leg.position.isInMessage { remarkTooEarly(kind, scene, &findings) }
    case .tooEarly:
      scene.remark(.outOfOrder, "\(kind.name) after \(leg.positionName)", &findings)
      remarkTooEarly(kind, scene, &findings)
    case .unfinishedMessage:
      scene.remark(
        .mailWithoutEnd, "message \(dialogue.messages.number) was not ended by a verdict or ABORT", &findings)
    }
    if leg.marks.contains(.dataRefused), kind == .rcpt || kind == .data {
      scene.remark(.afterRefusedData, "\(kind.name) after DATA was refused", &findings)
    }
  }

  private func remarkTooEarly(_ kind: CommandKind, _ scene: borrowing Scene, _ findings: inout [Finding]) {
    scene.remark(.tooEarly, "\(kind.name) needs commands that did not come", &findings)
  }

  /// The MTA went on while a reply was due.
  private mutating func remarkOnPending(
    _ kind: CommandKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard scene.way != .made, let awaited = dialogue.pending.awaited(on: scene.place) else { return }
    // Nobody waits for the reply to a command that was switched off: it is not due.
    if kind.stage != nil, scene.flags.declines(awaited.stage) { return }
    switch kind {
    case .abort, .quit, .quitNC:
      // What is held here is not the milter's to answer, and out of step nobody knows what is missing.
      if scene.way.comes, !awaited.isHere, !dialogue.isDesynchronised {
        let thought = (awaited.thought(until: scene.now) ?? scene.now - awaited.came).milliseconds
        findings.append(
          Finding(.noVerdict, packet: awaited.number, "\(awaited.named) was not answered in \(thought) ms"))
      }
      scene.remark(
        .closedWhilePending, "\(kind.name) while the reply to \(awaited.named) was due", &findings)
    case .optNeg, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .macro:
      guard !dialogue.isDesynchronised, notWaitedFor != awaited.number else { return }
      notWaitedFor = awaited.number
      scene.remark(.didNotWait, "\(kind.name) while the reply to \(awaited.named) was due", &findings)
    }
  }

  private mutating func remarkOnAbort(
    _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    let isHabit = dialogue.mta == .postfix || dialogue.mta?.has(.abortsOutsideMails) ?? false
    guard scene.way != .made, !scene.leg.hasMessage, !isHabit, !said.contains(.abortOutside) else { return }
    said.insert(.abortOutside)
    scene.remark(.abortOutside, "no message is open", &findings)
  }

  /// What later packets are judged by.
  private mutating func note(_ kind: CommandKind, _ scene: borrowing Scene, _ dialogue: Dialogue) {
    switch kind {
    case .connect:
      said.remove(.localClient)
      guard case .connect(let connect) = scene.shape, connect.port == 0, connect.family == UInt8(ascii: "4"),
        scene.packet.bytes[connect.hostname].elementsEqual("localhost".utf8)
      else { return }
      said.insert(.localClient)
    case .mail: beginMessage()
    case .rcpt:
      if !scene.leg.hasMessage { beginMessage() }
      guard said.contains(.localClient), case .rcpt(let address, _) = scene.shape else { return }
      if scene.packet.bytes[address].first == UInt8(ascii: "<") {
        said.remove(.bareRcpt)
      } else {
        said.insert(.bareRcpt)
      }
    case .quit, .quitNC: said.remove(.localClient)
    case .optNeg, .macro, .helo, .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort: return
    }
  }

  private mutating func beginMessage() {
    replyBody = ReplyBody()
    said.remove(.progressStorm)
  }
}
