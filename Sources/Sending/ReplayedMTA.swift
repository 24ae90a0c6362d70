import Dialogue
import MilterProtocol

/// Where a replayed MTA has its packets from, when it says them: a trace may hold more than memory does.
package protocol RecordedPackets: AnyObject, Sendable {
  /// What is said now: the packet of that row, or nil where it cannot be read back.
  func said(_ line: ReplayedMTA.Line) -> Packet?
}

/// The MTA's side of a recorded connection, said again byte for byte.
///
/// For as long as the milter says what the recorded one said, everything is said that was. Where it decides otherwise, what an
/// MTA would not say then is left out: the rest of a mail that is over, of a session whose client is refused, of headers or body
/// that it does not want to see, and commands that it switched off. What was never recorded is never said; but where something is
/// changed to see what the milter would do, a mail that the recorded one ended within its content comes to an end.
package struct ReplayedMTA: MTAScript {
  /// A packet that was said, or that is said otherwise.
  package struct Line: Sendable {
    /// nil for a packet that the trace does not have.
    package let row: Int?
    var kind: CommandKind?
    /// Of macros, the command that they come before.
    let stage: Stage?
    /// When, from the start of the trace.
    let time: Moment
    /// The mail of the trace that it belongs to; nil outside any.
    let message: Int?
    /// What the recorded milter answered; nil for nothing.
    package var verdict: ReplyKind?
    package internal(set) var change: Change?

    /// What is said instead, and what asked for it.
    package struct Change: Sendable {
      package let packet: Packet
      package let why: Sentence
    }

    package init(
      row: Int?, kind: CommandKind?, stage: Stage?, time: Moment, message: Int? = nil,
      verdict: ReplyKind? = nil
    ) {
      (self.row, self.kind, self.stage) = (row, kind, stage)
      (self.time, self.message, self.verdict) = (time, message, verdict)
    }
  }

  private var lines: [Line]
  private let packets: any RecordedPackets
  /// What the trace's time is behind; nil where each packet is said as soon as it may be.
  private let start: Moment?
  private let makesUpEnds: Bool
  private var place = 0
  /// The last command that was said, of those that may be answered.
  private var latest: Line?
  private var omitted = LeftOut()
  private var trouble: Sentence?

  /// - Parameters:
  ///   - start: the moment at which the trace begins anew; nil to go as fast as the milter does.
  ///   - makesUpEnds: whether a mail of which the trace does not have the rest is ended, without that.
  package init(
    _ lines: [Line], from packets: any RecordedPackets, start: Moment?, makesUpEnds: Bool = false
  ) {
    (self.lines, self.packets) = (lines, packets)
    (self.start, self.makesUpEnds) = (start, makesUpEnds)
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
      if omitted.leavesOut(line.kind, at: line.stage, dialogue.negotiation) { continue }
      guard let packet = packets.said(line) else { continue }
      if line.kind != .macro, line.stage != nil { latest = line }
      omitted.said(line.kind)
      return .say(packet, note: line.change?.why)
    }
  }

  package mutating func heard(
    _ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment
  ) {
    guard case .reply(let kind) = packet.kind else {
      trouble = "the milter says something that is no reply"
      return
    }
    guard kind.settles, let latest, let stage = place.stage, latest.stage == stage else { return }
    omitted.accepted(kind, at: stage)
    guard kind != latest.verdict else { return }
    if makesUpEnds, let recorded = latest.verdict, recorded.endsMessage(at: stage),
      !kind.endsMessage(at: stage)
    {
      makeUpEnd(of: latest)
    }
    omitted.decided(kind, at: stage, to: latest.kind)
  }

  /// The recorded milter ended the mail there, so its MTA said no more of it, and this one wants more.
  private mutating func makeUpEnd(of last: Line) {
    let rest: [Command]
    switch last.stage {
    case .header: rest = [.eoh, .bodyEOB([])]
    case .eoh, .body: rest = [.bodyEOB([])]
    // Without any content there is no mail.
    case .negotiation, .connect, .helo, .mail, .rcpt, .data, .bodyEOB, .unknown, nil: return
    }
    guard place >= lines.count || lines[place].message != last.message || lines[place].kind == .abort else {
      return
    }
    let made = rest.map { command in
      var line = Line(
        row: nil, kind: command.kind, stage: command.kind.stage, time: last.time, message: last.message)
      line.change = Line.Change(
        packet: Packet(encoding: command), why: "made up: the trace does not have the rest of this mail")
      return line
    }
    lines.insert(contentsOf: made, at: place)
  }
}
