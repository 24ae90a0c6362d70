import CommandLanguage
import MilterProtocol
import TraceModel

/// What an instruction does to a packet, and why it is refused where it cannot be done.
extension Steering {
  /// The operator asks something of this connection: of the packet `number`, or of the message in progress.
  ///
  /// - Parameter body: of the message, where it is known and the instruction is about a part of it.
  package mutating func instructed(
    _ instruction: Instruction, packet number: Int?, body: [UInt8]? = nil, _ cause: Cause, at now: Moment,
    _ controls: inout Controls, into effects: inout Effects
  ) {
    if let body { self.body.supply(body) }
    if let number, instruction != .forwardAll {
      for leg in Leg.allCases {
        guard let index = queues[leg].index(of: number) else { continue }
        carryOut(instruction, on: leg, index, cause, at: now, &controls, into: &effects)
        return run(at: now, &controls, into: &effects)
      }
    }
    let refusal = carryOutElsewhere(instruction, number, cause, at: now, controls, into: &effects)
    note(instruction, number, cause, refusal, at: now, into: &effects)
    if refusal == nil, instruction == .forwardAll { releaseAll(cause, at: now, into: &effects) }
    run(at: now, &controls, into: &effects)
  }

  /// For a packet that waits here; a refusal leaves everything as it was.
  mutating func carryOut(
    _ instruction: Instruction, on leg: Leg, _ index: Int, _ cause: Cause, at now: Moment,
    _ controls: inout Controls, into effects: inout Effects
  ) {
    let number = queues[leg].entries[index].number
    var refusal: Refusal?
    switch instruction {
    case .hold:
      return hold(leg, index, cause, at: now, controls, into: &effects)
    case .forward, .step:
      note(instruction, number, cause, nil, at: now, into: &effects)
      if case .step = instruction { isStepping = true }
      return release(leg, index, cause, at: now, into: &effects)
    case .answer(let answer):
      refusal = refusalToDeliver(number, answer) ?? settle(leg, index, with: answer, cause, controls)
    case .drop: refusal = discard(leg, index, cause)
    case .set(let assignment): refusal = assign(assignment, leg, index, cause)
    case .raw(let bytes): refusal = replace(leg, index, with: bytes, cause)
    case .delay(let span):
      queues[leg].entries[index].notBefore = now + span
      queues[leg].entries[index].cause = cause
    case .change(let change): refusal = keep(change, number, cause, at: now, into: &effects)
    case .forwardAll, .progress, .close, .mark, .unmark, .note:
      refusal = carryOutElsewhere(instruction, number, cause, at: now, controls, into: &effects)
    }
    note(instruction, number, cause, refusal, at: now, into: &effects)
    if instruction == .forwardAll { return releaseAll(cause, at: now, into: &effects) }
    guard refusal == nil, instruction.isLast, cause == .operator || cause == .timeout else { return }
    // The operator's answer, drop or delay lets the packet go as well; edits wait for a forward.
    let notBefore = queues[leg].entries[index].notBefore
    release(leg, index, cause, at: now, into: &effects)
    if case .delay = instruction { queues[leg].entries[index].notBefore = notBefore }
  }

  /// For packets that have passed, and for the connection.
  private mutating func carryOutElsewhere(
    _ instruction: Instruction, _ number: Int?, _ cause: Cause, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) -> Refusal? {
    switch instruction {
    case .mark, .unmark:
      guard let number else { return Refusal("no packet is chosen") }
      record(.marked(packet: number, on: instruction == .mark), at: now, into: &effects)
    case .note(let text):
      record(.noted(text: Sentence(others: text), packet: number), at: now, into: &effects)
    case .change(let change): return keep(change, number, cause, at: now, into: &effects)
    case .close(let leg): close(leg)
    case .step: isStepping = true
    case .forwardAll: break
    case .progress: return progress(cause, at: now, controls, into: &effects)
    case .answer(let answer):
      return refusalToDeliver(number, answer)
        ?? answerUnheld(number, answer, cause, at: now, controls, into: &effects)
    case .hold, .forward, .drop, .set, .raw, .delay:
      guard let number else { return Refusal("no packet is chosen") }
      return Refusal("packet \(packet: number) has left already: only held packets can be changed")
    }
    return nil
  }

  private mutating func note(
    _ instruction: Instruction, _ number: Int?, _ cause: Cause, _ refusal: Refusal?, at now: Moment,
    into effects: inout Effects
  ) {
    switch instruction {
    case .change(.quarantine): unquarantined = refusal == nil ? nil : number
    case .answer: unquarantined = nil
    case .mark, .unmark, .note: if refusal == nil { return }
    case .hold, .forward, .forwardAll, .step, .drop, .progress, .change, .set, .raw, .delay, .close:
      break
    }
    record(
      .instructed(
        Instructed(instruction, cause: cause, packet: number, refusal: refusal?.sentence)),
      at: now, into: &effects)
  }

  /// Who said `quarantine; accept` and got no quarantine did not mean to deliver the mail.
  private func refusalToDeliver(_ number: Int?, _ answer: Answer) -> Refusal? {
    guard let number, number == unquarantined, answer == .accept || answer == .continue else { return nil }
    return Refusal(
      "the mail would be delivered, as its quarantine was refused")
  }

  // MARK: - Holding

  mutating func hold(
    _ leg: Leg, _ index: Int, _ cause: Cause, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    guard queues[leg].entries[index].hold == nil, !controls.isUnattendedForGood else { return }
    queues[leg].entries[index].hold = LegQueue.Hold(cause: cause, since: now)
    let number = queues[leg].entries[index].number
    let held = Held(number: number, cause: cause, deadline: deadline(of: leg, at: now, controls))
    record(.held(held), at: now, into: &effects)
  }

  mutating func release(
    _ leg: Leg, _ index: Int, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    queues[leg].entries[index].notBefore = nil
    guard queues[leg].entries[index].hold != nil else { return }
    queues[leg].entries[index].hold = nil
    queues[leg].entries[index].wasReleased = true
    if queues[leg].entries[index].cause == nil { queues[leg].entries[index].cause = cause }
    guard case .forward = queues[leg].entries[index].fate else { return }
    let number = queues[leg].entries[index].number
    record(.released(Released(number: number, outcome: .forwarded, cause: cause)), at: now, into: &effects)
  }

  mutating func releaseAll(_ cause: Cause, at now: Moment, into effects: inout Effects) {
    isStepping = false
    for leg in Leg.allCases {
      for index in queues[leg].entries.indices { release(leg, index, cause, at: now, into: &effects) }
    }
  }

  // MARK: - Packets

  private mutating func settle(
    _ leg: Leg, _ index: Int, with answer: Answer, _ cause: Cause, _ controls: Controls
  ) -> Refusal? {
    let entry = queues[leg].entries[index]
    switch entry.original.kind {
    case .command(let kind):
      if let refusal = refusal(toAnswer: kind, entry.number, with: answer, controls) { return refusal }
      queues[leg].entries[index].fate = .answer(answer)
    case .reply(let kind):
      if let refusal = refusal(toReplace: kind, at: index, with: answer, controls) { return refusal }
      let isSkipped = answer == .skip && !facts.negotiation.mtaFlags.contains(.skip)
      if isSkipped { milter.skipsBody = true }
      queues[leg].entries[index].current = Packet(
        encoding: isSkipped ? Reply.verdict(.continue) : answer.reply)
    case .unknown, .empty: return Refusal("\(entry.original.kind.name) is neither command nor verdict")
    }
    queues[leg].entries[index].cause = cause
    return nil
  }

  private mutating func discard(_ leg: Leg, _ index: Int, _ cause: Cause) -> Refusal? {
    let entry = queues[leg].entries[index]
    switch entry.original.kind {
    case .command(.optNeg): return Refusal("without OPTNEG neither side speaks another word")
    case .reply(let kind) where kind.role == .verdict || kind.role == .negotiation:
      if let refusal = refusal(toDropVerdictAt: index) { return refusal }
    case .command, .reply, .unknown, .empty: break
    }
    queues[leg].entries[index].fate = .drop
    queues[leg].entries[index].cause = cause
    return nil
  }

  /// `macro["…"]` of a held command goes to the macro set that travels with it.
  private mutating func assign(
    _ assignment: Assignment, _ leg: Leg, _ index: Int, _ cause: Cause
  ) -> Refusal? {
    var index = index
    if assignment.field.isOfMacros, !queues[leg].entries[index].isMacro {
      guard let macros = queues[leg].entries[..<index].lastIndex(where: \.isMacro) else {
        return Refusal("no macros travel with this packet")
      }
      index = macros
    }
    do throws(Refusal) {
      let entry = queues[leg].entries[index]
      let value = try assignment.applied(to: PacketValue(decoding: entry.current))
      queues[leg].entries[index].current = Packet(encoding: value, from: entry.original.sender)
      queues[leg].entries[index].cause = cause
      return nil
    } catch {
      return error
    }
  }

  private mutating func replace(_ leg: Leg, _ index: Int, with bytes: [UInt8], _ cause: Cause) -> Refusal? {
    guard bytes.count >= Limits.lengthBytes else {
      return Refusal("a frame has at least the 4 bytes of its length, not \(bytes.count)")
    }
    queues[leg].entries[index].current = Packet(
      frame: bytes, from: queues[leg].entries[index].original.sender)
    queues[leg].entries[index].cause = cause
    return nil
  }

  // MARK: - What the milter still thinks about

  /// An answer to a command that the milter is still thinking about; its own reply will be absorbed.
  private mutating func answerUnheld(
    _ number: Int?, _ answer: Answer, _ cause: Cause, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) -> Refusal? {
    guard let number, let owed = conversation.owed.first(where: { $0.number == number }) else {
      if let asked = conversation.asked.first(where: { $0.number == number }), asked.isAnsweredEarly {
        return .answeredEarly(asked.stage.name)
      }
      return Refusal("the MTA waits for no answer to this packet")
    }
    guard conversation.owed.first == owed else {
      return Refusal("the MTA waits for the answer to packet \(packet: conversation.owed[0].number) first")
    }
    if let refusal = refusal(of: answer, at: owed.stage, controls) { return refusal }
    settle(number, with: answer.reply, cause, at: now, into: &effects)
    follow(Divergence.answeredMeanwhile(owed.stage), at: now, into: &effects)
    return nil
  }

  private mutating func progress(
    _ cause: Cause, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) -> Refusal? {
    guard let owed = conversation.owed.first else { return Refusal("the MTA waits for nothing") }
    let profile = profile(controls)
    guard profile.takesProgress(at: owed.stage) else {
      return Refusal("\(profile.name) takes PROGRESS only after end of message: here it is a bogus response")
    }
    sendProgress(cause, at: now, into: &effects)
    return nil
  }
}

extension Instruction {
  /// Whether the operator who says this is done with the packet.
  fileprivate var isLast: Bool {
    switch self {
    case .answer, .drop, .delay: true
    case .hold, .forward, .forwardAll, .step, .progress, .change, .set, .raw, .close, .mark, .unmark, .note:
      false
    }
  }
}
