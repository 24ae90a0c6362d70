import MilterProtocol

/// What to do when the MTA was told one thing and the milter another: all rules of divergence, in this file.
///
/// A milter under libmilter follows its own table (`engine.c`, `next_states`): after its own REJECT, TEMPFAIL, DISCARD or
/// ACCEPT it is back in the state after HELO (at RCPT and UNKNOWN only ACCEPT and DISCARD do that), and what is not
/// legal there it ignores *without a reply*, so that the MTA waits until its timeout. Whoever overrules a milter, or
/// answers in its place, has to keep it from getting such a packet. Three means are enough:
///
/// 1. **out**: the milter gets no more packets of this message (or connection); the MTA's commands are answered with
///    CONTINUE by us. It is back at the next MAIL.
/// 2. **abort**: we send ABORT, so that the milter forgets a message that is over for the MTA. libmilter ignores an
///    ABORT where no message is open, so a second one by the MTA does no harm.
/// 3. **absorb**: a reply of the milter to a command that the MTA has its answer for already goes nowhere.
///
/// | we answer in the milter's place | with | then |
/// |---|---|---|
/// | CONNECT | anything | out for the connection: it never saw the client |
/// | HELO, RCPT, HEADER, BODY, UNKNOWN | continue, skip, a refusal of that recipient | nothing |
/// | DATA | a refusal | nothing: the MTA may send RCPT and DATA again |
/// | MAIL | anything | out for the message |
/// | RCPT, DATA, HEADER, EOH, BODY | what ends the message for the MTA | abort, out |
/// | RCPT, the only one so far | anything, and DATA follows | abort, out: after MAIL it takes no DATA |
/// | DATA, EOH | continue | abort, out: what follows needs them (libmilter does without DATA, others may not) |
/// | BODYEOB | anything | abort |
/// | any of these, which it had declined | what ends the message for the MTA | abort, out |
/// | MAIL to BODY, while it was still thinking | anything | abort, out: nobody knows what it will say |
///
/// | the milter said | the MTA was told | then |
/// |---|---|---|
/// | what ends its message (`r t y d a`; at RCPT `a d`; at UNKNOWN `a`) | continue | out |
/// | SKIP at BODY | continue | further BODY packets are kept from it |
/// | continue | what ends the message for the MTA | abort, out |
/// | continue at DATA | a refusal | abort, out: the MTA may send RCPT again, which libmilter ignores after DATA |
///
/// Sources: `docs/protocol.md`, sections 6.2, 6.3 and 6.4.
enum Divergence {
  enum Out: UInt8, Sendable, Comparable {
    case no, message, connection
    static func < (a: Out, b: Out) -> Bool { a.rawValue < b.rawValue }
  }

  struct Consequence: Sendable, Hashable {
    var out = Out.no
    var abort = false
    static let none = Consequence()
    static let outOfMessage = Consequence(out: .message)
    static let aborted = Consequence(out: .message, abort: true)
  }

  /// The milter never saw this command; the MTA was told `told`.
  ///
  /// - Parameter declined: it did not want to see it either.
  static func answered(_ stage: Stage, told: ReplyKind, declined: Bool) -> Consequence {
    let over = endsMessage(told, at: stage)
    if declined { return over ? .aborted : .none }
    switch stage {
    case .connect: return Consequence(out: .connection)
    case .mail: return .outOfMessage
    case .helo, .unknown, .negotiation: return .none
    case .eoh, .bodyEOB: return .aborted
    case .data: return over || !refuses(told) ? .aborted : .none
    case .rcpt, .header, .body: return over ? .aborted : .none
    }
  }

  /// The MTA was told something while the milter had the command and had not answered it.
  static func answeredMeanwhile(_ stage: Stage) -> Consequence {
    switch stage {
    case .negotiation, .connect, .helo, .unknown, .bodyEOB: .none
    case .mail, .rcpt, .data, .header, .eoh, .body: .aborted
    }
  }

  /// The milter said one thing about a command, the MTA was told another.
  static func overruled(_ stage: Stage, said: ReplyKind, told: ReplyKind) -> Consequence {
    let milterIsDone = endsMessage(said, at: stage)
    let mtaIsDone = endsMessage(told, at: stage)
    switch stage {
    case .unknown: return said == .accept && told != .accept ? .outOfMessage : .none
    case .negotiation, .connect, .helo, .bodyEOB: return .none
    case .data where refuses(told) && !milterIsDone && !refuses(said): return .aborted
    case .data where refuses(said) && !refuses(told): return .outOfMessage
    case .mail, .rcpt, .data, .header, .eoh, .body: break
    }
    if milterIsDone, !mtaIsDone { return .outOfMessage }
    if mtaIsDone, !milterIsDone { return .aborted }
    return .none
  }

  /// Whether after this verdict nothing more of the message is asked.
  static func endsMessage(_ verdict: ReplyKind, at stage: Stage) -> Bool {
    switch stage {
    case .negotiation, .connect, .helo, .unknown: return false
    case .bodyEOB: return true
    case .rcpt, .data: return verdict == .accept || verdict == .discard
    case .mail, .header, .eoh, .body: return verdict == .accept || verdict == .discard || refuses(verdict)
    }
  }

  static func refuses(_ verdict: ReplyKind) -> Bool {
    switch verdict {
    case .reject, .tempfail, .replyCode, .shutdown, .connFail: true
    case .optNeg, .continue, .accept, .discard, .skip, .progress, .addHeader, .insHeader, .chgHeader,
      .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      false
    }
  }

  /// Whether the command needs a recipient in front of it, by libmilter's table.
  static func needsRecipient(_ kind: CommandKind) -> Bool {
    switch kind {
    case .data, .header, .eoh, .body, .bodyEOB: true
    case .optNeg, .macro, .connect, .helo, .mail, .rcpt, .unknown, .abort, .quit, .quitNC: false
    }
  }

  /// Whether a milter that is out of the message or the connection still gets this command.
  static func reaches(_ kind: CommandKind, out: Out) -> Bool {
    switch out {
    case .no: return true
    case .connection: return kind == .quit
    case .message:
      switch kind {
      case .mail, .helo, .connect, .unknown, .abort, .quit, .quitNC, .optNeg: return true
      case .macro, .rcpt, .data, .header, .eoh, .body, .bodyEOB: return false
      }
    }
  }
}
