import MilterProtocol

/// Packets as they come in.
extension SessionFacts {
  /// - Parameters:
  ///   - forwarded: whether it passed to the other leg as it came, at this moment.
  ///   - payloadBytes: of the packet as it came, where `packet` stands in for it without its content.
  @discardableResult
  package mutating func received(
    _ packet: Packet, number: Int, at time: Moment, forwarded: Bool, payloadBytes: Int? = nil
  ) -> Placement {
    switch packet.kind {
    case .command(.macro): return announced(packet, number: number)
    case .command(let kind):
      return commanded(
        kind, packet, payloadBytes: payloadBytes ?? packet.payloadBytes, number: number, at: time,
        forwarded: forwarded)
    case .reply(let kind): return replied(kind, packet, number: number, at: time, forwarded: forwarded)
    case .unknown, .empty:
      var placement = Placement()
      if packet.sender == .mta { macrosAhead.removeAll() }
      placement.message = openMessage
      return placement
    }
  }

  /// Number of the message in progress; 0 for none.
  private var openMessage: Int {
    guard let message, message.phase == .open else { return 0 }
    return message.number
  }

  private mutating func announced(_ packet: Packet, number: Int) -> Placement {
    var placement = Placement()
    let letter = packet.payload.isEmpty ? 0 : packet.bytes[packet.payload.lowerBound]
    placement.stage = Stage(rawValue: letter)
    if let kind = CommandKind(rawValue: letter), placement.stage != nil {
      placement.message = enter(kind, number: number, byMacros: true)
    }
    if macrosAhead.count < FactLimits.pending {
      macrosAhead.append(MacrosAhead(packet: number, letter: letter))
    }
    macros.announced(packet, number: number)
    signs.note(macros: packet, isRequested: negotiation.requestsMacros(at: .connect))
    if placement.message != 0 { noteQueueID(packet, number: number) }
    return placement
  }

  private mutating func noteQueueID(_ packet: Packet, number: Int) {
    guard message?.queueID == nil, let id = macros.value("i".utf8), id.packet == number else { return }
    message?.queueID = id.value
    message?.queueIDPacket = number
  }

  private mutating func commanded(
    _ kind: CommandKind, _ packet: Packet, payloadBytes: Int, number: Int, at time: Moment, forwarded: Bool
  ) -> Placement {
    var placement = Placement()
    placement.stage = kind.stage
    placement.message = enter(kind, number: number, byMacros: false)
    placement.macros = macrosAhead.compactMap { $0.letter == kind.rawValue ? $0.packet : nil }
    macrosAhead.removeAll(keepingCapacity: true)
    if placement.message != 0 { message?.commanded(kind, packet, payloadBytes: payloadBytes, number: number) }
    if kind == .rcpt, isRefusedByMTA(placement) {
      message?.refuseLatestRecipient(
        forGood: macros.value("rcpt_host".utf8)?.value.bytes.first != UInt8(ascii: "4"))
    }
    note(kind, packet, forwarded: forwarded)
    macros.commanded(kind)
    if let stage = kind.stage {
      self.stage = stage
      let early = exchange.commanded(
        Exchange.Pending(
          command: number, stage: stage, message: placement.message,
          asked: forwarded && milterAnswers(stage) ? .at(time) : .no, owed: mtaWaits(stage)), at: time)
      if var early {
        early.stage = stage
        placement.answeredBefore = early.packet
        settle(early, command: number, message: placement.message)
      }
    }
    return placement
  }

  /// With RCPT_REJ, both MTAs name the mailer `error` for recipients that they refuse (protocol.md 3.6).
  private func isRefusedByMTA(_ placement: Placement) -> Bool {
    guard negotiation.mtaFlags.contains(.rejectedRcpt), let mailer = macros.value("rcpt_mailer".utf8) else {
      return false
    }
    return placement.macros.contains(mailer.packet) && mailer.value.bytes == Array("error".utf8)
  }

  /// Facts of the session that a command brings.
  mutating func note(_ kind: CommandKind, _ packet: Packet, forwarded: Bool) {
    switch kind {
    case .optNeg:
      negotiation.offered = OptNeg(reading: packet)
      if forwarded { negotiation.shown = negotiation.offered }
    case .connect:
      client = ClientFacts(reading: packet)
      if let client {
        signs.note(client: client.family, port: client.port ?? 0, address: client.address?.slice ?? [])
      }
      helo = nil
    case .helo:
      var strings = WireStrings(packet)
      helo = strings.next().map { Head($0) }
    case .quit, .quitNC: if message?.phase == .open { message?.phase = .lost }
    case .macro, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort: break
    }
  }

  func milterAnswers(_ stage: Stage) -> Bool {
    guard let flag = stage.noReplyFlag else { return true }
    return !negotiation.milterFlags.contains(flag)
  }

  func mtaWaits(_ stage: Stage) -> Bool {
    guard let flag = stage.noReplyFlag else { return true }
    return !negotiation.mtaFlags.contains(flag)
  }
}

/// Where messages begin and end (protocol.md 6.1).
extension SessionFacts {
  /// The message that a command, or macros for it, belongs to: the one in progress or a new one; 0 for none.
  private mutating func enter(_ kind: CommandKind, number: Int, byMacros: Bool) -> Int {
    switch kind {
    case .mail:
      // Macros for MAIL begin the message, so that it is there even where the milter declined MAIL itself.
      if let message, message.phase == .open, message.isUntouched { return message.number }
      return begin(number)
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      // What was on its way when the milter went still belongs to the mail that was lost with it.
      guard let message, message.phase != .aborted, message.phase != .lost || hasLostMilter,
        message.decision?.stage != .bodyEOB
      else { return begin(number) }
      return message.number
    case .unknown: return openMessage
    case .abort:
      guard let message, message.phase != .aborted, message.phase != .lost else { return 0 }
      return message.number
    case .optNeg, .macro, .connect, .helo, .quit, .quitNC: return 0
    }
  }

  private var hasLostMilter: Bool { closed.contains { $0.leg == .milter } }

  private mutating func begin(_ packet: Int) -> Int {
    messageCount += 1
    message = MessageFacts(number: messageCount, firstPacket: packet)
    return messageCount
  }
}

extension MessageFacts {
  /// Nothing but macros so far.
  var isUntouched: Bool { sender == nil && recipientCount == 0 && headerCount == 0 && bodyChunks == 0 }
}
