/// Verdicts: what they answer, and where they leave the MTA.
extension StageTracker {
  mutating func reply(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    if kind == .optNeg { return answer(arrival, &findings) }
    if position == .start || queue.first?.stage == .negotiation, negotiated.answered == nil {
      arrival.remark(.firstNotOptNeg, "\(kind.name) instead of an answer to OPTNEG", &findings)
    }
    switch kind.role {
    case .negotiation, .verdict: return verdict(kind, arrival, &findings)
    case .keepAlive: progress(arrival, &findings)
    case .modification: modification(kind, arrival, &findings)
    case .misplaced: arrival.remark(.notForMilters, "no MTA takes \(kind.name)", &findings)
    }
    defer { lastReply = arrival.now }
    return about(queue.first ?? unanswered, arrival)
  }

  func about(_ reply: PendingReply?, _ arrival: Arrival) -> Place {
    guard let reply else { return Place(stage: nil, message: message) }
    return Place(
      stage: reply.stage, message: reply.message, answers: reply.number, took: arrival.now - reply.since)
  }

  mutating func verdict(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    let meant = drift == nil ? queue.first?.stage : drift?.answered()
    guard let meant else { return surplus(kind, arrival, &findings) }
    libmilter.replied(kind, to: meant)
    return reaches(kind, arrival, &findings)
  }

  /// The MTA gets a verdict: for the command that it waits about, or before it asks.
  mutating func reaches(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    guard let head = queue.first else {
      if !marks.isDisjoint(with: [.quit, .mtaClosed]) {
        arrival.remark(.replyUnheard, "\(kind.name) after the MTA had left", &findings)
      } else {
        drift?.cameEarly(kind)
      }
      return Place(stage: nil, message: message)
    }
    remark(on: kind, to: head, arrival, &findings)
    if !head.isAbandoned { move(after: kind, to: head) }
    settledLast = (head.stage, arrival.now)
    return settle(arrival, &findings)
  }

  /// Takes the head of the queue: it has its answer.
  mutating func settle(_ arrival: Arrival, _ findings: inout [Finding]) -> Place {
    guard let head = queue.removeFirst() else { return Place(stage: nil, message: message) }
    if head.isAbandoned {
      if marks.isDisjoint(with: [.quit, .mtaClosed]) {
        arrival.remark(.replyTooLate, "the MTA had given up waiting for \(named(head))", &findings)
      } else {
        arrival.remark(.replyUnheard, "the MTA had left without the reply to \(named(head))", &findings)
      }
    } else {
      remarkOnTime(head, arrival, &findings)
    }
    lastReply = nil
    return about(head, arrival)
  }

  /// A verdict that the milter was not asked for.
  mutating func surplus(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    guard position != .start else { return Place(stage: nil, message: 0) }
    if !marks.isDisjoint(with: [.quit, .mtaClosed]) {
      arrival.remark(.replyUnheard, "\(kind.name) after the MTA had left", &findings)
      return Place(stage: nil, message: 0)
    }
    if drift == nil, isLostAtEnd(arrival) {
      arrival.remark(
        .secondVerdict, "\(kind.name) together with the verdict on the message: Postfix discards it",
        &findings)
      return Place(stage: nil, message: message)
    }
    marks.insert(.desynchronised)
    if drift == nil { drift = Drift() }
    if let unanswered {
      arrival.remark(
        .replyNotWanted, "\(kind.name) to \(named(unanswered)), negotiated to go without reply", &findings)
    } else {
      arrival.remark(
        .secondVerdict, "\(kind.name), but no command awaits a reply", &findings)
    }
    return reaches(kind, arrival, &findings)
  }

  /// Postfix's cleanup process reads the answers to the end of message and drops what it read with them
  /// (protocol.md 4.7; seen with Postfix 3.7).
  func isLostAtEnd(_ arrival: Arrival) -> Bool {
    guard mta == .postfix, queue.first == nil, let settledLast else { return false }
    return settledLast.stage == .bodyEOB && settledLast.at == arrival.now && lastCommand == .bodyEOB
  }

  mutating func remark(
    on kind: ReplyKind, to head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    switch kind {
    case .continue, .optNeg: return
    case .skip:
      if !negotiated.flags.contains(.skip), negotiated.answered != nil {
        arrival.remark(.skipNotNegotiated, "SKIP is not among the flags answered", &findings)
      }
      if head.stage != .body { arrival.remark(.skipElsewhere, "SKIP at \(head.stage.name)", &findings) }
    case .shutdown: arrival.remark(.notForMilters, "Sendmail does not take SHUTDOWN", &findings)
    case .accept, .discard: remarkOnEnd(kind, head, arrival, &findings)
    case .reject, .tempfail, .replyCode:
      if head.stage == .rcpt, marks.isSuperset(of: [.localClient, .bareRcpt]) {
        arrival.remark(.refusedLocal, "\(kind.name) for a recipient of local mail", &findings)
      }
    case .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt,
      .chgFrom, .replBody, .quarantine, .setSymList:
      return
    }
  }

  mutating func remarkOnEnd(
    _ kind: ReplyKind, _ head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    switch head.stage {
    case .unknown: arrival.remark(.acceptAtUnknown, "\(kind.name) at UNKNOWN", &findings)
    case .connect, .helo:
      if kind == .discard { arrival.remark(.discardTooEarly, "DISCARD at \(head.stage.name)", &findings) }
    case .rcpt:
      if marks.contains(.refusedRcpt) {
        arrival.remark(.acceptOfRefused, "\(kind.name): {rcpt_mailer} is error", &findings)
      }
    case .negotiation, .mail, .data, .header, .eoh, .body, .bodyEOB: break
    }
  }

  /// Where a verdict leaves the MTA, unless it has gone on since.
  mutating func move(after verdict: ReplyKind, to head: PendingReply) {
    switch head.stage {
    case .negotiation, .unknown: return
    case .bodyEOB:
      if head.message == message { message = 0 }
      if position == .bodyEOB { position = .done }
      return
    case .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body: break
    }
    guard lastCommand?.stage == head.stage else { return }
    switch verdict {
    case .accept, .discard:
      if head.stage == .connect || head.stage == .helo {
        if verdict == .accept { settleConnection() }
      } else {
        position = .out
      }
    case .reject, .tempfail, .replyCode, .shutdown:
      switch head.stage {
      case .connect, .helo: settleConnection()
      case .rcpt: break
      case .data:
        position = .rcpt
        marks.insert(.dataRefused)
      case .mail, .header, .eoh, .body: position = .done
      case .negotiation, .bodyEOB, .unknown: break
      }
    case .continue, .skip, .optNeg, .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      break
    }
  }

  mutating func settleConnection() {
    marks.insert(.settled)
    position = .out
  }
}
