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
  private var batch: [SentMail] = []
  private var given: Int
  private var names: [Int: [String]] = [:]
  private var connections = 0
  /// Mails so far.
  private(set) var count = 0
  /// Files that could not be read.
  private(set) var unreadable = 0

  init(
    _ paths: [String], _ session: SendingSession, _ envelope: EnvelopeOptions, _ options: SendingOptions,
    milters: Int, startedAt: Int64
  ) throws {
    try options.check()
    self.paths = paths
    self.session = session
    self.envelope = envelope
    self.options = options
    self.milters = milters
    self.startedAt = startedAt / 1_000_000
    given = milters
    files = MailFiles(paths, waiting: tell)
    isOne = paths.count == 1 && options.times == 1 && !MailFiles.holdsMany(paths[0])
  }

  /// Whether the run sends one mail and no more.
  let isOne: Bool

  /// The session ends before the last word of the MTA about a mail.
  var isCut: Bool { session.lastStage.map { $0 != .bodyEOB } ?? false }

  /// How much of all has been read, of 1.
  var part: Double { (Double(round) + files.part) / Double(options.times) }

  func next(at now: Moment) -> Next {
    if given == milters {
      if now < mayStartAt { return .later(mayStartAt) }
      guard readBatch(at: now) else { return .done }
    }
    given += 1
    connections += 1
    return .batch(SendingMTA(session, batch), milter: given - 1)
  }

  private func readBatch(at now: Moment) -> Bool {
    batch = []
    var names: [String] = []
    while batch.count < options.perConnection, let (name, mail) = read() {
      count += 1
      var sent = envelope.sent(mail, number: count, by: session.mta)
      sent.complete(by: session, at: Arrival(seconds: startedAt + now.microseconds / 1_000_000))
      batch.append(sent)
      names.append(name)
    }
    guard !batch.isEmpty else { return false }
    for milter in 1...milters { self.names[connections + milter] = names }
    given = 0
    guard let rate = options.rate else { return true }
    let microseconds = min(Double(batch.count) / rate * 1_000_000, 1e15)
    mayStartAt = max(mayStartAt, now) + Moment.Span(microseconds: Int64(microseconds))
    return true
  }

  /// Names of the mails that a connection was given, asked for once.
  func takeNames(ofConnection number: Int) -> [String] { names.removeValue(forKey: number) ?? [] }

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
