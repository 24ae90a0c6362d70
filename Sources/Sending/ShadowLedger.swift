import Comparison

/// What came of each shadow so far.
package struct ShadowTally: Equatable, Sendable {
  package internal(set) var conversations = 0
  package internal(set) var mails = ShadowComparison.Tally()
  /// Conversations that ended before all was said that the MTA said.
  package internal(set) var givenUp = 0

  package init() {}
}

/// What all shadows of a run keep and come to.
///
/// `Sendable` is not checked: it is made for one thread, and touched by the scripts that are played on that.
package final class ShadowLedger: @unchecked Sendable {
  package internal(set) var tallies: [ShadowTally]
  /// Bytes that wait for shadows.
  package internal(set) var queued = 0

  /// Of one conversation, and of all together.
  static let mostOfOne = 16 << 20
  static let most = 64 << 20
  /// What a packet takes beyond its bytes.
  package static let overhead = 64

  package init(shadows: Int) { tallies = Array(repeating: ShadowTally(), count: shadows) }

  func take(_ mails: ShadowComparison.Tally, of shadow: Int, gaveUp: Bool) {
    tallies[shadow].mails.alike += mails.alike
    tallies[shadow].mails.different += mails.different
    tallies[shadow].mails.open += mails.open
    if gaveUp { tallies[shadow].givenUp += 1 }
  }
}
