import MilterProtocol
import Sending
import TraceModel

/// Runs trials against an MTA, one behind the other, and judges what came of each.
///
/// Behind a trial that the MTA may not have got over, a plain mail has to be served.
package struct MTAChecklist {
  private var trials: ArraySlice<MTATrial>
  private var plain: MTACourse?
  /// The trial that is over, and behind which the plain mail is under way.
  private var behind: (trial: MTATrial, course: MTACourse)?
  private var current: MTATrial?
  private var isGone = false
  private var reports: [TrialReport] = []
  /// Whether we submit the mails ourselves, and so know what the client is told.
  private let knowsClient: Bool

  package init(only ids: Set<String>? = nil, knowsClient: Bool) {
    trials = MTATrial.table.filter { ids?.contains($0.id) ?? true }[...]
    if trials.first?.id != MTATrial.plain.id { trials = [.plain] + trials }
    self.knowsClient = knowsClient
  }

  /// Reports that nobody has taken yet.
  package mutating func takeReports() -> [TrialReport] {
    defer { reports.removeAll() }
    return reports
  }

  /// Not even the plain mail came to the milter.
  package var wasNeverThere: Bool { plain.map { !$0.hasCome } ?? false }

  /// What to do next; nil once all is done.
  package mutating func next() -> MTATrial? {
    if behind != nil { return .plain }
    while let trial = trials.popFirst() {
      if isGone {
        report(trial, .skip, nil, [knowsClient ? "the MTA serves nobody any more" : "no MTA came any more"])
        continue
      }
      if trial.asksTheUnknown, !knowsClient {
        report(trial, .skip, nil, ["it needs a client that says what nobody knows: --smtp"])
        continue
      }
      current = trial
      return trial
    }
    return nil
  }

  /// What came of what was asked for last.
  package mutating func take(_ course: MTACourse) {
    if let (trial, first) = behind {
      behind = nil
      isGone = !course.isServed(knowsClient: knowsClient)
      return judge(trial, first, next: course)
    }
    guard let trial = current else { return }
    current = nil
    if trial.id == MTATrial.plain.id {
      plain = course
      isGone = !course.hasCome
      return judge(trial, course, next: nil)
    }
    var mayHaveBroken = !course.isServed(knowsClient: knowsClient)
    if case .survives = trial.bar { mayHaveBroken = true }
    // Who is not ours to ask sends the next mail when it likes, and the next trial takes it.
    guard mayHaveBroken, knowsClient else { return judge(trial, course, next: nil) }
    behind = (trial, course)
  }

  private mutating func judge(_ trial: MTATrial, _ course: MTACourse, next: MTACourse?) {
    var reasons: [String] = []
    if !course.hasCome, trial.bar != .refuses { reasons.append("the MTA did not come to the milter") }
    if let ending = course.client {
      switch trial.bar {
      case .takes: if !ending.isTaken { reasons.append("the mail was not taken") }
      case .refuses: if !ending.isRefused { reasons.append("the client was not refused") }
      case .survives: if !ending.isAnswered { reasons.append(ending.words) }
      }
    } else if course.hasCome, trial.bar == .takes, course.reached == nil {
      reasons.append("nothing was asked behind OPTNEG")
    }
    let known = trial.id == MTATrial.plain.id ? [] : Set(plain?.findings.map(\.rule.id) ?? [])
    for finding in course.findings where !known.contains(finding.rule.id) {
      let reason = "\(finding.rule.id): \(finding.text)"
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    if let next, let plain, plain.isServed(knowsClient: knowsClient), !next.isServed(knowsClient: knowsClient)
    {
      reasons.append("the next mail: \(next.words)")
    }
    report(trial, reasons.isEmpty ? .pass : .fail, course, reasons)
  }

  private mutating func report(
    _ trial: MTATrial, _ result: TrialReport.Result, _ course: MTACourse?, _ reasons: [String]
  ) {
    reports.append(
      TrialReport(
        id: trial.id, group: trial.group.rawValue, what: trial.what, expected: trial.bar.words,
        result: result,
        came: course?.words ?? "", reasons: reasons))
  }
}

/// What came of a trial of an MTA: what the client was told, and how far the MTA went with the milter.
package struct MTACourse: Sendable {
  /// nil where the mail was somebody else's.
  let client: SMTPTalk.Ending?
  /// The MTA connected to the milter.
  let hasCome: Bool
  /// The last command behind OPTNEG.
  let reached: Stage?
  /// What is odd about packets of the MTA.
  let findings: [Finding]

  /// - Parameter records: of all connections that the MTA made meanwhile.
  package init(_ records: [Record], client: SMTPTalk.Ending?) {
    self.client = client
    var commands: Set<Int> = []
    var found: [Finding] = []
    var reached: Stage?
    var hasCome = false
    for record in records {
      switch record.event {
      case .received(let received) where received.packet.sender == .mta:
        hasCome = true
        commands.insert(received.number)
        if case .command(let kind) = received.packet.kind, let stage = kind.stage, stage != .negotiation {
          reached = stage
        }
      case .found(let finding): found.append(finding)
      case .opened, .received, .passed, .sent, .held, .released, .instructed, .noted, .marked, .closed: break
      }
    }
    self.hasCome = hasCome
    self.reached = reached
    // What the milter does is its own, and behind a fault the MTA may be out of step.
    findings = found.filter { finding in
      guard let packet = finding.packet, commands.contains(packet), finding.cause == nil else { return false }
      let id = finding.rule.id
      let isOfPackets = "FGN".contains(id.prefix(1)) && finding.severity == .error
      return isOfPackets || Self.alwaysTold.contains(id)
    }
  }

  /// An offer that makes no sense is a note where all goes on.
  private static let alwaysTold: Set = ["N19", "N20"]

  func isServed(knowsClient: Bool) -> Bool { knowsClient ? client?.isAnswered ?? false : hasCome }

  var words: String {
    let way =
      !hasCome
      ? "it did not come to the milter"
      : reached.map { "it went as far as \($0.name)" } ?? "it went no further than OPTNEG"
    guard let client else { return way }
    return "\(client.words); \(way)"
  }
}
