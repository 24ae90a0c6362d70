import MilterProtocol
import TraceModel

/// What comes to its turn, and where it goes.
extension Steering {
  /// Where a command goes.
  enum Route {
    case forward
    /// The milter does not get it; the MTA is told CONTINUE, or what a stand-in says, where it waits.
    case standIn(String)
  }

  // MARK: - Arrival

  func mtaWaits(at stage: Stage) -> Bool {
    guard let flag = stage.noReplyFlag else { return true }
    return !facts.negotiation.mtaFlags.contains(flag)
  }

  private func milterAnswers(at stage: Stage) -> Bool {
    guard let flag = stage.noReplyFlag else { return true }
    return !facts.negotiation.milterFlags.contains(flag)
  }

  mutating func noteArrival(of packet: Packet, _ number: Int, at now: Moment) {
    guard case .command(let kind) = packet.kind, let stage = kind.stage, mtaWaits(at: stage) else { return }
    conversation.arrived(number, stage, at: now)
  }

  /// Whether nothing here can have a say about the packet: then it costs one record and no copy.
  func passesStraight(_ packet: Packet, _ controls: Controls) -> Bool {
    let kind = packet.kind
    guard queues[packet.sender].isEmpty, !isStepping, !controls.rules.mayMatch(kind, from: packet.sender)
    else { return false }
    switch kind {
    case .command(.optNeg): return standIn == nil && controls.offer == nil
    case .command(.macro):
      // Macros travel with their command, which may be held.
      guard !controls.isAttended, !controls.rules.mayHoldCommands else { return false }
      if case .forward = route(packet) { return true }
      return false
    case .command(let command):
      guard case .forward = route(packet) else { return false }
      // A promise of no reply that the MTA does not know of has to be kept for the milter.
      if let stage = command.stage, mtaWaits(at: stage), !milterAnswers(at: stage) { return false }
      return true
    case .reply(.optNeg): return controls.negotiation == .transparent
    case .reply:
      guard changes.isEmpty, let asked = conversation.asked.first else { return conversation.asked.isEmpty }
      return asked.told == nil
    case .unknown, .empty: return standIn == nil
    }
  }

  mutating func noteStraight(_ packet: Packet, _ number: Int, at now: Moment) {
    switch packet.kind {
    case .command(let kind): noteForwarded(kind, number, at: now)
    case .reply(let kind): noteReply(kind)
    case .unknown, .empty: break
    }
  }

  private mutating func noteReply(_ kind: ReplyKind) {
    switch kind.role {
    case .verdict, .negotiation:
      guard let asked = conversation.replied() else { return }
      conversation.settled(asked.number, kind)
      noteMilterVerdict(kind, at: asked.stage)
    case .modification: if kind == .replBody { milter.replacedBody = true }
    case .keepAlive, .misplaced: break
    }
  }

  private mutating func noteMilterVerdict(_ kind: ReplyKind, at stage: Stage) {
    if Divergence.endsMessage(kind, at: stage) { milter.isInMessage = false }
  }

  private mutating func noteForwarded(_ kind: CommandKind, _ number: Int, at now: Moment) {
    lastToMilter = now
    if let stage = kind.stage, milterAnswers(at: stage) { conversation.forwarded(number, stage) }
    switch kind {
    case .mail:
      milter.isInMessage = true
      milter.sawRcpt = false
      milter.replacedBody = false
    case .rcpt: milter.sawRcpt = true
    case .abort, .quit, .quitNC: milter.isInMessage = false
    case .optNeg, .macro, .connect, .helo, .data, .header, .eoh, .body, .bodyEOB, .unknown: break
    }
  }

  /// What rules say about a packet that just arrived, with the facts as they are after it.
  func examine(
    _ entry: LegQueue.Entry, _ placement: Placement?, at now: Moment, _ controls: inout Controls
  ) -> [LegQueue.Order] {
    guard controls.rules.mayMatch(entry.original.kind, from: entry.original.sender) else { return [] }
    let context = FactsContext(
      entry.original, number: entry.number, at: now, connection: connection,
      placement: placement ?? Placement(), facts: facts)
    return controls.rules.orders(for: context)
  }

  // MARK: - Turns

  /// Lets everything leave that may, in both directions, until nothing moves.
  mutating func run(at now: Moment, _ controls: inout Controls, into effects: inout Effects) {
    while turn(.mta, at: now, &controls, into: &effects) || turn(.milter, at: now, &controls, into: &effects)
    {
    }
    throttle(into: &effects)
  }

  /// Stops a sender whose packets pile up, and lets it go on at a quarter of the limit.
  private mutating func throttle(into effects: inout Effects) {
    for leg in Leg.allCases {
      if queues[leg].bytes > Self.heldBytesLimit, !stopped.contains(leg) {
        stopped.insert(leg)
        effects.acts.append(.stopReading(leg))
      } else if queues[leg].bytes < Self.heldBytesLimit / 4, stopped.contains(leg) {
        stopped.remove(leg)
        effects.acts.append(.resumeReading(leg))
      }
    }
  }

  private mutating func turn(
    _ leg: Leg, at now: Moment, _ controls: inout Controls, into effects: inout Effects
  ) -> Bool {
    guard let index = queues[leg].turn else { return false }
    // Macros in front of it come first to their orders, never alone to their leaving.
    for i in 0...index {
      while !queues[leg].entries[i].orders.isEmpty {
        let order = queues[leg].entries[i].orders.removeFirst()
        carryOut(order.instruction, on: leg, i, order.cause, at: now, &controls, into: &effects)
      }
    }
    if isStepping, queues[leg].entries[index].hold == nil {
      isStepping = false
      hold(leg, index, .operator, at: now, controls, into: &effects)
    }
    if queues[leg].entries[...index].contains(where: { $0.hold != nil }) { return false }
    if let notBefore = queues[leg].entries[index].notBefore, notBefore > now { return false }
    leave(leg, index, at: now, controls, into: &effects)
    return true
  }

  private mutating func leave(
    _ leg: Leg, _ index: Int, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    var macros: [LegQueue.Entry] = []
    for _ in 0..<index { macros.append(queues[leg].removeFirst()) }
    let entry = queues[leg].removeFirst()
    if let bytes = entry.passing {
      for macro in macros { pass(macro, at: now, into: &effects) }
      effects.acts.append(.sendBytes(bytes, to: leg.other))
      return
    }
    switch leg {
    case .mta: leaveForMilter(entry, macros, at: now, controls, into: &effects)
    case .milter: leaveForMTA(entry, at: now, controls, into: &effects)
    }
  }

  // MARK: - Commands

  private mutating func leaveForMilter(
    _ entry: LegQueue.Entry, _ macros: [LegQueue.Entry], at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    let kind: CommandKind? = if case .command(let kind) = entry.original.kind { kind } else { nil }
    if kind == .mail { startMessage(at: now, into: &effects) }
    switch entry.fate {
    case .answer(let answer):
      keepBack(macros, entry, .answered, entry.cause ?? .operator, at: now, into: &effects)
      settle(entry.number, with: answer.reply, entry.cause ?? .operator, at: now, into: &effects)
      if let stage = kind?.stage {
        follow(Divergence.answered(stage, told: answer.reply.kind), at: now, into: &effects)
      }
    case .drop:
      keepBack(macros, entry, .dropped, entry.cause ?? .operator, at: now, into: &effects)
      if conversation.owes(entry.number) {
        settle(
          entry.number, with: .verdict(.continue), .policy("the MTA waits for an answer to what was dropped"),
          at: now, into: &effects)
      }
      if let stage = kind?.stage {
        follow(Divergence.answered(stage, told: .continue), at: now, into: &effects)
      }
    case .forward:
      for macro in macros { pass(macro, at: now, into: &effects) }
      guard let kind else { return pass(entry, at: now, into: &effects) }
      forward(entry, kind, at: now, controls, into: &effects)
    }
    if kind == .abort { endMessage("the MTA aborted the message", at: now, into: &effects) }
  }

  /// A command, or a macro set that turned out to travel alone, on its way to the milter.
  private mutating func pass(_ entry: LegQueue.Entry, at now: Moment, into effects: inout Effects) {
    if entry.fate.isDrop {
      return drop(entry, entry.cause ?? .operator, at: now, into: &effects)
    }
    switch route(entry.original) {
    case .forward: send(entry, to: .milter, at: now, into: &effects)
    case .standIn(let why): drop(entry, .policy(why), at: now, into: &effects)
    }
  }

  private mutating func forward(
    _ entry: LegQueue.Entry, _ kind: CommandKind, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    if kind == .mail, milter.out == .message { milter.out = .no }
    switch route(entry.original) {
    case .standIn(let why):
      drop(entry, .policy(why), at: now, into: &effects)
      guard let stage = kind.stage, conversation.owes(entry.number) else { return }
      if standIn != nil {
        settleByStandIn(entry.number, stage, at: now, into: &effects)
      } else {
        settle(entry.number, with: .verdict(.continue), .policy(why), at: now, into: &effects)
      }
    case .forward:
      var entry = entry
      if kind == .optNeg, let offer = controls.offer, !entry.isEdited,
        case .command(.optNeg(let offered)) = PacketValue(decoding: entry.current)
      {
        entry.current = Packet(encoding: .optNeg(offer.narrowed(offered)) as Command)
        entry.cause = .policy("--offer narrows what the milter is shown")
      }
      send(entry, to: .milter, at: now, into: &effects)
      noteForwarded(kind, entry.number, at: now)
      if let stage = kind.stage, mtaWaits(at: stage), !milterAnswers(at: stage) {
        settle(
          entry.number, with: .verdict(.continue), .policy("the milter promised no reply"), at: now,
          into: &effects)
      }
    }
  }

  /// Where a command goes, by what the milter believes and asked for.
  func route(_ packet: Packet) -> Route {
    if standIn != nil { return .standIn("there is no milter") }
    guard case .command(let kind) = packet.kind else { return .forward }
    let subject = kind == .macro ? packet.macroCommand : kind
    if let subject, !Divergence.reaches(subject, out: subject == .mail ? .no : milter.out) {
      return .standIn("the milter is out of this \(milter.out == .message ? "message" : "connection")")
    }
    guard let flag = subject?.stage?.noCommandFlag, facts.negotiation.milterFlags.contains(flag) else {
      return .forward
    }
    // Both MTAs send the macros of these stages even where the command is declined (protocol.md 3.3).
    if kind == .macro, flag.isSubset(of: [.noConnect, .noHelo, .noMail, .noRcpt, .noData, .noUnknown]) {
      return .forward
    }
    // Only where the MTA was told otherwise: a declined command that comes all the same is its own doing.
    return facts.negotiation.mtaFlags.contains(flag)
      ? .forward : .standIn("the milter declined \(flag.words)")
  }

  private mutating func keepBack(
    _ macros: [LegQueue.Entry], _ entry: LegQueue.Entry, _ outcome: Released.Outcome, _ cause: Cause,
    at now: Moment, into effects: inout Effects
  ) {
    for macro in macros {
      drop(macro, .policy("macros travel with their command"), at: now, into: &effects)
    }
    record(
      .released(Released(number: entry.number, outcome: outcome, cause: cause)), at: now, into: &effects)
  }

  // MARK: - Replies

  private mutating func leaveForMTA(
    _ entry: LegQueue.Entry, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    guard case .reply(let said) = entry.original.kind else {
      return send(entry, to: .mta, at: now, into: &effects)
    }
    switch said.role {
    case .verdict, .negotiation: settleByMilter(entry, said, at: now, controls, into: &effects)
    case .modification, .keepAlive, .misplaced: relay(entry, said, at: now, into: &effects)
    }
  }

  private mutating func relay(
    _ entry: LegQueue.Entry, _ said: ReplyKind, at now: Moment, into effects: inout Effects
  ) {
    if entry.fate.isDrop { return drop(entry, entry.cause ?? .operator, at: now, into: &effects) }
    if conversation.asked.first?.told != nil {
      return drop(entry, .policy("the MTA has its answer already"), at: now, into: &effects)
    }
    if said == .replBody {
      if changes.contains(where: { $0.change.replacesBody }) {
        bodySuperseded = true
        return drop(entry, .policy("our own new body takes its place"), at: now, into: &effects)
      }
      milter.replacedBody = true
    }
    send(entry, to: .mta, at: now, into: &effects)
  }

  /// The milter settles the oldest command that it was asked about.
  private mutating func settleByMilter(
    _ entry: LegQueue.Entry, _ said: ReplyKind, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    var entry = entry
    guard let asked = conversation.replied() else {
      // Nobody asked: passed on as it came, and remarked on by the tracker.
      return send(entry, to: .mta, at: now, into: &effects)
    }
    noteMilterVerdict(said, at: asked.stage)
    if let told = asked.told {
      drop(entry, .policy("late: the MTA has its answer"), at: now, into: &effects)
      return follow(Divergence.overruled(asked.stage, said: said, told: told), at: now, into: &effects)
    }
    if said == .optNeg { negotiate(&entry, controls) }
    if said == .accept, !entry.isEdited, !changes.isEmpty, asked.stage.endsEarly {
      // An early ACCEPT means that no end of message follows; the modifications that wait for it want one.
      entry.current = Packet(encoding: .verdict(.continue))
      entry.cause = .policy("modifications wait for end of message, which ACCEPT would skip")
    }
    let told: ReplyKind = if case .reply(let kind) = entry.current.kind { kind } else { said }
    settle(asked.number, with: entry, at: now, into: &effects)
    if told != said {
      follow(Divergence.overruled(asked.stage, said: said, told: told), at: now, into: &effects)
    }
  }

  private func negotiate(_ entry: inout LegQueue.Entry, _ controls: Controls) {
    guard !entry.isEdited, let offered = facts.negotiation.offered,
      case .reply(.optNeg(let answered)) = PacketValue(decoding: entry.current)
    else { return }
    let told = controls.negotiation.told(answered, offered: offered)
    guard told != answered else { return }
    entry.current = Packet(encoding: .optNeg(told) as Reply)
    entry.cause = .policy("--negotiation \(controls.negotiation.rawValue)")
  }

  // MARK: - Answers

  /// A stand-in's answer to a command that the MTA waits about.
  mutating func settleByStandIn(
    _ number: Int, _ stage: Stage, at now: Moment, into effects: inout Effects
  ) {
    guard let standIn else { return }
    let reply: Reply
    if stage == .negotiation {
      guard let offered = facts.negotiation.offered else { return }
      reply = .optNeg(standIn.answer(to: offered))
    } else {
      reply = standIn.reply(at: stage)
    }
    settle(number, with: reply, .policy(standIn.why), at: now, into: &effects)
  }

  /// Tells the MTA, in a packet of our own, what becomes of its command.
  mutating func settle(
    _ command: Int, with reply: Reply, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    prepareToSettle(command, reply.kind, at: now, into: &effects)
    sendOurs(Packet(encoding: reply), to: .mta, cause, at: now, into: &effects)
    conversation.settled(command, reply.kind)
  }

  private mutating func settle(
    _ command: Int, with entry: LegQueue.Entry, at now: Moment, into effects: inout Effects
  ) {
    let told: ReplyKind = if case .reply(let kind) = entry.current.kind { kind } else { .continue }
    prepareToSettle(command, told, at: now, into: &effects)
    send(entry, to: .mta, at: now, into: &effects)
    conversation.settled(command, told)
  }

  /// Before the final reply of end of message leave the modifications that were kept for it.
  private mutating func prepareToSettle(
    _ command: Int, _ told: ReplyKind, at now: Moment, into effects: inout Effects
  ) {
    guard let owed = conversation.owed.first(where: { $0.number == command }) else { return }
    if owed.stage == .bodyEOB, told == .continue || told == .accept {
      inject(at: now, into: &effects)
    } else if Divergence.endsMessage(told, at: owed.stage) {
      endMessage("the message ended with \(told.name) at \(owed.stage.name)", at: now, into: &effects)
    }
  }

  private mutating func inject(at now: Moment, into effects: inout Effects) {
    let headers = facts.message?.headers.map { Header(name: $0.name.bytes, value: $0.value.bytes) } ?? []
    for pending in changes {
      for modification in pending.change.modifications(on: headers) {
        let spaced = facts.negotiation.keepsLeadingSpace ? modification.withLeadingSpace : modification
        sendOurs(
          Packet(encoding: .modification(spaced)), to: .mta, pending.cause, at: now, into: &effects)
      }
    }
    changes = []
    bodySuperseded = false
  }

  private mutating func startMessage(at now: Moment, into effects: inout Effects) {
    endMessage("a new message began", at: now, into: &effects)
    milter.replacedBody = false
  }

  mutating func endMessage(_ why: String, at now: Moment, into effects: inout Effects) {
    for lost in changes { refuseLost(lost, why, at: now, into: &effects) }
    changes = []
    bodySuperseded = false
  }

  /// Brings the milter to where it can go on.
  mutating func follow(
    _ consequence: Divergence.Consequence, at now: Moment, into effects: inout Effects
  ) {
    if consequence.abort, milter.isInMessage, standIn == nil {
      milter.isInMessage = false
      sendOurs(
        Packet(encoding: Command.abort), to: .milter, .policy("the message is over for the MTA"), at: now,
        into: &effects)
    }
    milter.out = max(milter.out, standIn == nil ? consequence.out : .no)
  }

  // MARK: - Leaving

  private mutating func send(
    _ entry: LegQueue.Entry, to leg: Leg, at now: Moment, into effects: inout Effects
  ) {
    let sent = Sent(
      leg: leg, original: entry.number, number: nil, packet: entry.isEdited ? entry.current : nil,
      cause: entry.cause ?? .policy("in its turn"))
    record(.sent(sent), at: now, into: &effects)
    effects.acts.append(.send(entry.current, to: leg))
  }

  mutating func sendOurs(
    _ packet: Packet, to leg: Leg, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    let number = effects.takePacketNumber()
    let sent = Sent(leg: leg, original: nil, number: number, packet: packet, cause: cause)
    record(.sent(sent), at: now, into: &effects)
    effects.acts.append(.send(packet, to: leg))
  }

  private mutating func drop(
    _ entry: LegQueue.Entry, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    record(
      .released(Released(number: entry.number, outcome: .dropped, cause: cause)), at: now, into: &effects)
  }
}

extension LegQueue.Fate {
  var isDrop: Bool { if case .drop = self { true } else { false } }
}

extension Stage {
  /// A verdict here can end the message before its end (protocol.md 4.2).
  var endsEarly: Bool {
    switch self {
    case .mail, .rcpt, .data, .header, .eoh, .body: true
    case .negotiation, .connect, .helo, .bodyEOB, .unknown: false
    }
  }
}

extension Change {
  var replacesBody: Bool {
    switch self {
    case .replaceBody, .deletePart, .replacePart: true
    case .addHeader, .insertHeader, .changeHeader, .deleteHeader, .addRcpt, .deleteRcpt, .changeFrom,
      .quarantine:
      false
    }
  }

  /// The action that the MTA has to have agreed to.
  var requiredAction: ActionFlags {
    switch self {
    case .addHeader, .insertHeader: .addHeaders
    case .changeHeader, .deleteHeader: .changeHeaders
    case .addRcpt(_, nil): .addRcpt
    case .addRcpt: .addRcptWithParameters
    case .deleteRcpt: .deleteRcpt
    case .changeFrom: .changeFrom
    case .replaceBody, .deletePart, .replacePart: .changeBody
    case .quarantine: .quarantine
    }
  }
}

extension Modification {
  /// With HDR_LEADSPC the MTA puts no space after the colon: the value has to bring it.
  fileprivate var withLeadingSpace: Modification {
    func spaced(_ header: Header) -> Header {
      let isWhite = header.value.first.map { $0 == 0x20 || $0 == 0x09 } ?? true
      return isWhite ? header : Header(name: header.name, value: [0x20] + header.value)
    }
    return switch self {
    case .addHeader(let header): .addHeader(spaced(header))
    case .insHeader(let index, let header): .insHeader(index: index, spaced(header))
    case .chgHeader(let index, let header): .chgHeader(index: index, spaced(header))
    case .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine: self
    }
  }
}

extension Packet {
  /// The command that a macro set belongs to, if it is one.
  fileprivate var macroCommand: CommandKind? { bytes[payload].first.flatMap(CommandKind.init(rawValue:)) }
}

extension ProtocolFlags {
  /// The names of the bits, as the field knows them.
  var words: String {
    Self.table.filter { contains($0.flag) }.map(\.name).joined(separator: " ")
  }
}
