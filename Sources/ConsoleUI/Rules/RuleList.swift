import CommandLanguage
import TraceModel

/// The operator's rules, as the proxy has them.
package struct RuleList: Sendable {
  package private(set) var rules: [Rule]
  /// Those before the latest change, in case that is refused.
  private var before: [Rule] = []
  package var isArmed = true

  package init(_ rules: [Rule] = []) { self.rules = rules }

  mutating func replace(with rules: [Rule]) {
    before = self.rules
    self.rules = rules
  }

  mutating func takeBack() { rules = before }

  var holdIndex: Int? { rules.firstIndex { $0.name == Rule.breakpointName } }

  /// What `i` last said; empty for nothing.
  var holdExpression: String { holdIndex.map { rules[$0].condition.text } ?? "" }

  // MARK: what changes them

  /// One breakpoint, kept as a rule of that name; an empty expression takes it away.
  func hold(on text: String) -> [Response] {
    var rules = self.rules
    guard text.contains(where: { $0 != " " }) else {
      guard let index = holdIndex else { return [] }
      rules.remove(at: index)
      return .done("nothing is held from now on") + [.setRules(rules)]
    }
    guard let condition = try? Expression(parsing: text) else { return [] }
    let rule = Rule(on: condition, name: Rule.breakpointName, do: [.hold])
    if let holdIndex { rules[holdIndex] = rule } else { rules.insert(rule, at: 0) }
    return .done("holding \(condition.text)") + [.setRules(rules)] + (isArmed ? [] : [.arm(true)])
  }

  /// The rule of `text` in place of the one at `index`, else behind all.
  func set(_ text: String, at index: Int?) -> [Response] {
    do throws(SyntaxError) {
      return set(try Rule(parsing: text), at: index)
    } catch {
      return .refuse(error.message)
    }
  }

  func set(_ rule: Rule, at index: Int? = nil) -> [Response] {
    var rules = self.rules
    if let index, rules.indices.contains(index) { rules[index] = rule } else { rules.append(rule) }
    return .done("rule \((index ?? rules.count - 1) + 1) is set") + [.setRules(rules)]
  }

  func change(_ index: Int?, _ act: ConsoleInstruction.RuleAct) -> [Response] {
    guard let index, rules.indices.contains(index) else { return .refuse("there is no such rule") }
    var rules = self.rules
    switch act {
    case .on: rules[index].isEnabled = true
    case .off: rules[index].isEnabled = false
    case .delete: rules.remove(at: index)
    case .up, .down:
      let other = index + (act == .up ? -1 : 1)
      guard rules.indices.contains(other) else { return .refuse("rule \(index + 1) is at the end already") }
      rules.swapAt(index, other)
    }
    return [.setRules(rules)]
  }
}
