import MilterProtocol
import ProxyRuntime
import TraceFormat

/// Compares what came of mails with an earlier run, or at one milter with another, and keeps it for a later run.
struct SentComparing {
  enum Answer {
    /// Nothing is compared.
    case nothing
    case same
    case different(SentDifference)
  }

  private let againstOther: Bool
  private var baseline: SentBaseline?
  private var saved: Saved?
  /// What came of the mails of the latest connection to the first milter, by their places.
  private var first: [SentOutcome] = []
  private(set) var hasMissing = false

  /// The file that is written.
  private final class Saved {
    var file: NewFile
    var failure: FileFailure?
    init(_ file: consuming NewFile) { self.file = file }

    func append(_ text: String) {
      guard failure == nil else { return }
      do throws(FileFailure) { try file.append(Array(text.utf8)) } catch { failure = error }
    }
  }

  init(_ options: SentPrinting, _ supply: MailSupply) throws {
    againstOther = options.against != nil
    if let path = options.baseline {
      guard let baseline = SentBaseline(try wholeFile(path, waiting: tell)) else {
        throw Failure(
          "--baseline: '\(path)' is no file that --save has written",
          hint: "save one first: mitmilter send … --save \(path)")
      }
      self.baseline = baseline
    }
    if let path = options.save {
      let saved = Saved(
        try NewFile(path, replacing: true, sparing: .init([options.baseline].compactMap { $0 })))
      saved.append(SentBaseline.mark)
      self.saved = saved
    }
  }

  /// What all came to.
  func summary(_ results: Int, judged: Int, different: Int) -> String {
    if againstOther { return "\(counted(results / 2, "mail")), \(different) different" }
    let text = "\(counted(results, "mail")), \(judged) with a verdict"
    return baseline == nil ? text : text + ", \(different) different"
  }

  private func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// - Parameters:
  ///   - connection: its number; with two milters every other one is to the second.
  ///   - place: of the mail in its connection.
  mutating func compare(_ outcome: SentOutcome, connection: Int, place: Int) -> Answer {
    if againstOther {
      if connection % 2 == 1 {
        if place == 0 { first = [] }
        first.append(outcome)
        return .same
      }
      return SentDifference(from: place < first.count ? first[place] : nil, to: outcome).map(Answer.different)
        ?? .same
    }
    saved?.append(SentBaseline.text(outcome))
    guard baseline != nil else { return .nothing }
    let before = baseline?.outcome(of: outcome.mail)
    return SentDifference(from: before, to: outcome).map(Answer.different) ?? .same
  }

  mutating func finish() throws {
    if let failure = saved?.failure { throw Failure(failure) }
    guard let missing = baseline?.unseen, missing > 0 else { return }
    hasMissing = true
    tell(
      "note: \(missing) \(missing == 1 ? "mail" : "mails") of the baseline \(missing == 1 ? "was" : "were") not sent"
    )
  }
}
