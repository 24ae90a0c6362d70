import MilterProtocol

/// What a line of a log means, ready to be shown.
package struct Explanation: Sendable {
  /// What happened.
  package var meaning: String
  /// Who says so, and when.
  package var said: String
  /// The likelier first.
  package var causes: [String] = []
  /// How to tell which of them it is.
  package var check: String?
  /// The line that mends it.
  package var write: String?
  /// Of a verdict: who decided, a milter or the MTA in its place.
  package var decided: String?
  /// What of it is another in other versions of the program; nil where nothing is.
  package var version: String?
  /// Of a line that follows from an earlier one of its process: that one's text.
  package var follows: String?
  /// What the line is about, for whoever looks it up in a trace.
  package var facts: Facts
  /// The text that it is of.
  package var text: LogText
  /// Rules of the registry that lead to such a line, by the table that forecasts are made of.
  package var rules: [FindingRule] { LogExpectation.rules(of: text) }

  package struct Facts: Equatable, Sendable {
    /// As the line has it: an address of Postfix, a filter's name of Sendmail.
    package var milter: String?
    package var stage: String?
    package var queue: String?
    package var client: String?
    package var reply: String?
    package var time: LogTime?
  }

  /// What makes two lines the same: a log has thousands of them.
  package var kind: String {
    [
      text.format, text.speaker.rawValue, facts.milter ?? "", facts.stage ?? "", decided ?? "",
      causes.first ?? "",
    ]
    .joined(separator: "\u{0}")
  }
}
