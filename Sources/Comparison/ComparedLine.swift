import MilterProtocol

/// A line of the two columns in which a mail of one trace stands beside that of the other.
package struct ComparedLine: Equatable, Sendable {
  package let kind: Difference.Kind
  /// Whether the milter says it, to the command above.
  package let isReply: Bool
  /// What the first trace has, and the second; nil for nothing.
  package let first: Difference.Said?
  package let second: Difference.Said?
  package let verdict: Judgement

  package enum Judgement: Equatable, Sendable {
    /// The same but for what is of one run only.
    case alike
    case different
    /// Somebody wanted it to be said otherwise.
    case asked
  }

  package init(
    kind: Difference.Kind, isReply: Bool, first: Difference.Said?, second: Difference.Said?,
    verdict: Judgement
  ) {
    (self.kind, self.isReply, self.first, self.second) = (kind, isReply, first, second)
    self.verdict = verdict
  }
}

/// The lines of a pair while it is compared, each with the command that it belongs to.
struct ComparedColumns {
  private var lines: [(place: Place, line: ComparedLine)] = []
  /// Of what comes next.
  var place = Place.end

  /// In the order of the first trace; what only the second has stands behind what it has in front of that.
  struct Place: Comparable {
    /// Of the first trace's steps.
    let step: Int
    /// Of those that only the second has; 0 for a step of the first.
    let addition: Int

    static let end = Place(step: .max, addition: 0)

    static func < (a: Place, b: Place) -> Bool { (a.step, a.addition) < (b.step, b.addition) }
  }

  mutating func append(_ line: ComparedLine) { lines.append((place, line)) }

  var sorted: [ComparedLine] {
    lines.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map {
      $0.element.line
    }
  }
}
