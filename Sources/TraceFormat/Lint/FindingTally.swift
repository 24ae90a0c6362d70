import MilterProtocol
import TraceModel

/// Findings by what went wrong: those of one rule together, and under it what follows from them.
///
/// As large as the table of rules, however many findings there are.
package struct FindingTally: Sendable {
  package struct Group: Sendable {
    package let rule: FindingRule
    package let first: Place
    /// The first one, as it was told.
    package let finding: Finding
    package var text: String { finding.text }
    /// They are of connections with one MTA.
    fileprivate var isOfOneMTA = true
    /// What to do, at that MTA where it is known and one.
    package var cure: String { isOfOneMTA ? finding.cure : rule.cure }
    /// What comes of it, at that MTA where it is known and one.
    package var consequence: String {
      isOfOneMTA && finding.mta != nil ? finding.consequence : rule.consequence.text
    }
    package fileprivate(set) var count = 1
    /// What follows from these, in the order in which it was first seen.
    package fileprivate(set) var consequences: [(rule: FindingRule, count: Int)] = []
  }

  /// Where a finding was made.
  package struct Place: Sendable {
    /// nil where there is one file alone, or none.
    package var file: String?
    package var packet: Int?
    /// 0 for what concerns the whole trace.
    package var connection: Int
    /// nil where it is not known.
    package var message: Int?

    package init(file: String? = nil, packet: Int?, connection: Int, message: Int? = nil) {
      (self.file, self.packet, self.connection, self.message) = (file, packet, connection, message)
    }
  }

  private var found: [Group] = []
  /// Of all findings, by weight.
  package private(set) var counts: [Finding.Severity: Int] = [:]

  package init() {}

  /// What weighs most first, and then what came first.
  package var groups: [Group] {
    Finding.Severity.allCases.reversed().flatMap { weight in found.filter { $0.rule.severity == weight } }
  }

  package var isEmpty: Bool { found.isEmpty }

  /// Whether there is one that weighs as much, or more.
  package func reach(_ severity: Finding.Severity) -> Bool { counts.keys.contains { $0 >= severity } }

  /// `2 errors, 1 warning`; of nothing `nothing`.
  package var summary: String {
    let parts = Finding.Severity.allCases.reversed().compactMap { severity in
      counts[severity].map { "\($0) \(severity.name)\($0 == 1 ? "" : "s")" }
    }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }

  /// - Parameter telling: all that can be said of a finding; asked for the first of a group.
  package mutating func take(
    _ finding: Finding, at place: Place, telling: (Finding) -> Finding = { $0 }
  ) {
    counts[finding.severity, default: 0] += 1
    if let cause = finding.cause, let group = found.lastIndex(where: { $0.rule == cause.rule }) {
      return follow(finding.rule, group)
    }
    guard let group = found.firstIndex(where: { $0.rule.isSameRow(as: finding.rule) }) else {
      return found.append(Group(rule: finding.rule, first: place, finding: telling(finding)))
    }
    found[group].count += 1
    if found[group].finding.mta != finding.mta { found[group].isOfOneMTA = false }
  }

  private mutating func follow(_ rule: FindingRule, _ group: Int) {
    if let place = found[group].consequences.firstIndex(where: { $0.rule == rule }) {
      found[group].consequences[place].count += 1
    } else {
      found[group].consequences.append((rule, 1))
    }
  }
}

extension FindingRule {
  /// Rows of one id differ by the sender of the packet, and by weight.
  fileprivate func isSameRow(as other: FindingRule) -> Bool {
    self == other && sender == other.sender && severity == other.severity
  }
}
