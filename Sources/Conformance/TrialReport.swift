import MilterProtocol

/// A line of the checklist: what was done, what had to come of it, what came.
package struct TrialReport: Sendable, Equatable {
  package let id: String
  package let group: String
  package let what: String
  package let expected: String
  package let result: Result
  /// What came, in words; empty where it was not tried.
  package let came: String
  /// Why it failed, or was not tried.
  package let reasons: [String]

  package enum Result: String, Sendable, CaseIterable {
    case pass, fail
    /// It could not be tried on this peer.
    case skip
  }
}
