import MilterProtocol
import ProxyRuntime
import Sending

/// The mails of a run, in order, read when their turn comes: as scripts for connections.
final class MailSupply {
  enum Next {
    case batch(SendingMTA)
    case later(Moment)
    case done
  }

  private let paths: [String]
  private let session: SendingSession
  private let envelope: EnvelopeOptions
  private let options: SendingOptions
  private var place = 0
  private var round = 0
  /// The latest mail that was read, for whoever sends it again.
  private var latest: (path: String, mail: TakenMail)?
  private var mayStartAt = Moment.zero
  private var names: [Int: [String]] = [:]
  private var batches = 0
  /// Mails so far.
  private(set) var count = 0
  /// Files that could not be read.
  private(set) var unreadable = 0

  init(
    _ paths: [String], _ session: SendingSession, _ envelope: EnvelopeOptions, _ options: SendingOptions
  ) throws {
    try options.check()
    self.paths = paths
    self.session = session
    self.envelope = envelope
    self.options = options
  }

  /// Whether the run sends one mail and no more.
  var isOne: Bool { paths.count == 1 && options.times == 1 }

  var mta: MTAChoice { session.mta }

  /// Ends before the last word of the MTA about a mail.
  var isCut: Bool { session.lastStage.map { $0 != .bodyEOB } ?? false }

  func next(at now: Moment) -> Next {
    if now < mayStartAt { return .later(mayStartAt) }
    var mails: [SentMail] = []
    var names: [String] = []
    while mails.count < options.perConnection, let (name, mail) = read() {
      count += 1
      mails.append(envelope.sent(mail, number: count, by: session.mta))
      names.append(name)
    }
    guard !mails.isEmpty else { return .done }
    if let rate = options.rate {
      let microseconds = Double(mails.count) / rate * 1_000_000
      mayStartAt = max(mayStartAt, now) + Moment.Span(microseconds: Int64(min(microseconds, 1e15)))
    }
    batches += 1
    self.names[batches] = names
    return .batch(SendingMTA(session, mails))
  }

  /// Names of the mails that a connection was given, asked for once.
  func takeNames(ofConnection number: Int) -> [String] { names.removeValue(forKey: number) ?? [] }

  private func read() -> (String, TakenMail)? {
    while round < options.times {
      guard place < paths.count else {
        place = 0
        round += 1
        continue
      }
      let path = paths[place]
      place += 1
      if let latest, latest.path == path { return latest }
      do throws(FileFailure) {
        let bytes = try wholeFile(path == "-" ? "/dev/stdin" : path, limit: Self.largest, waiting: tell)
        let mail = TakenMail(bytes, as: session.mta)
        latest = (path, mail)
        return (path, mail)
      } catch {
        report(error)
        unreadable += 1
      }
    }
    return nil
  }

  private static let largest = 1 << 30
}
