import MilterProtocol

/// Findings as a list shows them: what weighs most first and the older before the newer, and what follows from one right
/// under it; those about the whole run at the end.
package struct FindingOrder: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    /// Its place in ``TimelineIndex/findings``.
    package let finding: Int
    package let isConsequence: Bool
  }

  package private(set) var lines: [Line] = []
  /// Findings that it is made of, from the first.
  package private(set) var count = 0
  /// Those without a cause, by weight; those about the run apart.
  private var roots: [[Int]] = Array(repeating: [], count: weights.count + 1)
  private var consequences: [Int: [Int]] = [:]

  private static let weights: [Finding.Severity] = [.error, .warning, .note]

  package init() {}

  /// Takes in those beyond the ones known, up to `count` of them all; fewer begin anew.
  package mutating func follow(_ findings: [FindingEntry], upTo count: Int) {
    if count < self.count { self = FindingOrder() }
    guard count > self.count else { return }
    for place in self.count..<min(count, findings.count) { take(findings[place], at: place) }
    self.count = count
    lines.removeAll(keepingCapacity: true)
    for root in roots.joined() {
      lines.append(Line(finding: root, isConsequence: false))
      for place in consequences[root] ?? [] { lines.append(Line(finding: place, isConsequence: true)) }
    }
  }

  private mutating func take(_ finding: FindingEntry, at place: Int) {
    if let cause = finding.cause { return consequences[cause, default: []].append(place) }
    let isOfRun = finding.connection == nil
    let weight = Self.weights.firstIndex(of: finding.severity) ?? 0
    roots[isOfRun ? Self.weights.count : weight].append(place)
  }
}
