/// Where a packet stands in its connection.
package struct Place: Hashable, Sendable {
  /// The stage of a command, the stage that macros are for, the stage that a reply is about; nil for ABORT, QUIT and
  /// QUIT_NC, and for a reply that nothing asked for.
  package var stage: Stage?
  /// Number of the message within the connection, from 1; 0 outside messages. Macros sent before MAIL belong to the
  /// message that it opens.
  package var message: Int
  /// For a reply: number of the packet that it answers, or at end of message belongs to.
  package var answers: Int?
  /// For a reply: time since that packet.
  package var took: Moment.Span?
  /// For a command: number of the MACRO packet that came right before it, for it.
  package var macros: Int?

  package init(
    stage: Stage?, message: Int, answers: Int? = nil, took: Moment.Span? = nil, macros: Int? = nil
  ) {
    self.stage = stage
    self.message = message
    self.answers = answers
    self.took = took
    self.macros = macros
  }
}
