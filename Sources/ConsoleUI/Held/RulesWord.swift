import TraceModel

/// What becomes of a packet that waits if nobody says otherwise, where a rule has decided that.
struct RulesWord: Equatable, Sendable {
  let rule: String
  /// `reject`, `drop`.
  let verdict: String

  /// nil where no rule has decided, or that was taken back.
  init?(in records: [Record]) {
    let deciding = [Instructed](in: records).standing.last { asked in
      switch asked.instruction {
      case .answer, .drop: true
      default: false
      }
    }
    guard let deciding, case .rule(let label) = deciding.cause else { return nil }
    rule = label
    verdict = deciding.text
  }

  /// `rule "spam" would reject`.
  var words: String { "rule \"\(rule)\" would \(verdict)" }

  /// The same, shorter and shorter.
  var texts: [String] { [words, "\"\(rule)\" would \(verdict)", "rule: \(verdict)"] }
}
