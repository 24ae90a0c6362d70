import MilterProtocol
import ProxyRuntime
import Sending

/// The mails of a run, in order, read when their turn comes: as scripts for connections.
final class MailSupply {
  enum Next {
    /// What a connection is to say, and to which of the milters.
    case batch(SendingMTA, milter: Int)
    case later(Moment)
    case done
  }

  private let paths: [String]
  private let session: SendingSession
  private let envelope: EnvelopeOptions
  private let options: SendingOptions
  /// Milters that get each mail.
  private let milters: Int
  /// Seconds since 1970 at moment zero.
  private let startedAt: Int64
  private var files: MailFiles
  private var round = 0
  /// The only file there is, for whoever sends it again.
  private var only: (name: String, mail: TakenMail)?
  private var mayStartAt = Moment.zero
  /// The latest batch, and how many milters have it.
  private var script: SendingMTA
  private var given: Int
  private var begun: [Int: Begun] = [:]
  private var connections = 0
  /// Mails so far.
  private(set) var count = 0
  /// Files that could not be read.
  private(set) var unreadable = 0

  /// What is said instead of mails, and how many of its connections have begun.
  private let scenario: ScenarioConnections?
  private var scenes = 0

  /// What there is to know of a connection once it is over.
  struct Begun {
    var names: [String] = []
    var checks: [ScenarioConnections.Check] = []
    var notes: [Sentence] = []
  }

  /// - Parameter scenario: what is said instead of mails.
  init(
    _ paths: [String], _ session: SendingSession, _ envelope: EnvelopeOptions, _ options: SendingOptions,
    _ scenario: ScenarioConnections?, milters: Int, startedAt: Int64
  ) throws {
    try options.check()
    self.scenario = scenario
    script = SendingMTA(session, [])
    self.paths = paths
    self.session = session
    self.envelope = envelope
    self.options = options
    self.milters = milters
    self.startedAt = startedAt / 1_000_000
    given = milters
    files = MailFiles(paths, waiting: tell)
    isOne =
      options.times == 1
      && (scenario.map { $0.mailCount == 1 } ?? (paths.count == 1 && !MailFiles.holdsMany(paths[0])))
  }

  /// Whether the run sends one mail and no more.
  let isOne: Bool

  /// The session ends before the last word of the MTA about a mail.
  var isCut: Bool { session.lastStage.map { $0 != .bodyEOB } ?? false }

  /// How much of all has been read, of 1.
  var part: Double {
    guard let scenario else { return (Double(round) + files.part) / Double(options.times) }
    return Double(scenes) / Double(scenario.connections.count * options.times)
  }

  func next(at now: Moment) -> Next {
    if given == milters {
      if now < mayStartAt { return .later(mayStartAt) }
      guard let count = scenario.map({ readScene($0) }) ?? readBatch(at: now) else { return .done }
      given = 0
      hold(count, at: now)
    }
    given += 1
    connections += 1
    return .batch(script, milter: given - 1)
  }

  /// The next connection. Returns how many mails it carries; nil where there are no more.
  private func readBatch(at now: Moment) -> Int? {
    var batch: [SentMail] = []
    var names: [String] = []
    while batch.count < options.perConnection, let (name, mail) = read() {
      count += 1
      var sent = envelope.sent(mail, number: count, by: session.mta)
      sent.complete(by: session, at: Arrival(seconds: startedAt + now.microseconds / 1_000_000))
      batch.append(sent)
      names.append(name)
    }
    guard !batch.isEmpty else { return nil }
    begin(SendingMTA(session, batch), Begun(names: names))
    return batch.count
  }

  private func readScene(_ scenario: ScenarioConnections) -> Int? {
    let all = scenario.connections
    guard scenes < all.count * options.times else { return nil }
    let scene = all[scenes % all.count]
    scenes += 1
    count += scene.mails.count
    begin(scene.script, Begun(names: scene.names, checks: scene.checks, notes: scene.notes))
    return max(1, scene.mails.count)
  }

  private func begin(_ script: SendingMTA, _ known: Begun) {
    self.script = script
    for milter in 1...milters { begun[connections + milter] = known }
  }

  private func hold(_ mails: Int, at now: Moment) {
    guard let rate = options.rate else { return }
    let microseconds = min(Double(mails) / rate * 1_000_000, 1e15)
    mayStartAt = max(mayStartAt, now) + Moment.Span(microseconds: Int64(microseconds))
  }

  /// What a connection was given, asked for once.
  func takeBegun(ofConnection number: Int) -> Begun { begun.removeValue(forKey: number) ?? Begun() }

  /// Whether mails may end without a verdict, and connections without a mail.
  var isScenario: Bool { scenario != nil }

  var scenarioName: String { scenario?.name ?? "" }

  private func read() -> (String, TakenMail)? {
    while round < options.times {
      if let only, round > 0 {
        round += 1
        return only
      }
      switch files.next() {
      case .mail(let name, let bytes):
        let mail = TakenMail(bytes, as: session.mta)
        if paths.count == 1, name == paths[0] { only = (name, mail) }
        return (name, mail)
      case .unreadable(let failure):
        report(failure)
        unreadable += 1
      case .end:
        round += 1
        files = MailFiles(paths, waiting: tell)
      }
    }
    return nil
  }
}
