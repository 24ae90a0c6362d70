/// Modifications, PROGRESS, and how long the milter took.
extension StageTracker {
  mutating func modification(_ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]) {
    if let action = kind.requiredAction, negotiated.answered != nil, !negotiated.actions.contains(action) {
      arrival.remark(.editNotNegotiated, "\(kind.name) needs \(action.names[0])", &findings)
    }
    guard queue.first?.stage == .bodyEOB else {
      if kind == .quarantine, queue.first != nil || position != .done {
        arrival.remark(.quarantineTooEarly, "QUARANTINE \(whereItStands)", &findings)
      } else if queue.first == nil, position == .done || position == .out {
        arrival.remark(.editAfterVerdict, "\(kind.name) after the verdict", &findings)
      } else {
        arrival.remark(.editTooEarly, "\(kind.name) \(whereItStands)", &findings)
      }
      return
    }
    kind == .replBody ? replaceBody(arrival, &findings) : interruptBody()
  }

  var whereItStands: String {
    queue.first.map { "at \($0.stage.name)" } ?? "after \(positionName)"
  }

  mutating func interruptBody() {
    if replyBody.hasBegun { replyBody.isInterrupted = true }
  }

  /// So many small pieces of a new body, and a remark is made.
  static let manyChunks = 100

  mutating func replaceBody(_ arrival: Arrival, _ findings: inout [Finding]) {
    let bytes = arrival.packet.payload.count
    if replyBody.isInterrupted {
      arrival.remark(.bodyInterleaved, "another modification came between parts of the body", &findings)
    }
    if bytes == 0 { arrival.remark(.bodyErased, "the new body is empty", &findings) }
    if bytes < 1024 { replyBody.smallChunks += 1 }
    if replyBody.smallChunks == Self.manyChunks, bytes < 1024 {
      arrival.remark(.manySmallChunks, "\(Self.manyChunks) parts of less than 1024 bytes", &findings)
    }
    replyBody.hasBegun = true
    replyBody.isInterrupted = false
  }

  mutating func progress(_ arrival: Arrival, _ findings: inout [Finding]) {
    if let head = queue.first {
      if head.stage == .bodyEOB {
        remarkOnSilence(head, arrival, &findings)
      } else if mta != .postfix || head.stage == .negotiation {
        arrival.remark(.progressTooEarly, "PROGRESS at \(head.stage.name)", &findings)
      }
    } else {
      arrival.remark(.progressTooEarly, "PROGRESS while no reply is due", &findings)
    }
    defer { lastProgress = arrival.now }
    if let lastProgress, arrival.now - lastProgress < .seconds(1), !marks.contains(.saidProgressStorm) {
      marks.insert(.saidProgressStorm)
      arrival.remark(.progressStorm, "less than a second after the last", &findings)
    }
  }

  func remarkOnTime(_ head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]) {
    let patience = Patience.of(mta, at: head.stage)
    // Each packet of the milter starts the wait anew, in Postfix at any stage and in Sendmail at end of message.
    let waited = arrival.now - (lastReply ?? head.since)
    guard waited > patience.reply / 2 else { return }
    if waited > patience.reply, head.stage == .bodyEOB {
      remarkOnSilence(head, arrival, &findings)
    } else {
      arrival.remark(
        .slowReply,
        "\(waited.milliseconds) ms, by default \(mta.patienceName) waits \(patience.reply.milliseconds) ms",
        &findings)
    }
  }

  func remarkOnSilence(_ head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]) {
    let patience = Patience.of(mta, at: head.stage)
    let waited = arrival.now - (lastReply ?? head.since)
    guard waited > patience.reply else { return }
    arrival.remark(
      .noKeepAlive,
      "\(waited.milliseconds) ms of silence, by default \(mta.patienceName) waits \(patience.reply.milliseconds) ms",
      &findings)
  }
}
