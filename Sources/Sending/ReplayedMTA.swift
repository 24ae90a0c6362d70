import Dialogue
import MilterProtocol

/// Where a replayed MTA has its packets from, when it says them: a trace may hold more than memory does.
package protocol RecordedPackets: AnyObject, Sendable {
  /// nil where it cannot be read back.
  func packet(at row: Int) -> Packet?
}

/// The MTA's side of a recorded connection, said again byte for byte.
///
/// For as long as the milter says what the recorded one said, everything is said that was. Where it decides otherwise, what an
/// MTA would not say then is left out: the rest of a mail that is over, of a session whose client is refused, of headers or body
/// that it does not want to see, and commands that it switched off. What was never recorded is never said.
package struct ReplayedMTA: MTAScript {
  /// A packet that was said.
  package struct Line: Sendable {
    let row: Int
    let kind: CommandKind?
    /// Of macros, the command that they come before.
    let stage: Stage?
    /// When, from the start of the trace.
    let time: Moment
    /// What the recorded milter answered; nil for nothing.
    package var verdict: ReplyKind?

    package init(row: Int, kind: CommandKind?, stage: Stage?, time: Moment, verdict: ReplyKind? = nil) {
      (self.row, self.kind, self.stage) = (row, kind, stage)
      (self.time, self.verdict) = (time, verdict)
    }
  }

  private let lines: [Line]
  private let packets: any RecordedPackets
  /// What the trace's time is behind; nil where each packet is said as soon as it may be.
  private let start: Moment?
  private var place = 0
  /// The last command that was said, of those that may be answered.
  private var latest: Line?
  private var omission = Omission.nothing
  private var accepted = 0
  /// Whether this milter refused a recipient that the recorded one took.
  private var hasRefused = false
  private var trouble: Sentence?

  private enum Omission {
    case nothing
    /// Of the kind that this is.
    case kind(CommandKind)
    /// Up to the next mail.
    case mail
    /// Up to QUIT.
    case session
  }

  /// - Parameter start: the moment at which the trace begins anew; nil to go as fast as the milter does.
  package init(_ lines: [Line], from packets: any RecordedPackets, start: Moment?) {
    (self.lines, self.packets, self.start) = (lines, packets, start)
  }

  package mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    while true {
      if let trouble { return .giveUp(trouble) }
      if let due = dialogue.pending.owed {
        let end = dialogue.giveUpTime(of: due)
        if now < end { return .wait(until: end) }
        trouble = "no answer to \(due.stage.name) within \((end - due.came).words)"
        continue
      }
      guard place < lines.count else { return .hangUp }
      let line = lines[place]
      if let start, now < start + (line.time - .zero) { return .wait(until: start + (line.time - .zero)) }
      place += 1
      if isLeftOut(line, dialogue.negotiation) { continue }
      guard let packet = packets.packet(at: line.row) else { continue }
      if line.kind != .macro, line.stage != nil { latest = line }
      if line.kind == .mail { (accepted, hasRefused) = (0, false) }
      return .say(packet)
    }
  }

  private mutating func isLeftOut(_ line: Line, _ negotiation: Negotiation) -> Bool {
    if hasRefused, accepted == 0, line.stage == .data || line.stage == .header { omission = .mail }
    if endsOmission(line) { omission = .nothing }
    switch omission {
    case .mail, .session: return true
    case .kind(let kind) where line.stage == kind.stage: return true
    case .kind, .nothing: break
    }
    // Macros go to a milter that declined their command, too, where an MTA had sent them (protocol.md 2.3).
    guard line.kind != .macro, let stage = line.stage else { return false }
    return negotiation.milterDeclines(stage)
  }

  private func endsOmission(_ line: Line) -> Bool {
    let isNewSession = line.kind == .optNeg || line.kind == .quit || line.kind == .quitNC
    switch omission {
    case .nothing: return false
    case .session: return isNewSession
    case .mail, .kind: return isNewSession || line.kind == .abort || line.stage == .mail
    }
  }

  package mutating func heard(
    _ packet: Packet, _ place: Placement, _ dialogue: Dialogue, at now: Moment
  ) {
    guard case .reply(let kind) = packet.kind else {
      trouble = "the milter says something that is no reply"
      return
    }
    guard kind.settles, let latest, let stage = place.stage, latest.stage == stage else { return }
    if stage == .rcpt, !kind.refuses { accepted += 1 }
    guard kind != latest.verdict else { return }
    switch stage {
    case .connect, .helo: if kind != .continue, kind != .skip { omission = .session }
    case .rcpt where kind.refuses: hasRefused = true
    case .data where kind.refuses: omission = .mail
    case .negotiation, .bodyEOB, .unknown: break
    case .mail, .rcpt, .data, .header, .eoh, .body:
      if kind.endsMessage(at: stage) {
        omission = .mail
      } else if kind == .skip, let command = latest.kind {
        omission = .kind(command)
      }
    }
  }
}
