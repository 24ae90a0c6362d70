/// Commands: their order, the replies they call for, the messages they begin and end.
extension StageTracker {
  mutating func command(
    _ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    remarkOnOrder(of: kind, arrival, &findings)
    let macros = takeMacros(for: kind, arrival, &findings)
    if queue.first != nil { remarkOnPending(kind, arrival, &findings) }
    let stage = kind.stage
    var place = Place(stage: stage, message: 0, macros: macros)
    switch kind {
    case .optNeg: offer(arrival, &findings)
    case .connect: noteClient(arrival)
    case .helo: if position == .done || position == .out { message = 0 }
    case .mail: beginMessage()
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      if message == 0, negotiated.flags.contains(.noMail) { beginMessage() }
      if kind == .rcpt { noteRecipient(arrival) }
      place.message = message
    case .unknown: place.message = message
    case .abort: place.message = abort(arrival, &findings)
    case .quit, .quitNC: place.message = quit(kind, arrival, &findings)
    case .macro: break
    }
    if kind == .mail { place.message = message }
    position = Position.after(kind) ?? position
    lastCommand = kind
    libmilter.received(kind)
    if let stage { expectReply(to: stage, arrival) }
    return place
  }

  mutating func expectReply(to stage: Stage, _ arrival: Arrival) {
    let reply = PendingReply(stage: stage, number: arrival.number, message: message, since: arrival.now)
    if let flag = stage.noReplyFlag, negotiated.flags.contains(flag) {
      unanswered = reply
    } else {
      unanswered = nil
      if queue.first == nil { lastReply = nil }
      drift?.commanded(stage)
      if let early = drift?.takeEarly() {
        move(after: early, to: reply)
        settledLast = (stage, arrival.now)
      } else {
        queue.append(reply)
      }
    }
  }

  mutating func beginMessage() {
    messages += 1
    message = messages
    replyBody = ReplyBody()
    marks.subtract([.dataRefused, .saidProgressStorm])
  }

  mutating func remarkOnOrder(
    of kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    if position == .start {
      guard kind != .optNeg else { return }
      arrival.remark(.firstNotOptNeg, "\(kind.name) is the first packet of the MTA", &findings)
      position = .ready
      return
    }
    if kind == .optNeg {
      arrival.remark(.secondOptNeg, "OPTNEG was sent before", &findings)
      return
    }
    let flags = negotiated.flags
    if let flag = kind.stage?.noCommandFlag, flags.contains(flag) {
      arrival.remark(.unwantedCommand, "\(kind.name) although \(flag.names[0]) is negotiated", &findings)
    }
    switch position.order(of: kind, declined: flags) {
    case .legal: break
    case .illegal:
      arrival.remark(.outOfOrder, "\(kind.name) after \(positionName)", &findings)
      if kind == .rcpt && !position.isInMessage { remarkTooEarly(kind, arrival, &findings) }
    case .tooEarly:
      arrival.remark(.outOfOrder, "\(kind.name) after \(positionName)", &findings)
      remarkTooEarly(kind, arrival, &findings)
    case .unfinishedMessage:
      arrival.remark(.mailWithoutEnd, "message \(message) was not ended by a verdict or ABORT", &findings)
    }
    if marks.contains(.dataRefused), kind == .rcpt || kind == .data {
      arrival.remark(.afterRefusedData, "\(kind.name) after DATA was refused", &findings)
    }
    if kind == .quitNC { arrival.remark(.quitNC, "QUIT_NC", &findings) }
  }

  func remarkTooEarly(_ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]) {
    arrival.remark(.tooEarly, "\(kind.name) needs commands that did not come", &findings)
  }

  /// Where we stand, in words for a finding.
  var positionName: String {
    switch position {
    case .start: "nothing"
    case .negotiating: "OPTNEG that is not answered"
    case .ready: "OPTNEG"
    case .connect: "CONNECT"
    case .helo: "HELO or ABORT"
    case .mail: "MAIL"
    case .rcpt: "RCPT"
    case .data: "DATA"
    case .header: "HEADER"
    case .eoh: "EOH"
    case .body: "BODY"
    case .bodyEOB: "BODYEOB that is not answered"
    case .done: "the verdict on the message"
    case .out: "the verdict that ended filtering"
    case .closed: "QUIT"
    }
  }

  /// The MTA went on while a reply was due.
  mutating func remarkOnPending(
    _ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    guard let awaited = queue.firstAwaited else { return }
    switch kind {
    case .abort, .quit, .quitNC:
      arrival.remark(
        .closedWhilePending, "\(kind.name) while the reply to \(named(awaited)) was due", &findings)
      queue.abandonAll()
    case .optNeg, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .macro:
      guard !marks.contains(.desynchronised) else { return }
      arrival.remark(.didNotWait, "\(kind.name) while the reply to \(named(awaited)) was due", &findings)
    }
  }

  func named(_ reply: PendingReply) -> Sentence { "\(reply.stage.name) (packet \(packet: reply.number))" }

  mutating func abort(_ arrival: Arrival, _ findings: inout [Finding]) -> Int {
    defer {
      message = 0
      if position != .ready && position != .connect { position = .helo }
      marks.remove(.dataRefused)
      unanswered = nil
    }
    if message == 0, mta != .postfix, !marks.contains(.saidAbortOutside) {
      marks.insert(.saidAbortOutside)
      arrival.remark(.abortOutside, "no message is open", &findings)
    }
    return message
  }

  mutating func quit(_ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]) -> Int {
    defer {
      message = 0
      unanswered = nil
      marks.subtract([.settled, .dataRefused, .localClient])
    }
    if kind == .quit { marks.insert(.quit) }
    return 0
  }

  mutating func noteClient(_ arrival: Arrival) {
    marks.subtract(.localClient)
    guard case .connect(let connect) = arrival.shape else { return }
    let bytes = arrival.packet.bytes
    signs.note(client: connect.family, port: connect.port, address: bytes[connect.address])
    guard connect.port == 0, connect.family == UInt8(ascii: "4") else { return }
    if bytes[connect.hostname].elementsEqual("localhost".utf8) { marks.insert(.localClient) }
  }

  mutating func noteRecipient(_ arrival: Arrival) {
    guard marks.contains(.localClient), case .rcpt(let address, _) = arrival.shape else { return }
    if arrival.packet.bytes[address].first == UInt8(ascii: "<") {
      marks.remove(.bareRcpt)
    } else {
      marks.insert(.bareRcpt)
    }
  }
}
