import MilterProtocol

/// A line that a program logs where a rule of the registry is broken: a row of the table of which forecasts are made and
/// `docs/findings.md` is printed.
///
/// Which lines Postfix 3.7.11 and Sendmail 8.17.1.9 print, and in which order, was seen there (`Tests/Peers/test_log_lines.py`);
/// what libmilter prints is from source.
struct LogExpectation: Sendable {
  let rule: String
  let speaker: Speaker
  /// A ``LogText`` of that speaker.
  let format: String
  /// At which commands it is written.
  var place = Place.anywhere
  var front = Front.warning
  var after = After.nothing
  /// When it is written, where something else than the stage decides; in words.
  var condition: String?
  /// Whether it is, as far as can be told.
  var applies: @Sendable (LogOccasion) -> Bool = { _ in true }
  /// What gaps of the format hold, beyond what ``LogOccasion`` knows for all.
  var values: @Sendable (LogOccasion) -> [String: String] = { _ in [:] }

  enum Place: Sendable {
    case anywhere, negotiation, afterNegotiation, beforeEnd, end

    func contains(_ stage: Stage?) -> Bool {
      switch self {
      case .anywhere: true
      case .negotiation: stage == .negotiation
      case .afterNegotiation: stage != .negotiation
      case .beforeEnd: stage != .negotiation && stage != .bodyEOB
      case .end: stage == .bodyEOB
      }
    }

    /// As the page says it.
    var words: String? {
      switch self {
      case .anywhere, .afterNegotiation: nil
      case .negotiation: "at OPTNEG"
      case .beforeEnd: "before the end of the message"
      case .end: "at the end of the message"
      }
    }
  }

  /// What stands in front of the text.
  enum Front: Sendable { case warning, queuedWarning, queue, panic, syserr, none }

  /// What the MTA logs behind it, for it is without its milter then.
  enum After: Sendable {
    case nothing
    /// Postfix: at OPTNEG one line more where it was reading, then what milter_default_action makes of it.
    case givenUp(reading: Bool = true)
    /// Postfix: whatever milter_default_action is.
    case misconfigured
    /// Sendmail: error state, and F= decides about this command.
    case fails
    /// Sendmail: this command goes on, and F= decides from the next one on.
    case failsNext
  }
}

extension LogExpectation {
  static let all: [LogExpectation] = postfix + sendmail + libmilter

  private static let byRule = Dictionary(grouping: all, by: \.rule)

  static func of(_ rule: FindingRule) -> [LogExpectation] { byRule[rule.id] ?? [] }

  /// Rules that lead to a line of that text, each once.
  static func rules(of text: LogText) -> [FindingRule] {
    var rules: [FindingRule] = []
    for row in byFormat[text.format] ?? [] where row.speaker == text.speaker {
      if let rule = FindingRule.withID(row.rule), !rules.contains(rule) { rules.append(rule) }
    }
    return rules
  }

  private static let byFormat = Dictionary(grouping: all, by: \.format)

  /// The lines that are written, this one first.
  func lines(_ occasion: LogOccasion) -> [ExpectedLine] {
    let own = values(occasion)
    let writer = LogWriter(occasion, speaker)
    return [writer.line(format, own, front: front, when: condition)] + writer.lines(after)
  }
}
