import CommandLanguage
import TraceModel

/// The operator's rules, as the proxy has them.
package struct RuleList: Sendable {
  package private(set) var rules: [Rule]
  /// Those before the latest change, in case that is refused.
  private var before: [Rule] = []
  package internal(set) var isArmed = true

  package init(_ rules: [Rule] = []) { self.rules = rules }

  mutating func replace(with rules: [Rule]) {
    before = self.rules
    self.rules = rules
  }

  mutating func takeBack() { rules = before }

  /// The name of the rule that `i` sets: a breakpoint.
  static let holdName = "hold"

  var holdIndex: Int? { rules.firstIndex { $0.name == RuleList.holdName } }

  /// What `i` last said; empty for nothing.
  var holdExpression: String { holdIndex.map { rules[$0].condition.text } ?? "" }
}

/// An expression tried on the traffic already seen.
struct Trial {
  let expression: Expression
  var pass: FilterPass<FilterPredicate>

  init(_ expression: Expression) {
    self.expression = expression
    pass = FilterPass(FilterPredicate(expression))
  }

  /// `would have matched 14 of 1,234 packets`.
  func words(of total: Int) -> String {
    let seen = pass.next < total ? " so far, of \(NumberText.grouped(pass.next)) looked at" : ""
    let count = NumberText.grouped(pass.rows.count)
    return "would have matched \(count) of \(NumberText.count(total, "packet"))\(seen)"
  }
}
