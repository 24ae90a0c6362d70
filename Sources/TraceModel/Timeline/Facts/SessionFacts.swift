import MilterProtocol

/// What is known about one connection so far: the fold that hold rules, timeline, filters and exports share.
///
/// 1. Facts about the session: client, HELO, negotiation, macros in force.
/// 2. Facts about the message: envelope, headers, body bytes, verdicts, modifications (``MessageFacts``).
/// 3. The place of each packet: its message, the command that it answers, how long that took (``Placement``).
///
/// It is fed with the records of one connection in order, or with the same events one by one where they happen.
/// Memory is bounded (``FactLimits``): strings are kept by their heads, bodies are counted. Nothing that a peer
/// sends is refused; what cannot be read adds nothing.
package struct SessionFacts: Hashable, Sendable {
  package internal(set) var opened: Opened?
  package internal(set) var client: ClientFacts?
  package internal(set) var helo: Head?
  package internal(set) var negotiation = NegotiationFacts()
  /// Macros in force.
  package internal(set) var macros = MacroFacts()
  package internal(set) var connectVerdict: VerdictFact?
  package internal(set) var heloVerdict: VerdictFact?
  /// The verdict that the MTA was told last, whatever it was about.
  package internal(set) var latest: Settled?
  /// The latest command of the MTA that opens a stage.
  package internal(set) var stage: Stage?
  /// The message in progress, or the latest one.
  package internal(set) var message: MessageFacts?
  /// Messages so far.
  package internal(set) var messageCount = 0
  /// Legs that have ended.
  package internal(set) var closed: [Closed] = []

  var exchange = Exchange()
  var signs = MTASigns()
  /// Macro packets since the last command.
  var macrosAhead: [MacrosAhead] = []
  /// Replies of the milter that did not pass at once.
  var unsent: [UnsentReply] = []

  package struct Settled: Hashable, Sendable {
    package var verdict: VerdictFact
    /// Number of the command that it answers.
    package var command: Int
    /// Of the connection; 0 outside any.
    package var message: Int
  }

  struct MacrosAhead: Hashable, Sendable {
    var packet: Int
    var letter: UInt8
  }

  struct UnsentReply: Hashable, Sendable {
    var number: Int
    var kind: ReplyKind
    /// Only of a verdict; modifications are read back when somebody asks.
    var verdict: Packet?
  }

  package init() {}

  /// The message that the packet with that placement belongs to, while its facts are at hand.
  package func message(at placement: Placement) -> MessageFacts? {
    guard let message, placement.message == message.number else { return nil }
    return message
  }

  package var isOver: Bool { closed.contains { $0.leg == .mta } }
}

/// Records.
extension SessionFacts {
  /// Folds in a record of this connection. Returns where its packet stands, if it brings one of a new number.
  @discardableResult
  package mutating func apply(_ record: Record) -> Placement? {
    switch record.event {
    case .opened(let opened): self.opened = opened
    case .received(let received):
      return self.received(
        received.packet, number: received.number, at: record.time, forwarded: received.forwarded)
    case .sent(let sent): return self.sent(sent, at: record.time)
    case .released(let released): self.released(released)
    case .closed(let closed): self.closed(closed)
    case .passed, .held, .instructed, .found, .noted, .marked: break
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

  private mutating func closed(_ closed: Closed) {
    self.closed.append(closed)
    if message?.phase == .open { message?.phase = .lost }
  }

  private mutating func released(_ released: Released) {
    switch released.outcome {
    case .dropped: changed(.dropped, released.number, released.cause)
    case .answered: changed(.answered, released.number, released.cause)
    case .forwarded, .abandoned: break
    }
    if released.outcome != .forwarded { unsent.removeAll { $0.number == released.number } }
  }

  mutating func changed(_ what: ChangeFact.What, _ packet: Int, _ cause: Cause) {
    message?.changed(ChangeFact(what: what, packet: packet, cause: cause))
  }
}
