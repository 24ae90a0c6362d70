import Cells
import CommandLanguage
import TraceModel

/// The Rules view: what is done without the operator, in its order.
struct RulesPane: ListPane {
  var list = ListState()
  /// Of the rule that is selected or being typed.
  private(set) var trial: Trial?
  /// Of the config file, not yet asked for.
  var configured: [Rule] = []

  var view: ListView { .rules }

  func share(_ scene: Scene) -> Layout.Share? {
    Layout.Share(sideBySideFrom: 170, listRows: scene.rules.rules.count + 2, hasTabs: false)
  }

  func packet(_ scene: Scene) -> Int? { nil }

  func hints(isHeld: Bool) -> [Act] {
    [.addRule, .editRule, .switchRule, .ruleUp, .ruleDown, .deleteRule, .back, .holdPrompt]
  }

  /// Index of the rule under the cursor.
  func selected(_ rules: RuleList) -> Int? { rules.rules.indices.contains(list.cursor) ? list.cursor : nil }

  // MARK: trying out

  func isDone(_ trace: TraceView) -> Bool { trial.map { $0.pass.isDone(over: trace.index) } ?? true }

  /// Tries an expression on what was seen; nil for none.
  mutating func tryOut(_ expression: Expression?) {
    if trial?.expression != expression { trial = expression.map(Trial.init) }
  }

  /// The expression that a line being typed would have act.
  static func expression(of prompt: Prompt) -> Expression? {
    switch prompt.purpose {
    case .rule: (try? Rule(parsing: prompt.editor.text))?.condition
    case .hold: try? Expression(parsing: prompt.editor.text)
    case .instruction, .filter, .search, .note, .write, .record, .reply, .quarantine, .fork, .milter: nil
    }
  }

  private static let sliceTried = 20_000

  /// Looks at some packets more.
  mutating func advance(_ trace: TraceView) {
    guard trial != nil else { return }
    trial?.pass.advance(trace.reader, limit: RulesPane.sliceTried)
  }

  mutating func reconsider(_ changed: [Int], _ trace: TraceView) {
    trial?.pass.reconsider(changed, trace.reader)
  }

  // MARK: acts

  func edit(_ rules: RuleList) -> [Response] {
    guard let index = selected(rules) else { return .refuse("no rule is selected; + adds one") }
    return [.ask(.rule(index), rules.rules[index].text)]
  }

  func askDelete(_ rules: RuleList) -> [Response] {
    guard let index = selected(rules) else { return .refuse("no rule is selected") }
    let yes = Menu.Item(
      "y", "yes", DisplayText(rules.rules[index].label, columns: 60), .run("rule \(index + 1) delete"))
    return [.choose(Menu(title: "Delete rule \(index + 1)?", items: [yes]))]
  }

  func switchOver(_ rules: RuleList) -> [Response] {
    guard let index = selected(rules) else { return .refuse("no rule is selected") }
    return rules.change(index, rules.rules[index].isEnabled ? .off : .on)
  }

  /// The cursor goes with a rule that is moved.
  mutating func change(
    _ index: Int?, _ act: ConsoleInstruction.RuleAct, _ rules: RuleList
  ) -> [Response] {
    let responses = rules.change(index, act)
    if let index, act == .up || act == .down, case .setRules? = responses.first {
      list.select(index + (act == .up ? -1 : 1))
    }
    return responses
  }
}
