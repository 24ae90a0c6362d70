// The theory of one leg.
//
// A leg is one connection on which an MTA sends commands and a milter sends replies. There is no request number: replies
// belong to commands by order alone. The tracker follows one leg from the bytes that travel on it, and has these jobs:
//
//  1. Position: how far has the MTA come, and may this command come here? (`Position`)
//  2. Pending replies: which command does this reply answer, since when was it due? (`PendingReplies`)
//  3. Messages: number them within the connection; macros sent before MAIL belong to the message that it opens.
//  4. Negotiation: what was offered, what was answered, which stages are not sent or not answered. (`Negotiated`)
//  5. Remarks: what a peer did that another peer would not bear. (`FindingRule`)
//
//          OPTNEG           CONNECT        HELO*
//   start ───────▶ negotiating ──▶ ready ──▶ connect ──▶ helo ◀──────────────┐ ABORT, from anywhere below
//                                                        │ MAIL              │
//     ┌──────────────────────────────────────────────────┘                   │
//     ▼        RCPT+         DATA        HEADER*        EOH       BODY*      │
//    mail ───▶ rcpt ───▶ data ───▶ header ───▶ eoh ───▶ body ───▶ bodyEOB ───┤
//     │ r t y          (r t y: back to rcpt)                      │ verdict  │
//     ▼ early verdict: done (r t y) or out (a d)                  ▼          │
//    done, out ───────────────── MAIL, HELO ────────────────────▶ done ──────┘
//
//  QUIT and a close lead to closed from anywhere, QUIT_NC back to ready.
//
// Invariants
//
//  - A command that is answered by the rules in force is in the queue until its verdict, once; nothing else is.
//  - A verdict takes the head of the queue, whatever it says, as it does in the MTA. One that finds no command waits in the
//    MTA's socket and answers the next command there is (R01, R02; protocol.md 4.7): everything behind it is off by one. The
//    milter's own order is kept beside it from then on (`drift`), so that each surplus verdict is said once.
//  - No state depends on which side this program plays, and nothing here reads a clock.
//  - Whatever a peer sends, the tracker goes on: after an illegal command it stands where that command leads, so that
//    one slip is one finding.
//  - In the good case nothing is allocated, and what is kept does not grow: the queue is bounded, findings are handed out.
//
// Oddities of MTAs (docs/protocol.md, sections 3 and 6; seen with Postfix 3.7 and Sendmail 8.17)
//
//  - Postfix sends ABORT after every message and twice before QUIT; Sendmail only when a message is dropped after MAIL was
//    answered. A new MAIL may therefore follow a finished or refused message directly.
//  - Postfix sends a second HELO before the ABORTs that it causes, Sendmail after.
//  - Both send MACRO for stages that are switched off, and Postfix empty ones.
//  - After a refused DATA both send RCPT and DATA again; libmilter does not answer those.
//  - Postfix closes without QUIT once a milter accepted or refused the connection.

/// Follows one leg: where each packet stands, which command a reply answers, and what is odd.
package struct StageTracker: Hashable, Sendable {
  /// How far the MTA has come.
  package internal(set) var position = Position.start
  package internal(set) var negotiated = Negotiated()
  /// Number of the message that is open or was refused and not yet dropped; 0 where there is none.
  package internal(set) var message = 0
  /// The last command that was no MACRO.
  package internal(set) var lastCommand: CommandKind?
  /// Which MTA this is, as far as one can tell by now.
  package var mta: MTAKind { signs.mta }
  var signs = MTASigns()
  /// What a milter made with libmilter takes next, if it got and gave what travelled here.
  package internal(set) var libmilter = LibmilterState()

  var queue = PendingReplies()
  /// Where MTA and milter no longer agree which command a verdict answers; nil while they do.
  var drift: Drift?
  /// What the latest verdict settled, and when it came.
  var settledLast: (stage: Stage, at: Moment)? {
    get { settledStage.map { ($0, settledAt) } }
    set { (settledStage, settledAt) = (newValue?.stage, newValue?.at ?? .zero) }
  }
  private var settledStage: Stage?
  private var settledAt = Moment.zero
  /// Messages begun so far.
  var messages = 0
  /// The MACRO packet that no command has followed yet: its letter and number.
  var macros: (letter: UInt8, number: Int)? {
    get { macroNumber < 0 ? nil : (macroLetter, macroNumber) }
    set { (macroLetter, macroNumber) = newValue.map { ($0.letter, $0.number) } ?? (0, -1) }
  }
  var macroLetter: UInt8 = 0
  var macroNumber = -1
  /// The last command of a stage that goes without reply, until a reply is due again.
  var unanswered: PendingReply?
  /// When the milter last sent something about the head of the queue.
  var lastReply: Moment?
  var lastProgress: Moment?
  var replyBody = ReplyBody()
  var marks: Marks = []
  var unseenNames: [UnseenName] = []

  package init() {}

  /// The commands that await a verdict, oldest first.
  package var pending: [PendingReply] { queue.all }

  /// The oldest command whose verdict the MTA waits for.
  package var awaited: PendingReply? { queue.firstAwaited }

  package var isMessageOpen: Bool { position.isInMessage }

  /// Things that happened, or were said already and are said once a connection.
  struct Marks: OptionSet, Hashable, Sendable {
    let rawValue: UInt16
    static let quit = Marks(rawValue: 1)
    static let mtaClosed = Marks(rawValue: 2)
    static let milterClosed = Marks(rawValue: 4)
    /// The milter accepted or refused the connection as a whole.
    static let settled = Marks(rawValue: 8)
    static let desynchronised = Marks(rawValue: 16)
    static let dataRefused = Marks(rawValue: 32)
    static let localClient = Marks(rawValue: 64)
    static let bareRcpt = Marks(rawValue: 128)
    static let refusedRcpt = Marks(rawValue: 256)
    static let saidMacroWithoutSlot = Marks(rawValue: 512)
    static let saidAbortOutside = Marks(rawValue: 1024)
    static let saidProgressStorm = Marks(rawValue: 2048)
    static let began = Marks(rawValue: 4096)
  }

  /// A requested macro that no MTA is known to have: a remark is due when its stage's macros come without it.
  struct UnseenName: Hashable, Sendable {
    let stage: MacroStage
    let name: [UInt8]
  }

  /// How a new body comes in.
  struct ReplyBody: Hashable, Sendable {
    var hasBegun = false
    var isInterrupted = false
    var smallChunks = 0
  }
}

extension StageTracker {
  /// A packet travelled on the leg. Its sender says in which direction.
  ///
  /// - Parameters:
  ///   - number: the packet's number in the trace.
  ///   - findings: gets what is odd, in no particular order.
  package mutating func received(
    _ packet: Packet, number: Int, at now: Moment, findings: inout [Finding]
  ) -> Place {
    received(packet, Dissection(packet), number: number, at: now, findings: &findings)
  }

  /// The same for a packet that was taken apart already.
  package mutating func received(
    _ packet: Packet, _ dissection: Dissection, number: Int, at now: Moment, findings: inout [Finding]
  ) -> Place {
    let arrival = Arrival(packet: packet, shape: dissection.shape, number: number, now: now)
    let about = packet.sender == .milter ? queue.first?.stage ?? unanswered?.stage : nil
    if PacketLint.looks(at: dissection, bytes: packet.bytes.count) {
      var lint = PacketLint(packet, dissection, flags: negotiated.flags, mta: mta, stage: about)
      lint.run()
      for remark in lint.remarks {
        findings.append(Finding(remark.rule, packet: number, "\(packet.kind.name): \(remark.text)"))
      }
    }
    defer { marks.insert(.began) }
    switch packet.kind {
    case .command(.macro): return macro(arrival, &findings)
    case .command(let kind): return command(kind, arrival, &findings)
    case .reply(let kind): return reply(kind, arrival, &findings)
    case .unknown, .empty: return Place(stage: about, message: message)
    }
  }

  /// One packet on its way through the tracker.
  struct Arrival {
    let packet: Packet
    let shape: PacketShape
    let number: Int
    let now: Moment

    func remark(
      _ rule: FindingRule, _ text: @autoclosure () -> Sentence, _ findings: inout [Finding]
    ) {
      findings.append(Finding(rule, packet: number, text()))
    }
  }
}
