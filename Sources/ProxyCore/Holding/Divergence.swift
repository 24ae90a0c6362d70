import Dialogue
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
struct Divergence: Sendable {
  /// What the milter gets no more of.
  private(set) var out = Out.no
  /// It was sent a recipient of this message.
  private var sawRcpt = false
  /// A recipient of this message was kept from it.
  private var missesRcpt = false
  /// It wants no more of this body, but the MTA sends it.
  private(set) var skipsBody = false

  enum Out: UInt8, Sendable, Comparable {
    case no, message, connection
    static func < (a: Out, b: Out) -> Bool { a.rawValue < b.rawValue }
  }

  struct Consequence: Sendable, Equatable {
    var out = Out.no
    var abort = false
    static let none = Consequence()
    static let outOfMessage = Consequence(out: .message)
    static let aborted = Consequence(out: .message, abort: true)
  }

  /// A message begins for the MTA: a new chance for a milter that is out of the last one.
  mutating func beganMessage() { self = Divergence(out: out == .message ? .no : out) }

  private init(out: Out) { self.out = out }

  init() {}

  mutating func forwarded(_ kind: CommandKind) {
    if kind == .mail { beganMessage() }
    if kind == .rcpt { sawRcpt = true }
  }

  mutating func keptRecipient() { missesRcpt = true }

  mutating func skipBody() { skipsBody = true }

  mutating func follow(_ consequence: Consequence) { out = max(out, consequence.out) }

  /// Why the milter does not get such a command now; nil where it does.
  func barrier(to kind: CommandKind) -> (why: Sentence, consequence: Consequence)? {
    // MAIL is a new chance for a milter that is out of the message.
    let out: Out = kind == .mail && self.out == .message ? .no : self.out
    if !Self.reaches(kind, out: out) {
      return ("the milter is out of this \(out == .message ? "message" : "connection")", .none)
    }
    if missesRcpt, !sawRcpt, Self.needsRecipient(kind) {
      return ("the milter knows of no recipient", .aborted)
    }
    if kind == .body, skipsBody { return ("the rest of the body is skipped", .none) }
    return nil
  }

  /// The milter never saw this command; the MTA was told `told`.
  ///
  /// - Parameter declined: it did not want to see it either.
  static func answered(_ stage: Stage, told: ReplyKind, declined: Bool) -> Consequence {
    let over = told.endsMessage(at: stage)
    if declined { return over ? .aborted : .none }
    switch stage {
    case .connect: return Consequence(out: .connection)
    case .mail: return .outOfMessage
    case .helo, .unknown, .negotiation: return .none
    case .eoh, .bodyEOB: return .aborted
    case .data: return over || !told.refuses ? .aborted : .none
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
    let milterIsDone = said.endsMessage(at: stage)
    let mtaIsDone = told.endsMessage(at: stage)
    switch stage {
    case .unknown: return said == .accept && told != .accept ? .outOfMessage : .none
    case .negotiation, .connect, .helo, .bodyEOB: return .none
    case .data where told.refuses && !milterIsDone && !said.refuses: return .aborted
    case .data where said.refuses && !told.refuses: return .outOfMessage
    case .mail, .rcpt, .data, .header, .eoh, .body: break
    }
    if milterIsDone, !mtaIsDone { return .outOfMessage }
    if mtaIsDone, !milterIsDone { return .aborted }
    return .none
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
