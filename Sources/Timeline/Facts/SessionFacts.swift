import Dialogue
import MilterProtocol
import TraceModel

/// What is known about one connection so far: the fold that hold rules, timeline, filters and exports share.
///
/// 1. The dialogue: who waits for what, which command a reply answers, which message a packet belongs to, negotiation,
///    macros in force, which MTA it is (``Dialogue``).
/// 2. Facts about the session: client, HELO, verdicts about either.
/// 3. Facts about the message: envelope, headers, body bytes, verdicts, modifications (``MessageFacts``).
///
/// It is fed with the records of one connection in order, or with the same events one by one where they happen.
/// Memory is bounded (``FactLimits``): strings are kept by their heads, bodies are counted. Nothing that a peer
/// sends is refused; what cannot be read adds nothing.
package struct SessionFacts: Sendable {
  package internal(set) var dialogue: Dialogue
  package internal(set) var opened: Opened?
  package internal(set) var client: ClientFacts?
  package internal(set) var helo: Head?
  package internal(set) var connectVerdict: VerdictFact?
  package internal(set) var heloVerdict: VerdictFact?
  /// The verdict that the MTA was told last, whatever it was about.
  package internal(set) var latest: Settled?
  /// The message in progress, or the latest one.
  package internal(set) var message: MessageFacts?
  /// The one before it; elsewhere, for these facts are copied whenever rules are asked.
  var earlier: EarlierMessage?
  /// Legs that have ended.
  package internal(set) var closed: [Closed] = []

  /// A QUARANTINE before any content of a message.
  var heldSince: Int?
  /// The latest reply that was too much for an MTA, until this shows that it goes on all the same.
  var givenUp: GivenUp?
  /// Packets that came and have not left, oldest first.
  var stopped: [Stopped] = []
  /// Verdicts that lie in the MTA's socket until it asks, oldest first.
  var unheard: [VerdictFact] = []

  package struct Settled: Sendable {
    package var verdict: VerdictFact
    /// Number of the command that it answers.
    package var command: Int
    /// Of the connection; 0 outside any.
    package var message: Int
    /// How long the MTA waited for it.
    package var waited: Moment.Span?
  }

  final class EarlierMessage: Sendable {
    let facts: MessageFacts
    init(_ facts: MessageFacts) { self.facts = facts }
  }

  struct Stopped: Sendable {
    var number: Int
    /// As it came, or its beginning where no more of it will be asked for.
    var packet: Packet
  }

  /// - Parameter dialogue: that knows what the operator said; nothing has travelled on it.
  package init(_ dialogue: Dialogue = Dialogue(), opened: Opened? = nil) {
    self.dialogue = dialogue
    self.opened = opened
  }

  /// What is known of the MTA beyond what it shows by itself.
  package mutating func tell(_ patience: MTAPatience) { dialogue.tell(patience) }

  package var negotiation: Negotiation { _read { yield dialogue.negotiation } }
  /// Macros in force.
  package var macros: MacrosInForce { _read { yield dialogue.macros } }
  /// The latest command of the MTA that opens a stage.
  package var stage: Stage? { dialogue.stage }
  /// Messages so far.
  package var messageCount: Int { dialogue.messages.number }

  /// The message that the packet with that placement belongs to, while its facts are at hand.
  package func message(at placement: Placement) -> MessageFacts? {
    guard let message, placement.message == message.number else { return nil }
    return message
  }

  /// The message in front of that of such a packet, while its facts are at hand.
  package func message(before placement: Placement) -> MessageFacts? {
    guard placement.message > 0 else { return message }
    return placement.message == message?.number ? earlier?.facts : nil
  }

  package var isOver: Bool { closed.contains { $0.leg == .mta } }
}

/// Records.
extension SessionFacts {
  /// Folds in a record of this connection. Returns where its packet stands, if it brings one of a new number.
  @discardableResult
  package mutating func apply(_ record: Record) -> Placement? {
    // Nearly all of them, and without a copy of the event.
    if case .received(let received) = record.event {
      return self.received(
        received.packet, Dissection(received.packet).shape, number: received.number, at: record.time,
        forwarded: received.forwarded)
    }
    return applyOther(record)
  }

  private mutating func applyOther(_ record: Record) -> Placement? {
    switch record.event {
    case .opened(let opened):
      self.opened = opened
      if let patience = opened.patience { dialogue.tell(patience) }
    case .sent(let sent): return self.sent(sent, at: record.time)
    case .released(let released): self.released(released)
    case .closed(let closed):
      self.closed.append(closed)
      dialogue.closed(closed.leg)
      notePhase()
    case .received, .passed, .held, .instructed, .found, .noted, .marked: break
    }
    return nil
  }

  /// Whether such a record changes anything.
  static func heeds(_ event: Record.Event) -> Bool {
    switch event {
    case .opened, .received, .sent, .released, .closed: true
    case .passed, .held, .instructed, .found, .noted, .marked: false
    }
  }

  private mutating func released(_ released: Released) {
    switch released.outcome {
    case .dropped: changed(.dropped, released.number, released.cause)
    case .answered: changed(.answered, released.number, released.cause)
    case .abandoned: break
    case .forwarded: return
    }
    dialogue.kept(released.number)
    stopped.removeAll { $0.number == released.number }
  }

  mutating func changed(_ what: ChangeFact.What, _ packet: Int, _ cause: Cause) {
    message?.changed(ChangeFact(what: what, packet: packet, cause: cause))
  }

  /// How far the message is, by the dialogue.
  mutating func notePhase() {
    guard let message, message.phase != dialogue.messages.phase, message.number == dialogue.messages.number
    else { return }
    self.message?.phase = dialogue.messages.phase
  }
}
