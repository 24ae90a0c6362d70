import Dialogue
import MilterProtocol
import Sending

/// The MTA of a trial: says a list of steps, as far as the milter wants to hear them.
///
/// Like an MTA it says nothing more of a mail or a client about which the milter has decided, and waits for each answer that is owed.
/// Behind a fault nothing is owed any more until ABORT: whether the milter answers is what the trial is about.
package struct TrialMTA: MTAScript {
  /// How long a milter gets to say something about a fault, and how long a connection is held open.
  package struct Patience: Sendable {
    package var listening = Moment.Span.milliseconds(500)
    package var holding = Moment.Span.seconds(3)

    package init() {}
  }

  private let trial: TrialMail
  private var steps: ArraySlice<TrialStep>
  private let patience: Patience
  private var macros: MacroWriter?
  private var lines: [MTAMove]
  /// What the milter has decided about.
  private var over = Scope.nothing
  private var skipped: Stage?
  private var accepted = 0
  private var isNegotiating = false
  private var hasFault = false
  private var listensUntil: Moment?

  private enum Scope { case nothing, mail, client }

  /// - Parameter title: what the trace says of the connection.
  package init(_ steps: [TrialStep], _ trial: TrialMail, _ patience: Patience, title: String) {
    self.trial = trial
    self.steps = steps[...]
    self.patience = patience
    lines = [.note("\(title)")]
  }

  // MARK: - Script

  package mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    while true {
      if !lines.isEmpty { return lines.removeFirst() }
      if let listensUntil {
        if now < listensUntil { return .wait(until: listensUntil) }
        self.listensUntil = nil
      }
      if !hasFault, let due = dialogue.pending.awaited(on: .mta) {
        let end = dialogue.giveUpTime(of: due)
        if now < end { return .wait(until: end) }
        return .giveUp("no answer to \(due.stage.name) within \((end - due.came).words)")
      }
      if isNegotiating {
        isNegotiating = false
        guard dialogue.negotiation.answered != nil else {
          return .giveUp("the milter answers OPTNEG with something else")
        }
        macros = MacroWriter(trial.session, dialogue.negotiation)
      }
      guard let step = steps.popFirst() else { return .hangUp }
      take(step, dialogue, at: now)
    }
  }

  package mutating func heard(
    _ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment
  ) {
    guard case .reply(let kind) = packet.kind, kind.settles else { return }
    if hasFault, listensUntil != nil, !holds { listensUntil = now }
    guard let stage = place.stage else { return }
    if stage == .rcpt, !kind.refuses { accepted += 1 }
    if kind == .skip { skipped = stage }
    switch stage {
    case .connect, .helo: if kind.refuses || kind == .accept { over = .client }
    case .negotiation, .unknown: break
    case .data where kind.refuses: over = .mail
    case _: if over == .nothing, kind.endsMessage(at: stage) { over = .mail }
    }
  }

  // MARK: - Steps

  private var holds = false

  private mutating func take(_ step: TrialStep, _ dialogue: Dialogue, at now: Moment) {
    switch step {
    case .negotiate(let offer):
      lines = [.say(Packet(encoding: Command.optNeg(offer)))]
      isNegotiating = true
    case .say(let command): lines = packets(for: command, dialogue).map { .say($0) }
    case .bare(let command): lines = packets(for: command, dialogue).suffix(1).map { .say($0) }
    case .trickle(let command):
      lines = packets(for: command, dialogue).map {
        .sayPiecewise($0, bytes: 1, pause: .milliseconds(1))
      }
    case .run(let commands):
      for command in commands {
        lines += packets(for: command, dialogue).map { .say($0) }
        // As if the recipient had been taken.
        accepted = 1
      }
    case .odd(let packet): fault(.say(packet))
    case .oddBytes(let bytes): fault(.sayBytes(bytes))
    case .listen: listensUntil = now + patience.listening
    case .hold:
      holds = true
      listensUntil = now + patience.holding
    case .hangUp: lines = [.hangUp]
    case .reset: lines = [.reset]
    }
  }

  private mutating func fault(_ move: MTAMove) {
    lines = hasFault ? [move] : [.note("the fault"), move]
    hasFault = true
  }

  /// The command behind its macros; nothing where an MTA would not say it now.
  private mutating func packets(for command: Command, _ dialogue: Dialogue) -> [Packet] {
    if command.kind == .abort || command.kind == .quit {
      // Whatever is owed is not waited for any more.
      hasFault = false
      if over == .mail { over = .nothing }
    }
    guard let stage = command.kind.stage else { return [Packet(encoding: command)] }
    if over == .client { return [] }
    if stage == .mail { (over, accepted) = (.nothing, 0) }
    if over == .mail, stage.isOfMail { return [] }
    if stage == .data, accepted == 0, !dialogue.negotiation.milterDeclines(.rcpt),
      dialogue.negotiation.mtaWaits(at: .rcpt)
    {
      over = .mail
      return []
    }
    if stage != skipped { skipped = nil }
    if stage == skipped { return [] }
    let isWanted = !dialogue.negotiation.milterDeclines(stage)
    var packets: [Packet] = []
    if isWanted || trial.session.announcesUnwanted(stage) {
      var recipient: Envelope?
      if case .rcpt(let envelope) = command { recipient = envelope }
      let hasQueueID =
        stage.isOfMail && (trial.session.mta != .postfix || stage.isOfContent || stage == .data)
      let mail = stage.isOfMail ? trial.mail : nil
      let set = macros?.packet(before: stage, of: mail, to: recipient, hasQueueID: hasQueueID)
      if let set { packets.append(set) }
    }
    if isWanted { packets.append(Packet(encoding: spaced(command, dialogue))) }
    return packets
  }

  private func spaced(_ command: Command, _ dialogue: Dialogue) -> Command {
    guard case .header(let header) = command, dialogue.negotiation.keepsLeadingSpace else { return command }
    return .header(Header(name: header.name, value: [0x20] + header.value))
  }
}
