import Dialogue
import MilterProtocol

/// What a milter and its shadow do not say alike about the same commands, found while they say it.
///
/// A command is compared once both have settled it: verdicts, and at the end of the mail what they change. What differs from run
/// to run is left out by ``RunMarks``. A shadow that does not hear of a command, and one that promised no reply to it, has it go
/// on, as its MTA would. Nothing is kept of what both have settled.
package struct ShadowComparison: Sendable {
  /// What came of mails so far.
  package struct Tally: Equatable, Sendable {
    /// Of which each command that both heard was answered alike.
    package var alike = 0
    package var different = 0
    /// Of which one of the two did not say all.
    package var open = 0

    package init() {}
  }

  package private(set) var tally = Tally()
  private var steps: [Int: ShadowedStep] = [:]
  private var findings: [Finding] = []
  private var mails: [Int: Mail] = [:]
  private var message = 0
  /// How MTA and milter call their host, and what the next mail is called.
  private var host: [UInt8]?
  private var marks = RunMarks()
  /// Whether values of headers begin with the space behind the colon.
  package var milterKeepsSpace = false
  package var shadowKeepsSpace = false

  private struct Mail {
    var marks: RunMarks
    var open = 0
    var compared = 0
    var differs = false
    /// The MTA says no more of it.
    var isOver = false
  }

  /// Commands that one of the two has not settled.
  private static let mostSteps = 10_000

  package init() {}

  // MARK: - What is said

  /// The MTA said a command to its milter.
  ///
  /// - Parameter isAnswered: whether the milter is to answer it.
  package mutating func asked(_ packet: Packet, number: Int, isAnswered: Bool) {
    guard case .command(let kind) = packet.kind else { return }
    switch kind {
    case .mail:
      endMail()
      message += 1
      mails[message] = Mail(marks: marks)
      marks = RunMarks()
      if let host { marks.note(host, as: "<host>") }
    case .abort, .quit, .quitNC: endMail()
    case .macro: note(macros: packet)
    case .optNeg, .connect, .helo, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown: break
    }
    guard let stage = kind.stage, stage != .negotiation, kind != .macro, steps.count < Self.mostSteps else {
      return
    }
    var subject: [UInt8] = []
    switch Dissection(packet).shape {
    case .rcpt(let address, _): subject = Array(packet.bytes[address].prefix(Self.quoted))
    case .header(let name, let value):
      subject = Array(packet.bytes[name].prefix(Self.quoted))
      mails[message]?.marks.note(header: packet.bytes[name], packet.bytes[value])
    default: break
    }
    var step = ShadowedStep(kind: kind, stage: stage, message: message, subject: subject)
    if !isAnswered { step.milter.verdict = .silence }
    steps[number] = step
    mails[message]?.open += 1
    if kind == .bodyEOB { mails[message]?.isOver = true }
  }

  /// A command that the milter has got was said to the shadow.
  ///
  /// - Parameters:
  ///   - number: as which the milter has got it.
  ///   - shadows: as which the shadow has.
  package mutating func said(_ number: Int, as shadows: Int, isAnswered: Bool) {
    steps[number]?.number = shadows
    if !isAnswered { settle(number) { $0.shadow.verdict = .silence } }
  }

  /// The shadow does not want to hear it: as far as it is concerned, mail goes on.
  package mutating func declined(_ number: Int) { settle(number) { $0.shadow.verdict = .silence } }

  /// It is over for the shadow, which has said why before.
  package mutating func leftOut(_ number: Int) {
    guard let step = steps.removeValue(forKey: number) else { return }
    close(step)
  }

  /// The milter's reply to a command.
  package mutating func milterSaid(_ packet: Packet, number: Int, to command: Int) {
    take(packet, number, to: command, \.milter)
  }

  /// The shadow's reply to a command, by the number that the milter has got that as.
  package mutating func shadowSaid(_ packet: Packet, number: Int, to command: Int) {
    take(packet, number, to: command, \.shadow)
  }

  /// Nothing more is said.
  package mutating func end() {
    endMail()
    for step in steps.values { close(step, isCompared: false) }
    steps = [:]
  }

  /// What was found since the last call, in order.
  package mutating func take() -> [Finding] {
    defer { findings = [] }
    return findings
  }

  // MARK: - Comparing

  private mutating func take(
    _ packet: Packet, _ number: Int, to command: Int, _ side: WritableKeyPath<ShadowedStep, ShadowedStep.Side>
  ) {
    guard case .reply(let kind) = packet.kind, let step = steps[command] else { return }
    switch kind.role {
    case .keepAlive, .negotiation, .misplaced: return
    case .modification:
      if let header = packet.header {
        mails[step.message]?.marks.note(header: header.name, header.value)
      }
      steps[command]?[keyPath: side].add(packet, number, kind)
    case .verdict:
      guard steps[command]?[keyPath: side].verdict == nil else { return }
      settle(command) { $0[keyPath: side].verdict = .said(ShadowedStep.Said(packet: packet, number: number)) }
    }
  }

  private mutating func settle(_ number: Int, _ change: (inout ShadowedStep) -> Void) {
    guard var step = steps[number] else { return }
    change(&step)
    guard let milter = step.milter.verdict, let shadow = step.shadow.verdict else {
      steps[number] = step
      return
    }
    steps[number] = nil
    let before = findings.count
    let marks = mails[step.message]?.marks ?? RunMarks()
    if rest(of: milter, marks) != rest(of: shadow, marks) { remark(step, milter, shadow) }
    compareChanges(step, marks)
    if findings.count > before { mails[step.message]?.differs = true }
    mails[step.message]?.compared += 1
    close(step)
  }

  /// What the MTA goes by.
  private func rest(of verdict: ShadowedStep.Verdict, _ marks: RunMarks) -> [UInt8] {
    switch verdict {
    case .silence: [ReplyKind.continue.rawValue]
    // Both have the mail go on.
    case .said(let said) where said.packet.kind == .reply(.skip): [ReplyKind.continue.rawValue]
    case .said(let said): marks.rest(of: said.packet)
    }
  }

  private mutating func remark(
    _ step: ShadowedStep, _ milter: ShadowedStep.Verdict, _ shadow: ShadowedStep.Verdict
  ) {
    let subject: Sentence = step.subject.isEmpty ? "" : " \(wire: step.subject)"
    let packet: Int? = if case .said(let said) = shadow { said.number } else { step.number }
    findings.append(
      Finding(
        .shadowDecides, packet: packet,
        "\(step.kind.name)\(subject): the milter says \(Self.words(milter)), its shadow \(Self.words(shadow))"
      ))
  }

  private static func words(_ verdict: ShadowedStep.Verdict) -> Sentence {
    switch verdict {
    case .silence: "nothing, which means CONTINUE"
    case .said(let said): words(said)
    }
  }

  private static func words(_ said: ShadowedStep.Said) -> Sentence {
    let summary = PacketSummary(said.packet).sentence(most: quoted)
    let words: Sentence = "\(said.packet.kind.name)"
    let isPlain = summary.text.isEmpty || summary.text == said.packet.kind.name.lowercased()
    return (isPlain ? words : words + " " + summary) + " (packet \(packet: said.number))"
  }

  private static let quoted = 80

  private mutating func compareChanges(_ step: ShadowedStep, _ marks: RunMarks) {
    if step.milter.isUnchanged, step.shadow.isUnchanged { return }
    var (gone, come) = (step.milter.changes, step.shadow.changes)
    var one = gone.map { Self.rest(of: $0.packet, marks, keepsSpace: milterKeepsSpace) }
    var other = come.map { Self.rest(of: $0.packet, marks, keepsSpace: shadowKeepsSpace) }
    for (place, rest) in one.enumerated().reversed() {
      guard let match = other.lastIndex(of: rest) else { continue }
      gone.remove(at: place)
      one.remove(at: place)
      come.remove(at: match)
      other.remove(at: match)
    }
    for said in gone {
      let match = come.firstIndex { Self.subject($0.packet) == Self.subject(said.packet) }
      remark(step, said, match.map { come.remove(at: $0) })
    }
    for said in come { remark(step, nil, said) }
    compareBodies(step)
  }

  private static func rest(of packet: Packet, _ marks: RunMarks, keepsSpace: Bool) -> [UInt8] {
    guard keepsSpace, let header = packet.header else { return marks.rest(of: packet) }
    return marks.rest(of: packet, withValue: header.value.withoutLead)
  }

  /// What it changes: two of the same subject are told side by side.
  private static func subject(_ packet: Packet) -> [UInt8] {
    (packet.code.map { [$0] } ?? []) + (packet.header?.name.map(lowercased) ?? [])
  }

  private mutating func remark(
    _ step: ShadowedStep, _ milter: ShadowedStep.Said?, _ shadow: ShadowedStep.Said?
  ) {
    findings.append(
      Finding(
        .shadowChanges, packet: shadow?.number ?? step.shadow.settled ?? step.number,
        "the milter says \(milter.map(Self.words) ?? "nothing of it"), its shadow \(shadow.map(Self.words) ?? "nothing of it")"
      ))
  }

  private mutating func compareBodies(_ step: ShadowedStep) {
    let (one, other) = (step.milter.body, step.shadow.body)
    switch (one, other) {
    case (nil, nil): return
    case (let one?, let other?) where one.isLike(other): return
    default: break
    }
    func words(_ body: ShadowedStep.NewBody?) -> Sentence {
      guard let body else { return "leaves the body" }
      return "replaces the body by \(body.bytes) bytes (from packet \(packet: body.number))"
    }
    let isAsLong = one?.bytes == other?.bytes
    findings.append(
      Finding(
        .shadowChanges, packet: other?.number ?? step.shadow.settled ?? step.number,
        "the milter \(words(one)), its shadow \(words(other))\(isAsLong ? ", others of the same number" : "")"
      ))
  }

  // MARK: - Mails

  private mutating func endMail() {
    mails[message]?.isOver = true
    count(message)
  }

  private mutating func close(_ step: ShadowedStep, isCompared: Bool = true) {
    if !isCompared { mails[step.message]?.compared = .min }
    mails[step.message]?.open -= 1
    count(step.message)
  }

  private mutating func count(_ message: Int) {
    guard let mail = mails[message], mail.isOver, mail.open == 0 else { return }
    mails[message] = nil
    if mail.differs {
      tally.different += 1
    } else if mail.compared < 0 {
      tally.open += 1
    } else if mail.compared > 0 {
      tally.alike += 1
    }
  }

  private mutating func note(macros packet: Packet) {
    for (name, value) in MacroPairs(packet) {
      if name.elementsEqual("i".utf8) || name.elementsEqual("{i}".utf8) {
        marks.note(value, as: "<queue-id>")
        mails[message]?.marks.note(value, as: "<queue-id>")
      } else if name.elementsEqual("j".utf8) || name.elementsEqual("{j}".utf8) {
        host = Array(value)
        marks.note(value, as: "<host>")
        mails[message]?.marks.note(value, as: "<host>")
      }
    }
  }
}

extension PacketSummary {
  /// With no more of each value than so many bytes.
  fileprivate func sentence(most: Int) -> Sentence {
    Sentence(
      parts.map { part in
        switch part {
        case .words(let words): .words(words)
        case .wire(let bytes): .wire(Array(bytes.prefix(most)))
        }
      })
  }
}
