import MilterProtocol

/// One thing that happened, in the order in which it happened. Everything else is a fold over these.
///
/// A record is appended before what it tells of leaves this program, and never changed afterwards.
package struct Record: Equatable, Sendable {
  package var time: Moment
  /// Number of the MTA's connection in the trace, from 1; 0 for what concerns the whole run.
  package var connection: Int
  package var event: Event

  package init(time: Moment, connection: Int, event: Event) {
    self.time = time
    self.connection = connection
    self.event = event
  }

  /// What came is kept in line; all that is rarer lies elsewhere, or every record would be as large as the largest of them.
  package enum Event: Equatable, Sendable {
    indirect case opened(Opened)
    case received(Received)
    case passed(Passed)
    indirect case sent(Sent)
    indirect case held(Held)
    indirect case released(Released)
    indirect case instructed(Instructed)
    indirect case found(Finding)
    /// Words of the operator or our own, about a packet or about the connection.
    indirect case noted(text: Sentence, packet: Int?)
    case marked(packet: Int, on: Bool)
    indirect case closed(Closed)
  }
}

extension Record {
  /// Bytes of the wire that it holds.
  package var wireBytes: Int {
    switch event {
    case .received(let received): received.packet.bytes.count
    case .passed(let passed): passed.bytes.count
    case .sent(let sent): sent.packet?.bytes.count ?? 0
    case .opened, .held, .released, .instructed, .found, .noted, .marked, .closed: 0
    }
  }
}

/// The MTA connected; the addresses in the canonical form of this program (`inet:8891@127.0.0.1`).
package struct Opened: Equatable, Sendable {
  /// The MTA's end of its connection; `unix:` alone where a unix socket has no name.
  package var peer: String
  /// Our end of the MTA's connection.
  package var local: String
  /// Where the milter is; nil where we are the milter.
  package var milter: String?
  /// Name of the place where it connected, of several (``Tap``); nil where there is but one.
  package var tap: String?
  /// What was known of the MTA; nil for nothing.
  package var patience: MTAPatience?
  /// The connection whose MTA is played here to another milter, a shadow of its own; nil where an MTA connected.
  package var shadowOf: Int?

  package init(
    peer: String, local: String, milter: String?, tap: String? = nil, patience: MTAPatience? = nil,
    shadowOf: Int? = nil
  ) {
    self.shadowOf = shadowOf
    self.peer = peer
    self.local = local
    self.milter = milter
    self.tap = tap
    self.patience = patience == MTAPatience() ? nil : patience
  }
}

/// A whole packet came in.
package struct Received: Equatable, Sendable {
  /// The packet's number: one count over the trace, from 1, shared with packets that we make ourselves.
  package var number: Int
  package var packet: Packet
  /// Whether it left for the other leg as it came, within the same turn: the common case, in one record.
  package var forwarded: Bool

  package init(number: Int, packet: Packet, forwarded: Bool) {
    self.number = number
    self.packet = packet
    self.forwarded = forwarded
  }
}

/// Bytes that make no packet came in, and left for the other leg as they came.
///
/// Nothing that passes is missing from a trace, but a frame of a gigabyte is not kept in memory for it: such bytes
/// are recorded piece by piece, in order, as they pass.
package struct Passed: Equatable, Sendable {
  package var sender: Leg
  package var bytes: [UInt8]
  package var reason: Reason

  package enum Reason: String, Equatable, Sendable, CaseIterable {
    /// A piece of a frame longer than ``Limits/decodedPayloadBytes``; the first piece begins with the length field.
    case oversized
    /// The connection ended inside this frame.
    case incomplete
    /// The peer does not speak milter.
    case foreign
    /// In a packet capture, after a hole or at a start in mid-stream: nobody knows where a packet begins.
    case unframed
  }

  package init(sender: Leg, bytes: [UInt8], reason: Reason) {
    self.sender = sender
    self.bytes = bytes
    self.reason = reason
  }
}

/// A packet left other than by plain forwarding: later, changed, or made by us.
package struct Sent: Equatable, Sendable {
  /// The leg on which it left.
  package var leg: Leg
  /// The packet that came in and now leaves, changed or not; nil for one of our own making.
  package var original: Int?
  /// Number of a packet of our own making; nil where `original` says it.
  package var number: Int?
  /// What left; nil where it is `original` byte for byte.
  package var packet: Packet?
  /// On whose behalf.
  package var cause: Cause

  package init(leg: Leg, original: Int?, number: Int?, packet: Packet?, cause: Cause) {
    self.leg = leg
    self.original = original
    self.number = number
    self.packet = packet
    self.cause = cause
  }
}

/// Who wanted it.
package enum Cause: Equatable, Sendable {
  case `operator`
  /// A rule, by its text form or name.
  case rule(String)
  /// What is done where nobody decides (`--default`, the negotiation policy, a rule of divergence).
  case policy(Sentence)
  /// A deadline passed (`--on-timeout`).
  case timeout
}

/// A packet was stopped.
package struct Held: Equatable, Sendable {
  package var number: Int
  package var cause: Cause
  /// When it is released unasked; nil for never.
  package var deadline: Moment?
  /// When the SMTP client is likely to leave; nil where it does not wait.
  package var client: Moment?

  package init(number: Int, cause: Cause, deadline: Moment?, client: Moment? = nil) {
    self.number = number
    self.cause = cause
    self.deadline = deadline
    self.client = client
  }
}

/// A held packet is held no more; a `sent` record follows unless it was dropped or answered.
package struct Released: Equatable, Sendable {
  package var number: Int
  package var outcome: Outcome
  package var cause: Cause

  package enum Outcome: String, Equatable, Sendable, CaseIterable {
    /// It goes on, changed or not.
    case forwarded
    case dropped
    /// The MTA got an answer from us; the milter never sees the command.
    case answered
    /// Its connection ended first.
    case abandoned
  }

  package init(number: Int, outcome: Outcome, cause: Cause) {
    self.number = number
    self.outcome = outcome
    self.cause = cause
  }
}

/// An instruction was given, and done or refused.
package struct Instructed: Equatable, Sendable {
  /// As it can be typed; in a rule that came in force, the whole rule.
  package var text: String
  /// What the text says; nil for a rule, and where nobody could read it. Whoever reads a trace reads the text once.
  package var instruction: Instruction?
  package var cause: Cause
  package var packet: Int?
  /// Why it was refused; nil where it was done.
  package var refusal: Sentence?

  package init(
    text: String, instruction: Instruction? = nil, cause: Cause, packet: Int? = nil, refusal: Sentence? = nil
  ) {
    self.text = text
    self.instruction = instruction
    self.cause = cause
    self.packet = packet
    self.refusal = refusal
  }
}

/// A leg came to its end.
package struct Closed: Equatable, Sendable {
  package var leg: Leg
  package var how: Ending

  package enum Ending: Equatable, Sendable {
    /// The peer closed in order.
    case peer
    /// The peer reset the connection, or the system reported another error: its name (`ECONNRESET`).
    case error(String)
    /// The milter could not be reached: why.
    case unreachable(Sentence)
    /// We closed it: because the other leg ended, the operator said so, or the program stops.
    case ours(Sentence)

    package var isOurs: Bool { if case .ours = self { true } else { false } }
  }

  package init(leg: Leg, how: Ending) {
    self.leg = leg
    self.how = how
  }
}
