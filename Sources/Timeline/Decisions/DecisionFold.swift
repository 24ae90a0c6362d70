import Dialogue
import MilterProtocol
import TraceModel

/// Tells from the records of a run which decisions were made: a fold like the timeline's, for the decision log.
///
/// A decision is
/// 1. every verdict about the end of a message,
/// 2. every other verdict that is not CONTINUE, a recipient's refusal among them,
/// 3. a CONTINUE that the operator, a rule or the clock gave,
/// 4. a held command that the MTA no longer waited for.
package struct DecisionFold: Sendable {
  private var connections: [Int: Connection] = [:]
  /// Those whose MTA has gone.
  private var ended: [Int] = []
  /// Shadows decide nothing.
  private var shadows: Set<Int> = []

  package init() {}

  /// Connections that it remembers.
  package var connectionCount: Int { connections.count }

  package mutating func apply(_ record: Record) -> Decision? {
    guard record.connection != 0 else { return nil }
    if case .opened(let opened) = record.event, opened.shadowOf != nil { shadows.insert(record.connection) }
    if !shadows.isEmpty, shadows.contains(record.connection) {
      if case .closed(let closed) = record.event, closed.leg == .milter { shadows.remove(record.connection) }
      return nil
    }
    if case .closed(let closed) = record.event, closed.leg == .mta { ended.append(record.connection) }
    return connections[record.connection, default: Connection()].apply(record)
  }

  /// Forgets connections whose MTA has gone; asked for when all records of a turn are in.
  package mutating func sweep() {
    for number in ended { connections[number] = nil }
    ended.removeAll(keepingCapacity: true)
  }

  fileprivate struct Connection {
    var facts = SessionFacts()
    /// Commands that are held.
    private var held: Set<Int> = []
    /// Who let a command go that was held.
    private var releases: [Int: Cause] = [:]
    /// Modifications that came in and are still held.
    private var unsent: [(packet: Int, what: Decision.Change.What)] = []
    private var changes: [Decision.Change] = []
    private var changedMessage = 0

    mutating func apply(_ record: Record) -> Decision? {
      let before = facts.latest?.verdict.packet
      let released: PendingReply?
      if case .released(let event) = record.event {
        released = facts.dialogue.pending.command(event.number)
      } else {
        released = nil
      }
      facts.apply(record)
      switch record.event {
      case .received(let received): note(received)
      case .sent(let sent) where sent.leg == .mta: note(sent)
      case .held(let hold): held.insert(hold.number)
      case .released(let event):
        let wasHeld = held.remove(event.number) != nil
        if event.outcome == .abandoned { return wasHeld ? released.flatMap { abandoned($0, record) } : nil }
        if wasHeld, event.cause == .operator || event.cause == .timeout {
          releases[event.number] = event.cause
        }
      case .sent, .opened, .passed, .instructed, .found, .noted, .marked, .closed: break
      }
      guard let settled = facts.latest, settled.verdict.packet != before else { return nil }
      return decision(settled, record)
    }

    // MARK: - What is kept until a verdict

    private mutating func note(_ received: Received) {
      switch received.packet.kind {
      case .command: forgetChangesOfEarlierMessage()
      case .reply(let kind) where kind.role == .modification:
        let what = Decision.Change.What(received.packet, kind)
        if received.forwarded { return add(what, .peer) }
        if unsent.count >= FactLimits.pending { unsent.removeFirst() }
        unsent.append((received.number, what))
      case .reply, .unknown, .empty: break
      }
    }

    private mutating func note(_ sent: Sent) {
      let held = sent.original.flatMap { number in unsent.firstIndex { $0.packet == number } }
        .map { unsent.remove(at: $0).what }
      if let packet = sent.packet {
        guard case .reply(let kind) = packet.kind, kind.role == .modification else { return }
        add(Decision.Change.What(packet, kind), .ours(sent.cause))
      } else if let held {
        add(held, .peer)
      }
    }

    private mutating func add(_ what: Decision.Change.What, _ author: Author) {
      forgetChangesOfEarlierMessage()
      if case .body(let more) = what, case .body(let bytes)? = changes.last?.what,
        changes.last?.author == author
      {
        changes[changes.count - 1].what = .body(bytes: bytes + more)
      } else if changes.count < FactLimits.entries {
        changes.append(Decision.Change(what: what, author: author))
      }
    }

    private mutating func forgetChangesOfEarlierMessage() {
      guard facts.messageCount != changedMessage else { return }
      changedMessage = facts.messageCount
      changes = []
      unsent = []
    }

    // MARK: - Decisions

    private mutating func decision(_ settled: SessionFacts.Settled, _ record: Record) -> Decision? {
      let verdict = settled.verdict
      let release = releases.removeValue(forKey: settled.command)
      guard verdict.stage != .negotiation else { return nil }
      let author = DecisionAuthor(verdict.author, releasedBy: release)
      guard verdict.stage == .bodyEOB || verdict.kind != .continue || author.isOnPurpose else { return nil }
      var decision = Decision(
        time: record.time, connection: record.connection, message: settled.message, packet: verdict.packet,
        stage: verdict.stage, outcome: .verdict(verdict), author: author,
        waited: settled.waited)
      describe(&decision, command: settled.command)
      return decision
    }

    private func abandoned(_ command: PendingReply, _ record: Record) -> Decision? {
      guard command.stage != .negotiation else { return nil }
      var decision = Decision(
        time: record.time, connection: record.connection,
        message: facts.message.flatMap { $0.decision == nil ? $0.number : nil } ?? 0, packet: command.number,
        stage: command.stage, outcome: .abandoned, author: .mta, waited: record.time - command.came)
      describe(&decision, command: command.number)
      return decision
    }

    private func describe(_ decision: inout Decision, command: Int) {
      decision.tap = facts.opened?.tap
      decision.client = facts.client
      decision.helo = facts.helo
      guard decision.message != 0, let message = facts.message, message.number == decision.message else {
        return
      }
      decision.queueID = message.queueID
      decision.sender = message.envelopeSender?.address
      decision.recipients = message.envelopeRecipients.filter { !$0.isRefused }.map(\.address)
      decision.recipient = message.recipients.last { $0.envelope.packet == command }?.address
      decision.subject = message.subject?.value
      if changedMessage == message.number { decision.changes = changes }
    }
  }
}

extension Decision.Change.What {
  fileprivate init(_ packet: Packet, _ kind: ReplyKind) {
    if kind == .replBody {
      self = .body(bytes: packet.payload.count)
    } else if case .reply(.modification(let modification)) = PacketValue(decoding: packet) {
      self = .modification(modification)
    } else {
      self = .unreadable(kind)
    }
  }
}

extension DecisionAuthor {
  fileprivate init(_ author: Author, releasedBy cause: Cause?) {
    switch author {
    case .peer: self = .milter
    case .ours(.policy(let words)):
      self = cause.map { .released($0, policy: words.text) } ?? .ours(.policy(words))
    case .ours(let cause): self = .ours(cause)
    }
  }

  /// Somebody wanted this very verdict.
  fileprivate var isOnPurpose: Bool {
    switch self {
    case .ours(.operator), .ours(.rule), .ours(.timeout): true
    case .milter, .ours(.policy), .released, .mta: false
    }
  }
}
