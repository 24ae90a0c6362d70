import MilterProtocol

/// Where a packet stands in its connection.
package struct Placement: Equatable, Sendable {
  /// The stage that a command opens, that a reply answers, or that a macro set belongs to.
  package var stage: Stage?
  /// Number of the message within the connection; 0 outside any.
  package var message = 0
  /// For a reply: number of the command that it answers.
  package var answers: Int?
  /// For a command: number of the verdict that had come before anybody asked, and that the MTA takes for its answer.
  package var answeredBefore: Int?
  /// For a reply of the milter: how long it took from its command leaving for the milter.
  package var took: Moment.Span?
  /// For a verdict that reached the MTA, and for a command that found its own there: how long the MTA waited for it.
  package var waited: Moment.Span?
  /// For a command: numbers of the macro packets directly before it that announce its values.
  package var macros: [Int] = []

  package init() {}

  package init(stage: Stage?, message: Int) {
    self.stage = stage
    self.message = message
  }
}
