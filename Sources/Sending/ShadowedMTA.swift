import Comparison
import Dialogue
import MilterProtocol

/// The MTA's side towards a shadow: says what the real MTA says to its milter, while it does, and compares what comes back.
///
/// The shadow's conversation is one of its own. It is told what the MTA said, as that left for the milter or as it came where the
/// milter did not get it, in the form that the shadow negotiated: its size of chunks, its way with the space behind the colon of a
/// header, without stages that it declined, and without what an MTA would not say any more to a milter that answered so. What
/// the MTA never says, the shadow does not hear; that is noted.
///
/// Room is bounded (``ShadowLedger``): a shadow that is too slow for that is given up for the connection.
package struct ShadowedMTA: MTAScript {
  /// What happens in the conversation that is shadowed, in order.
  package enum Event: Sendable {
    /// It left for the milter.
    case said(Packet, number: Int)
    /// The MTA said it, and the milter did not get it.
    case keptBack(Packet)
    /// It was made for the milter, and the MTA knows nothing of it.
    case made(Packet, number: Int)
    /// The milter's answer.
    case heard(Packet, number: Int)
    /// The MTA was told another answer to OPTNEG than the milter's.
    case told(Packet)
    /// The MTA has gone.
    case ended
    /// There is no more to go by.
    case lost(Sentence)

    package var bytes: Int {
      switch self {
      case .said(let packet, _), .keptBack(let packet), .made(let packet, _), .heard(let packet, _),
        .told(let packet):
        packet.bytes.count + ShadowLedger.overhead
      case .ended, .lost: 0
      }
    }
  }

  private struct Line {
    let packet: Packet
    /// As which the milter has got it; nil where it has not.
    let number: Int?
  }

  private let ledger: ShadowLedger
  private let shadow: Int
  /// What is still to be said.
  private var lines: [Line] = []
  private var place = 0
  private var queued = 0
  private var isEnded = false
  /// It was told that the MTA goes: it may close before the MTA has.
  private var hasQuit = false
  private var isFinished = false
  private var trouble: Sentence?
  /// The milter's conversation, and what the MTA knows of its answer to OPTNEG.
  private var milter = Dialogue()
  private var told: OptNeg?
  private var left = LeftOut()
  private var wants = ShadowWants()
  private var comparison = ShadowComparison()
  /// What it lacks, to be noted before anything else is said.
  private var note: Sentence?
  /// Packets of one line that are still to be said.
  private var pieces: [Packet] = []
  private var latest: Line?
  /// Whether the shadow is to answer it.
  private var isAnswered = true
  /// The numbers of the milter's commands by those of the shadow's that it may still answer.
  private var numbers: [Int: Int] = [:]
  private var surplus = Surplus()

  /// What a milter may say to one command.
  private struct Surplus {
    var packets = 0
    var bytes = 0

    static let packets = 10_000
    static let bytes = 16 << 20
  }

  /// - Parameter shadow: its place among the shadows of the ledger.
  package init(_ shadow: Int, of ledger: ShadowLedger) {
    (self.shadow, self.ledger) = (shadow, ledger)
    ledger.tallies[shadow].conversations += 1
  }

  // MARK: - What it goes by

  /// What happened in the conversation that is shadowed.
  package mutating func happened(_ event: Event, at now: Moment) {
    guard trouble == nil else { return }
    switch event {
    case .said(let packet, let number):
      follow(packet, number, at: now)
      comparison.asked(packet, number: number, isAnswered: isAnswered(packet, milter.negotiation))
      queue(Line(packet: packet, number: number))
    case .keptBack(let packet): queue(Line(packet: packet, number: nil))
    case .made(let packet, let number): follow(packet, number, at: now)
    case .heard(let packet, let number):
      let place = follow(packet, number, at: now)
      comparison.milterKeepsSpace = milter.negotiation.keepsLeadingSpace
      if let command = place.answers { comparison.milterSaid(packet, number: number, to: command) }
    case .told(let packet): told = OptNeg(Dissection(packet).shape, of: packet)
    case .ended: isEnded = true
    case .lost(let why): giveUp(why)
    }
  }

  @discardableResult
  private mutating func follow(_ packet: Packet, _ number: Int, at now: Moment) -> Placement {
    milter.travelled(packet, Dissection(packet).shape, number: number, .through, at: now)
  }

  private func isAnswered(_ packet: Packet, _ negotiation: Negotiation) -> Bool {
    guard case .command(let kind) = packet.kind, let stage = kind.stage else { return false }
    return negotiation.milterAnswers(at: stage) && !negotiation.milterDeclines(stage)
  }

  private mutating func queue(_ line: Line) {
    let bytes = line.packet.bytes.count + ShadowLedger.overhead
    guard queued + bytes <= ShadowLedger.mostOfOne, ledger.queued + bytes <= ShadowLedger.most else {
      return giveUp("the shadow is too slow: more than is kept waits for it")
    }
    queued += bytes
    ledger.queued += bytes
    lines.append(line)
  }

  private mutating func dequeue() -> Line? {
    guard place < lines.count else { return nil }
    let line = lines[place]
    place += 1
    if place == lines.count || place >= Self.stale {
      lines.removeFirst(place)
      place = 0
    }
    let bytes = line.packet.bytes.count + ShadowLedger.overhead
    queued -= bytes
    ledger.queued -= bytes
    return line
  }

  /// Lines that were said and still take room.
  private static let stale = 1024

  private mutating func giveUp(_ why: Sentence) {
    guard trouble == nil else { return }
    trouble = why
    ledger.queued -= queued
    (lines, place, queued, pieces) = ([], 0, 0, [])
  }

  // MARK: - What it says

  package mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    while true {
      if let note = note.take() { return .note(note) }
      if let trouble { return end(trouble) }
      if let piece = pieces.popFirst() { return .say(piece) }
      if let due = dialogue.pending.owed {
        let end = dialogue.giveUpTime(of: due)
        if now < end { return .wait(until: end) }
        giveUp("no answer to \(due.stage.name) within \((end - due.came).words)")
        continue
      }
      guard let line = dequeue() else { return isEnded ? end(nil) : .wait(until: nil) }
      take(line, dialogue.negotiation)
    }
  }

  private mutating func end(_ why: Sentence?) -> MTAMove {
    finish(gaveUp: why != nil)
    return why.map(MTAMove.giveUp) ?? .hangUp
  }

  package mutating func ended() {
    let isShort = !(isEnded || hasQuit) || place < lines.count || !pieces.isEmpty
    giveUp("")
    finish(gaveUp: isShort)
  }

  private mutating func finish(gaveUp: Bool) {
    guard !isFinished else { return }
    isFinished = true
    comparison.end()
    ledger.take(comparison.tally, of: shadow, gaveUp: gaveUp)
  }

  private mutating func take(_ line: Line, _ negotiation: Negotiation) {
    surplus = Surplus()
    var kind: CommandKind?
    if case .command(let command) = line.packet.kind { kind = command }
    if kind != .optNeg, kind != .macro, let answered = negotiation.answered, !wants.isTold {
      comparison.shadowKeepsSpace = negotiation.keepsLeadingSpace
      note = wants.lacks(answered, of: told ?? milter.negotiation.answered)
    }
    let stage = kind == .macro ? Self.stage(ofMacros: line.packet) : kind?.stage
    if left.leavesOut(kind, at: stage, negotiation) {
      if let number = line.number { leaveOut(number, stage, negotiation) }
      return
    }
    let offered = told ?? milter.negotiation.answered
    guard let packets = wants.form(of: line.packet, kind, negotiation, mta: offered?.effectiveFlags ?? [])
    else {
      if let number = line.number { comparison.declined(number) }
      return
    }
    pieces = packets
    hasQuit = kind == .quit
    if kind != .macro, let stage {
      latest = line
      isAnswered = negotiation.milterAnswers(at: stage)
    }
    left.said(kind)
  }

  private mutating func leaveOut(_ number: Int, _ stage: Stage?, _ negotiation: Negotiation) {
    if let stage, negotiation.milterDeclines(stage) {
      comparison.declined(number)
    } else {
      comparison.leftOut(number)
    }
  }

  private static func stage(ofMacros packet: Packet) -> Stage? {
    guard case .macro(let command, _) = Dissection(packet).shape else { return nil }
    return CommandKind(rawValue: command)?.stage
  }

  package mutating func remarks() -> [Finding] { comparison.take() }

  package mutating func said(_ packet: Packet, number: Int) {
    // Of a chunk in pieces the last one is answered last.
    guard pieces.isEmpty, let latest, let original = latest.number, packet.kind == latest.packet.kind else {
      return
    }
    numbers[number] = original
    if numbers.count > Self.mostNumbers, let oldest = numbers.keys.min() { numbers[oldest] = nil }
    comparison.said(original, as: number, isAnswered: isAnswered)
  }

  /// Commands that a shadow may have under way.
  private static let mostNumbers = 256

  // MARK: - What it hears

  package mutating func heard(
    _ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment
  ) {
    surplus.packets += 1
    surplus.bytes += packet.bytes.count
    guard surplus.packets <= Surplus.packets, surplus.bytes <= Surplus.bytes else {
      return giveUp("the shadow says more to one command than is kept")
    }
    guard case .reply(let kind) = packet.kind else {
      return giveUp("the shadow says something that is no reply")
    }
    if let original = place.answers.flatMap({ numbers[$0] }) {
      comparison.shadowSaid(packet, number: number, to: original)
    }
    if kind.settles, kind != .continue, !pieces.isEmpty { endPieces(packet, number, kind) }
    guard kind.settles, let latest, let stage = place.stage,
      case .command(let command) = latest.packet.kind, command.stage == stage
    else { return }
    left.accepted(kind, at: stage)
    left.decided(kind, at: stage, to: command)
  }
}

extension ShadowedMTA {
  /// A part of a chunk is answered so that no MTA would send the rest of it.
  private mutating func endPieces(_ packet: Packet, _ number: Int, _ kind: ReplyKind) {
    pieces = kind == .skip ? pieces.filter { $0.kind == .command(.bodyEOB) } : []
    if pieces.isEmpty, let original = latest?.number {
      comparison.shadowSaid(packet, number: number, to: original)
    }
  }
}

extension [Packet] {
  fileprivate mutating func popFirst() -> Packet? { isEmpty ? nil : removeFirst() }
}
