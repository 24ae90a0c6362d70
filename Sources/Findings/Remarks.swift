import Dialogue
import MilterProtocol

/// What is odd about the packets of one connection: a function of the dialogue before a packet, the packet, and the mail so
/// far. It changes nothing, and nothing that is decided depends on it.
///
/// Ask it before the dialogue takes the packet. What it remembers itself is what a rule compares with (``MailInHand``, a
/// new body, requested macros) and what was said already and is said once a connection.
package struct Remarks: Sendable {
  var said: Said = []
  var mail = MailInHand()
  var changed = MailSoFar()
  var signed = SignedMail()
  var arriving = ArrivingMail()
  var earlier = EarlierMails()
  var replyBody = ReplyBody()
  /// Requested macros that not every MTA has.
  var doubtfulNames: [DoubtfulName] = []
  var faults = Faults()
  var surplus = SurplusReplies()
  var timing = ReplyTiming()
  /// The command that the MTA did not wait for, of the latest such remark; 0 before any.
  var notWaitedFor = 0

  package init() {}

  /// Said once a connection, and what a later packet is judged by.
  struct Said: OptionSet, Sendable {
    let rawValue: UInt16
    static let macroWithoutSlot = Said(rawValue: 1)
    static let abortOutside = Said(rawValue: 2)
    static let progressStorm = Said(rawValue: 4)
    /// The client is the machine itself (Postfix's pickup).
    static let localClient = Said(rawValue: 8)
    /// The latest recipient has no angle brackets.
    static let bareRcpt = Said(rawValue: 16)
    /// The MTA has refused the next recipient itself.
    static let refusedRcpt = Said(rawValue: 32)
  }

  /// A requested macro that one MTA, or none, is known to have: a remark is due when its stage's macros come without it, and
  /// it is known which MTA that was.
  struct DoubtfulName: Sendable {
    let stage: MacroStage
    let name: [UInt8]
    /// Nil where no MTA has it.
    let known: KnownMacro?
    /// The macros of its stage, which came without it.
    var lacking: Int?
  }

  /// How a new body comes in.
  struct ReplyBody: Sendable {
    var hasBegun = false
    var isInterrupted = false
    var smallChunks = 0
    var lines = BodyLines()
  }

  /// Remarks on a packet, in no particular order.
  ///
  /// - Parameters:
  ///   - dissection: of the packet.
  ///   - number: of the packet in the trace.
  ///   - place: the leg where it is judged, where it travels on both and they differ: first that of its sender.
  ///   - before: the dialogue as it is without the packet.
  package mutating func remark(
    on packet: Packet, _ dissection: Dissection, number: Int, _ way: Dialogue.Way, at place: Leg? = nil,
    before dialogue: Dialogue, _ now: Moment, into findings: inout [Finding]
  ) {
    let scene = Scene(packet, dissection, number: number, way, at: place, dialogue, now)
    let start = findings.count
    if PacketLint.looks(at: dissection, of: packet) {
      var lint = PacketLint(
        packet, dissection, flags: scene.flags, mta: dialogue.mta, stage: scene.subject)
      lint.run()
      for remark in lint.remarks {
        findings.append(Finding(remark.rule, packet: number, "\(packet.kind.name): \(remark.text)"))
      }
    }
    switch packet.kind {
    case .command(.macro): macro(scene, dialogue, &findings)
    case .command(let kind): command(kind, scene, dialogue, &findings)
    case .reply(let kind): reply(kind, scene, dialogue, &findings)
    case .unknown, .empty: break
    }
    if scene.isNew { followMail(scene, dialogue, &findings) }
    if way == .through, !dialogue.isSteered { followWaits(scene, &findings) }
    if findings.count > start {
      let isLost = !dialogue.isDesynchronised && dialogue.isLostAtEnd(at: now)
      faults.attribute(&findings, from: start, isLost: isLost)
    }
  }

  /// Remarks on a packet that came in; where the legs differ and it goes on at once, by what either makes of it.
  package mutating func remark(
    onArrivalOf packet: Packet, _ dissection: Dissection, number: Int, _ way: Dialogue.Way,
    before dialogue: Dialogue, _ now: Moment, into findings: inout [Finding]
  ) {
    guard way == .through, dialogue.isSteered else {
      return remark(on: packet, dissection, number: number, way, before: dialogue, now, into: &findings)
    }
    remark(
      on: packet, dissection, number: number, way, at: packet.sender, before: dialogue, now, into: &findings)
    var others: [Finding] = []
    remark(
      on: packet, dissection, number: number, way, at: packet.sender.other, before: dialogue, now,
      into: &others)
    for other in others where !findings.contains(where: { $0.rule == other.rule }) { findings.append(other) }
  }

  /// One packet, and the leg where it is judged.
  ///
  /// A packet that only passes is judged once, where it comes; so is one that stays here. What leaves by itself is judged
  /// again on the leg where it leaves.
  struct Scene: ~Copyable {
    let packet: Packet
    let shape: PacketShape
    /// It is not malformed.
    let isWhole: Bool
    let number: Int
    let way: Dialogue.Way
    let now: Moment
    let place: Leg
    /// It is seen for the first time.
    let isNew: Bool
    /// What is negotiated there.
    let flags: ProtocolFlags
    /// How far the conversation is there.
    let leg: LegState
    /// The command that a verdict settles there.
    let due: PendingReply?

    init(
      _ packet: Packet, _ dissection: Dissection, number: Int, _ way: Dialogue.Way, at place: Leg?,
      _ dialogue: Dialogue, _ now: Moment
    ) {
      (self.packet, self.number, self.way, self.now) = (packet, number, way, now)
      (shape, isWhole) = (dissection.shape, dissection.malformation == nil)
      // What a milter says at once to the MTA is judged by what the MTA makes of it.
      let (usual, isFirst): (Leg, Bool) =
        switch way {
        case .came: (packet.sender, true)
        case .through: (.mta, true)
        case .left: (packet.sender.other, false)
        case .made: (packet.sender.other, true)
        }
      let here = place ?? usual
      self.place = here
      isNew = isFirst && (place == nil || here == packet.sender)
      flags = dialogue.negotiation.flags(on: here)
      leg = dialogue.leg(here)
      due = dialogue.pending.due(on: here)
    }

    /// What the packet is.
    var name: String { packet.kind.name }

    /// The stage that a reply is about.
    var subject: Stage? { packet.sender == .milter ? due?.stage ?? leg.unanswered?.stage : nil }

    func remark(
      _ rule: FindingRule, _ text: @autoclosure () -> Sentence, _ findings: inout [Finding]
    ) {
      findings.append(Finding(rule, packet: number, text()))
    }
  }
}

extension PendingReply {
  /// `MAIL (packet 12)`
  var named: Sentence { "\(stage.name) (packet \(packet: number))" }
}

extension LegState {
  /// Where the MTA stands, in words.
  var positionName: String {
    switch position {
    case .start: "nothing"
    case .negotiating: "OPTNEG that is not answered"
    case .ready: "OPTNEG"
    case .connect: "CONNECT"
    case .helo: "HELO or ABORT"
    case .mail: "MAIL"
    case .rcpt: "RCPT"
    case .data: "DATA"
    case .header: "HEADER"
    case .eoh: "EOH"
    case .body: "BODY"
    case .bodyEOB: "BODYEOB that is not answered"
    case .done: "the verdict on the message"
    case .out: "the verdict that ended filtering"
    case .closed: "QUIT"
    }
  }
}
