import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

// The operator's rules.
extension ConsoleModel {
  /// Index of the rule under the cursor.
  var selectedRule: Int? {
    guard view == .rules, ruleList.rules.indices.contains(list.cursor) else { return nil }
    return list.cursor
  }

  mutating func refreshRules() {
    lists[.rules, default: ListState()].setCount(ruleList.rules.count)
    if let prompt {
      let remark = trial?.words(of: trace.count) ?? deskRemark(on: prompt)
      self.prompt?.remark = remark
      return
    }
    let expression = selectedRule.map { ruleList.rules[$0].condition }
    if trial?.expression != expression { trial = expression.map(Trial.init) }
  }

  /// Tries the expression being typed on what was seen.
  mutating func tryOut(_ prompt: Prompt) {
    let expression: Expression?
    switch prompt.purpose {
    case .rule: expression = (try? Rule(parsing: prompt.editor.text))?.condition
    case .hold: expression = try? Expression(parsing: prompt.editor.text)
    case .instruction, .filter, .search, .note, .write, .reply, .quarantine: expression = nil
    }
    if trial?.expression != expression { trial = expression.map(Trial.init) }
  }

  mutating func advanceTrial() {
    guard trial != nil else { return }
    let reader = trace.reader
    trial?.pass.advance(reader, limit: ConsoleModel.sliceFiltered)
  }

  // MARK: acts

  /// One breakpoint, kept as a rule of that name; an empty expression takes it away.
  mutating func hold(on text: String) -> [ConsoleEffect] {
    var rules = ruleList.rules
    let index = ruleList.holdIndex
    guard text.contains(where: { $0 != " " }) else {
      guard let index else { return [] }
      rules.remove(at: index)
      status = StatusMessage(.done, "nothing is held from now on")
      return set(rules)
    }
    guard let condition = try? Expression(parsing: text) else { return [] }
    let rule = Rule(on: condition, name: RuleList.holdName, do: [.hold])
    if let index { rules[index] = rule } else { rules.insert(rule, at: 0) }
    status = StatusMessage(.done, "holding \(condition.text)")
    let effects = set(rules)
    return ruleList.isArmed ? effects : effects + arm(true)
  }

  mutating func arm(_ isOn: Bool) -> [ConsoleEffect] {
    ruleList.isArmed = isOn
    status = StatusMessage(.done, isOn ? "rules and holds act" : "no rule acts, nothing is held")
    return [.arm(isOn)]
  }

  mutating func setRule(_ text: String, at index: Int?) -> [ConsoleEffect] {
    do throws(SyntaxError) {
      var rules = ruleList.rules
      let rule = try Rule(parsing: text)
      if let index, rules.indices.contains(index) { rules[index] = rule } else { rules.append(rule) }
      status = StatusMessage(.done, "rule \((index ?? rules.count - 1) + 1) is set")
      return set(rules)
    } catch {
      return refuse(error.message)
    }
  }

  mutating func editRule() -> [ConsoleEffect] {
    guard let index = selectedRule else { return refuse("no rule is selected; + adds one") }
    ask(.rule(index), text: ruleList.rules[index].text)
    return []
  }

  mutating func askDeleteRule() -> [ConsoleEffect] {
    guard let index = selectedRule else { return refuse("no rule is selected") }
    menu = Menu(
      title: "Delete rule \(index + 1)?",
      items: [
        Menu.Item("y", "yes", DisplayText(ruleList.rules[index].label, columns: 60), .deletesRule(index))
      ])
    return []
  }

  mutating func changeRule(_ index: Int?, _ act: ConsoleInstruction.RuleAct) -> [ConsoleEffect] {
    guard let index, ruleList.rules.indices.contains(index) else { return refuse("there is no such rule") }
    var rules = ruleList.rules
    switch act {
    case .on: rules[index].isEnabled = true
    case .off: rules[index].isEnabled = false
    case .delete: rules.remove(at: index)
    case .up, .down:
      let other = index + (act == .up ? -1 : 1)
      guard rules.indices.contains(other) else { return refuse("rule \(index + 1) is at the end already") }
      rules.swapAt(index, other)
      lists[.rules]?.select(other)
    }
    return set(rules)
  }

  mutating func switchRule() -> [ConsoleEffect] {
    guard let index = selectedRule else { return refuse("no rule is selected") }
    return changeRule(index, ruleList.rules[index].isEnabled ? .off : .on)
  }

  mutating func set(_ rules: [Rule]) -> [ConsoleEffect] {
    ruleList.replace(with: rules)
    return [.setRules(rules)]
  }
}
