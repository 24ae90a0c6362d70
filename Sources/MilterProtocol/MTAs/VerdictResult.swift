/// What an MTA makes of a verdict.
package enum VerdictResult: Equatable, Sendable {
  case goesOn, rejected, tempfailed
  /// The mail is taken and kept in the queue, and nothing more of it is asked.
  case held
  /// The mail is taken and thrown away.
  case discarded
  /// The MTA goes on without the milter, and what this has said of the mail does not count.
  case unfiltered
  /// No reply that the MTA knows: what is configured for a milter that fails decides.
  case failed
}
