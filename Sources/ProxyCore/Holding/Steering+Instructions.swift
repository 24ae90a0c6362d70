import CommandLanguage
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// What an instruction does to a packet, and why it is refused where it cannot be done.
extension Steering {
  /// The operator asks something of this connection: of the packet `number`, or of the message in progress.
  ///
  /// - Parameter body: of the message, where it is known and the instruction is about a part of it.
  package mutating func instructed(
    _ instruction: Instruction, packet number: Int?, body: [UInt8]? = nil, _ cause: Cause, _ turn: inout Turn
  ) {
    if let body { modifications.supply(body) }
    if let number, instruction != .forwardAll {
      if let (leg, index) = queues.place(of: number) {
        let asked = Asked(instruction, in: context(of: queues[leg].entries[index], turn), &turn.effort)
        carryOut(asked, on: leg, index, cause, &turn)
        return run(&turn)
      }
    }
    let asked = Asked(instruction, in: context(ofPassed: number, turn), &turn.effort)
    let refusal = carryOutElsewhere(asked, number, cause, &turn)
    note(instruction, number, cause, refusal, &turn)
    if refusal == nil, instruction == .forwardAll { releaseAll(cause, &turn) }
    run(&turn)
  }

  /// What the values of an instruction for a packet that waits are: with all that is known by now.
  func context(of entry: LegQueue.Entry, _ turn: borrowing Turn) -> FactsContext {
    var context = FactsContext(
      entry.original, number: entry.number, at: turn.now, connection: connection, placement: entry.placement,
      facts: facts, findings: entry.findings, startedAt: turn.startedAt, utcOffset: turn.utcOffset)
    context.content = content(at: entry.placement)
    return context
  }

  /// The packet itself is gone. Where the MTA still waits for an answer to it, what is said is about the same as that answer.
  private func context(ofPassed number: Int?, _ turn: borrowing Turn) -> FactsContext {
    let command = number.flatMap { pending.command($0) }
    let placement = Placement(
      stage: command?.stage, message: command?.message ?? facts.message?.number ?? 0)
    return FactsContext(
      ofGone: command == nil ? .empty : .reply(.replyCode), number: number ?? 0, at: turn.now,
      connection: connection, placement: placement, facts: facts, startedAt: turn.startedAt)
  }

  /// For a packet that waits here; a refusal leaves everything as it was.
  mutating func carryOut(
    _ asked: Asked, on leg: Leg, _ index: Int, _ cause: Cause, _ turn: inout Turn
  ) {
    let number = queues[leg].entries[index].number
    let instruction: Instruction
    switch asked.meaning {
    case .success(let meant): instruction = meant
    case .failure(let why): return note(asked.written, number, cause, why, &turn)
    }
    var refusal: Refusal?
    var before = queues[leg].entries[index].asItStands
    switch instruction {
    case .hold:
      return hold(leg, index, cause, &turn)
    case .ask(let adviser): return ask(adviser, leg, index, cause, &turn)
    case .revert(let reverted):
      return revert(reverted, leg, index, cause, &turn)
    case .forward, .step:
      note(instruction, number, cause, nil, &turn)
      if case .step = instruction { queues.isStepping = true }
      return release(leg, index, cause, &turn)
    case .answer(let answer):
      refusal = modifications.refusal(toDeliver: number, answer) ?? settle(leg, index, with: answer, cause)
    case .drop: refusal = discard(leg, index, cause)
    case .set(let assignment):
      refusal = assign(assignment, leg, index, cause, &before)
    case .raw(let bytes): refusal = replace(leg, index, with: bytes, cause)
    case .fault(let fault):
      refusal = plan(fault, leg, index, cause, &turn)
    case .delay(let span):
      queues[leg].entries[index].notBefore = turn.now + span
      queues[leg].entries[index].cause = cause
    case .change(let change):
      before = .noModification
      refusal = keep(change, asked, number, cause, &turn)
    case .forwardAll, .progress, .close, .mark, .unmark, .note:
      refusal = carryOutElsewhere(asked, number, cause, &turn)
    }
    if refusal == nil, instruction.isChange { queues[leg].entries[index].changes.append(before) }
    note(asked.written, number, cause, refusal, &turn)
    if instruction == .forwardAll { return releaseAll(cause, &turn) }
    guard refusal == nil, instruction.isLast, cause == .operator || cause == .timeout else { return }
    // The operator's answer, drop or delay lets the packet go as well; edits wait for a forward.
    let notBefore = queues[leg].entries[index].notBefore
    release(leg, index, cause, &turn)
    if case .delay = instruction { queues[leg].entries[index].notBefore = notBefore }
  }

  /// For packets that have passed, and for the connection.
  mutating func carryOutElsewhere(
    _ asked: Asked, _ number: Int?, _ cause: Cause, _ turn: inout Turn
  ) -> Refusal? {
    let instruction: Instruction
    switch asked.meaning {
    case .success(let meant): instruction = meant
    case .failure(let why): return why
    }
    switch instruction {
    case .mark, .unmark:
      guard let number else { return Refusal("no packet is chosen") }
      record(.marked(packet: number, on: instruction == .mark), &turn)
    case .note(let text): record(.noted(text: Sentence(others: text), packet: number), &turn)
    case .change(let change): return keep(change, asked, number, cause, &turn)
    case .close(let leg): close(leg, because: "an instruction closed it")
    case .step: queues.isStepping = true
    case .forwardAll: break
    case .progress: return progress(cause, &turn)
    case .answer(let answer):
      return modifications.refusal(toDeliver: number, answer)
        ?? answerUnheld(number, answer, cause, &turn)
    case .fault(let fault): return carryOut(fault, ofPassed: number, cause, &turn)
    case .hold, .ask, .forward, .drop, .set, .raw, .revert, .delay:
      guard let number else { return Refusal("no packet is chosen") }
      return .hasLeft(number)
    }
    return nil
  }

  mutating func note(
    _ instruction: Instruction, _ number: Int?, _ cause: Cause, _ refusal: Refusal?, _ turn: inout Turn
  ) {
    modifications.note(instruction, number, isRefused: refusal != nil)
    switch instruction {
    case .mark, .unmark, .note: if refusal == nil { return }
    case .answer, .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .change, .set, .raw, .revert,
      .delay, .fault,
      .close:
      break
    }
    record(
      .instructed(
        Instructed(instruction, cause: cause, packet: number, refusal: refusal?.sentence)),
      &turn)
  }

  // MARK: - Holding

  mutating func hold(_ leg: Leg, _ index: Int, _ cause: Cause, _ turn: inout Turn) {
    guard !turn.settings.holdsNothing else { return decideUnattended(leg, index, &turn) }
    guard queues.hold(leg, index, cause, at: turn.now) else { return }
    adopt(turn.settings.patience)
    let number = queues[leg].entries[index].number
    record(.held(held(number, leg, cause, turn.settings)), &turn)
  }

  /// What was to wait for somebody comes to its turn when nobody is there any more; what a rule has decided stays so.
  private mutating func decideUnattended(_ leg: Leg, _ index: Int, _ turn: inout Turn) {
    guard case .answer(let answer) = turn.settings.unattendedAct, !queues[leg].entries[index].isMacro,
      case .forward = queues[leg].entries[index].fate
    else { return }
    carryOut(Asked(.answer(answer)), on: leg, index, .policy("nobody watches any more"), &turn)
  }

  mutating func release(_ leg: Leg, _ index: Int, _ cause: Cause, _ turn: inout Turn) {
    if let released = queues.release(leg, index, cause) { record(.released(released), &turn) }
  }

  mutating func releaseAll(_ cause: Cause, questions: Bool = true, _ turn: inout Turn) {
    for released in queues.releaseAll(cause, questions: questions) { record(.released(released), &turn) }
  }

  // MARK: - Packets

  private mutating func settle(
    _ leg: Leg, _ index: Int, with answer: Answer, _ cause: Cause
  ) -> Refusal? {
    let entry = queues[leg].entries[index]
    switch entry.original.kind {
    case .command(let kind):
      if kind == .macro, let refusal = refusal(toAnswerMacros: entry.original) { return refusal }
      if let refusal = refusal(toAnswer: kind, entry.number, with: answer) { return refusal }
      queues[leg].entries[index].fate = .answer(answer)
    case .reply(let kind):
      if let refusal = refusal(toReplace: kind, at: index, with: answer) { return refusal }
      let isSkipped = answer == .skip && !dialogue.negotiation.mtaFlags.contains(.skip)
      queues[leg].entries[index].skipsBody = isSkipped
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
    case .command(.optNeg): return Refusal("without OPTNEG the session cannot begin")
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
    _ assignment: Assignment, _ leg: Leg, _ index: Int, _ cause: Cause, _ before: inout LegQueue.Before
  ) -> Refusal? {
    var index = index
    if assignment.field.isOfMacros, !queues[leg].entries[index].isMacro {
      guard let macros = queues[leg].entries[..<index].lastIndex(where: \.isMacro) else {
        return Refusal("no macros travel with this packet")
      }
      index = macros
      let entry = queues[leg].entries[macros]
      before = .macros(entry.number, entry.current, entry.cause)
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
    if isMilter, case .command = queues[leg].entries[index].original.kind {
      queues[leg].entries[index].fate = .answerRaw(Packet(frame: bytes, from: .milter))
    } else {
      queues[leg].entries[index].current = Packet(
        frame: bytes, from: queues[leg].entries[index].original.sender)
    }
    queues[leg].entries[index].cause = cause
    return nil
  }

  // MARK: - What the milter still thinks about

  /// An answer to a command that the milter is still thinking about; its own reply will be absorbed.
  private mutating func answerUnheld(
    _ number: Int?, _ answer: Answer, _ cause: Cause, _ turn: inout Turn
  ) -> Refusal? {
    guard let number, let command = pending.command(number), command.isOwed else {
      if let number, let command = pending.command(number), command.mta == .toldByAnother {
        return .answeredEarly(command.stage.name)
      }
      return Refusal("the MTA waits for no answer to this packet")
    }
    if let first = pending.owed, first.number != number {
      return Refusal("the MTA waits for the answer to packet \(packet: first.number) first")
    }
    if let refusal = refusal(of: answer, at: command.stage) { return refusal }
    settle(number, with: told(answer, at: command.stage), cause, &turn)
    follow(Divergence.answeredMeanwhile(command.stage), &turn)
    return nil
  }

  private mutating func progress(
    _ cause: Cause, _ turn: inout Turn
  ) -> Refusal? {
    guard let owed = pending.owed else { return Refusal("the MTA waits for nothing") }
    guard dialogue.patience.takesProgress(at: owed.stage) else {
      return Refusal(
        "\(dialogue.mta?.name ?? "this MTA") takes PROGRESS only after end of message: here it is a bogus response"
      )
    }
    sendProgress(cause, &turn)
    return nil
  }
}

extension Instruction {
  /// Whether the operator who says this is done with the packet.
  fileprivate var isLast: Bool {
    switch self {
    case .answer, .drop, .delay: true
    case .hold, .ask, .forward, .forwardAll, .step, .progress, .change, .set, .raw, .fault, .revert, .close,
      .mark,
      .unmark, .note:
      false
    }
  }
}
