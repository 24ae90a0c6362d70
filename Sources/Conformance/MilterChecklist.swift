import Dialogue
import MilterProtocol
import Sending
import TraceModel

/// Runs trials against a milter, one behind the other, and judges what came of each.
///
/// ```
///   plain ─▶ trial ─▶ the next mail, where the trial may have broken something ─▶ trial ─▶ …
///              │                     │ nobody there
///              └ held: the next      └▶ asked again for a while; nothing more is tried of a milter that stays away
///                mail meanwhile
/// ```
package struct MilterChecklist {
  /// What there is to do.
  package enum Order {
    case play(TrialMTA)
    /// Nothing before then, or before a connection is over.
    case wait(until: Moment)
    case done
  }

  private let mail: TrialMail
  private var trials: ArraySlice<MilterTrial>
  /// What the plain mail came to.
  private var plain: TrialCourse?
  private var state = State.ready
  private var listening = TrialMTA.Patience().listening
  private var isGone = false
  private var reports: [TrialReport] = []
  /// Connections that were asked for, and of which each was.
  private var begun = 0

  private enum State {
    case ready
    case trying(MilterTrial, connection: Int)
    /// Held open; the next mail may begin.
    case holding(MilterTrial, connection: Int, from: Moment)
    /// Held open, with the next mail, and what came of that if it is over.
    case meanwhile(MilterTrial, connection: Int, next: Int, TrialCourse?)
    /// The next mail is to be sent then.
    case resting(Behind, until: Moment)
    case sending(Behind, connection: Int)
  }

  /// A trial that is over, behind which the next mail has to be served.
  private struct Behind {
    let trial: MilterTrial
    let course: TrialCourse
    let since: Moment
    /// The milter was not there when it was asked.
    var wasGone = false
    /// It was under way when the connection of the fault ended, as it should not have been.
    var isLate = false
  }

  /// How long a milter that went away may take to be back.
  private static let absence = Moment.Span.seconds(5)

  /// - Parameter ids: of trials; nil for all.
  package init(_ session: SendingSession, _ mail: SentMail, only ids: Set<String>? = nil) {
    self.mail = TrialMail(session, mail)
    trials = MilterTrial.table.filter { ids?.contains($0.id) ?? true }[...]
    if trials.first?.id != MilterTrial.plain.id { trials = [.plain] + trials }
  }

  package var count: Int { trials.count }

  /// Reports that nobody has taken yet.
  package mutating func takeReports() -> [TrialReport] {
    defer { reports.removeAll() }
    return reports
  }

  /// The milter never answered the plain mail's connection.
  package private(set) var wasNeverThere = false

  /// How long its answers are waited for; nil for as long as an MTA does, before the plain mail has shown its ways.
  package var timeouts: MTATimeouts? {
    guard let plain, plain.failure == nil else { return nil }
    let span = max(.seconds(5), plain.slowest + plain.slowest + plain.slowest)
    return MTATimeouts(command: span, content: span)
  }

  // MARK: - What there is to do

  package mutating func next(at now: Moment) -> Order {
    switch state {
    case .ready: return begin(at: now)
    case .trying, .meanwhile, .sending: return .wait(until: now + .milliseconds(5))
    case .holding(let trial, let connection, let from):
      if now < from { return .wait(until: from) }
      begun += 1
      state = .meanwhile(trial, connection: connection, next: begun, nil)
      return .play(script(.plain, "the next mail, while \(trial.id) is open"))
    case .resting(let behind, let until):
      if now < until { return .wait(until: until) }
      begun += 1
      state = .sending(behind, connection: begun)
      return .play(script(.plain, "the next mail, behind \(behind.trial.id)"))
    }
  }

  private mutating func begin(at now: Moment) -> Order {
    while let trial = trials.popFirst() {
      if let reason = obstacle(to: trial) {
        report(trial, .skip, nil, [reason])
        continue
      }
      begun += 1
      state =
        trial.isHeld
        ? .holding(trial, connection: begun, from: now + .milliseconds(200))
        : .trying(trial, connection: begun)
      return .play(script(trial, "\(trial.id): \(trial.what)"))
    }
    return .done
  }

  private func script(_ trial: MilterTrial, _ title: String) -> TrialMTA {
    var patience = TrialMTA.Patience()
    patience.listening = listening
    patience.holding = max(patience.holding, listening + listening)
    return TrialMTA(trial.steps(mail), mail, patience, title: title)
  }

  /// Why a trial cannot be made with this milter; nil where it can.
  private func obstacle(to trial: MilterTrial) -> String? {
    if isGone { return "the milter is gone" }
    guard let plain else { return nil }
    let flags = plain.answer?.effectiveFlags ?? []
    if let stage = trial.stages.first(where: { flags.declines($0) }) { return "it wants no \(stage.name)" }
    guard let needed = trial.stages.max(by: { $0.order < $1.order }) else { return nil }
    if let verdict = plain.verdict {
      // A mail that was decided about earlier gets no further.
      guard verdict.stage.order < needed.order else { return nil }
      return "the mail gets no further than \(verdict.words)"
    }
    guard let reached = plain.reached, reached.order < needed.order else { return nil }
    return "the mail gets no further than \(reached.name)"
  }

  // MARK: - What came

  /// A connection is over.
  package mutating func take(_ records: [Record], ofConnection connection: Int, at now: Moment) {
    let course = TrialCourse(records, listening: listening)
    switch state {
    case .trying(let trial, connection), .holding(let trial, connection, _): end(trial, course, at: now)
    case .meanwhile(let trial, connection, _, let next?):
      state = .ready
      judge(trial, course, next: next)
    case .meanwhile(let trial, connection, let next, nil):
      state = .sending(Behind(trial: trial, course: course, since: now, isLate: true), connection: next)
    case .meanwhile(let trial, let first, connection, nil):
      state = .meanwhile(trial, connection: first, next: connection, course)
    case .sending(var behind, connection):
      if course.isUnreachable, now - behind.since < Self.absence {
        behind.wasGone = true
        state = .resting(behind, until: now + .milliseconds(200))
      } else {
        isGone = course.isUnreachable
        state = .ready
        judge(behind.trial, behind.course, next: course, behind)
      }
    case .ready, .trying, .holding, .meanwhile, .sending, .resting: break
    }
  }

  private mutating func end(_ trial: MilterTrial, _ course: TrialCourse, at now: Moment) {
    if trial.id == MilterTrial.plain.id {
      plain = course
      listening = max(listening, course.slowest + course.slowest + course.slowest)
      wasNeverThere = course.isUnreachable
      isGone = wasNeverThere
      state = .ready
      return judge(trial, course, next: nil)
    }
    let mayHaveBroken: Bool =
      switch trial.bar {
      case .goesOn, .fares: course.failure != nil
      case .closes, .survives: true
      }
    guard mayHaveBroken else {
      state = .ready
      return judge(trial, course, next: nil)
    }
    state = .resting(Behind(trial: trial, course: course, since: now), until: now)
  }

  private mutating func judge(
    _ trial: MilterTrial, _ course: TrialCourse, next: TrialCourse?, _ behind: Behind? = nil
  ) {
    var reasons: [String] = []
    switch trial.bar {
    case .goesOn: if let failure = course.failure { reasons.append(failure) }
    case .fares:
      if let failure = course.failure {
        reasons.append(failure)
      } else if let plain, plain.failure == nil {
        if course.verdict != plain.verdict, let verdict = plain.verdict {
          reasons.append("the plain mail got \(verdict.words)")
        } else if course.changes != plain.changes {
          reasons.append(
            "the plain mail got \(Self.list(plain.changes)), this one \(Self.list(course.changes))")
        }
      }
    case .closes: if !course.hasClosed { reasons.append("its end of the connection stayed open") }
    case .survives: break
    }
    reasons += faults(in: course, of: trial)
    if let next, plain?.failure == nil {
      if next.isUnreachable {
        reasons.append("the milter is gone behind it")
      } else if behind?.wasGone ?? false {
        reasons.append("the milter was gone behind it, and came back")
      } else if let failure = next.failure {
        reasons.append("the next mail: \(failure)")
      } else if behind?.isLate ?? false {
        reasons.append("the next mail was served only when this connection had ended")
      }
    }
    report(trial, reasons.isEmpty ? .pass : .fail, course, reasons)
  }

  /// What it said that no milter should; what it does with every mail is told with the plain one alone.
  private func faults(in course: TrialCourse, of trial: MilterTrial) -> [String] {
    let known = trial.id == MilterTrial.plain.id ? [] : Set(plain?.findings.map(\.rule.id) ?? [])
    var told: Set<String> = []
    return course.findings.compactMap { finding in
      let id = finding.rule.id
      guard finding.severity == .error, finding.cause == nil, !known.contains(id) else { return nil }
      // Behind a fault it is not settled how many answers are due.
      if course.hasFault, Self.ofOrder.contains(id) { return nil }
      return told.insert(id).inserted ? "\(id): \(finding.text)" : nil
    }
  }

  private static let ofOrder: Set = ["R01", "R02", "R03", "R04", "R08", "W02", "N01"]

  private static func list(_ changes: [String]) -> String {
    changes.isEmpty ? "no change" : changes.prefix(6).joined(separator: ", ")
  }

  private mutating func report(
    _ trial: MilterTrial, _ result: TrialReport.Result, _ course: TrialCourse?, _ reasons: [String]
  ) {
    reports.append(
      TrialReport(
        id: trial.id, group: trial.group.rawValue, what: trial.what, expected: trial.bar.words,
        result: result,
        came: course?.words ?? "", reasons: reasons))
  }
}

extension Stage {
  /// Its place in a session.
  fileprivate var order: Int {
    self == .unknown ? Self.helo.order : Self.allCases.firstIndex(of: self) ?? 0
  }
}
