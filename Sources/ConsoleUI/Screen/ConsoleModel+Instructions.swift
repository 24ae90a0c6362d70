import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

// Lines as they are typed, bound to keys, given with `-c` or written in the config file.
extension ConsoleModel {
  /// Runs a line as if typed at the prompt.
  package mutating func run(_ line: String) -> [ConsoleEffect] {
    do throws(Typed.Fault) {
      var effects: [ConsoleEffect] = []
      for statement in try Typed.statements(line) { effects += run(statement) }
      return carryOut(subject.confirming(effects))
    } catch {
      return carryOut(.refuse(error.message))
    }
  }

  private mutating func run(_ statement: Statement) -> [ConsoleEffect] {
    switch statement {
    case .instruction(let instruction): carryOut([.instruct(instruction)])
    case .rule(let rule): carryOut(scene.rules.set(rule))
    case .console(let console): carryOut(responses(to: console))
    }
  }

  private mutating func responses(to console: ConsoleInstruction) -> [Response] {
    switch console {
    case .filter(let expression): scene.scope.setFilter(expression?.text ?? "", over: scene.trace)
    case .search(let text): return startSearch(String(decoding: text, as: UTF8.self))
    case .goTo(let number): return go(toPacket: number)
    case .write(let file): return write(to: file)
    case .savePart(let number, let file): return subject.savePart(number, to: file)
    case .option(let name, let value): return set(name, to: value)
    case .bind(let key, let statements): return bind(key, to: statements.map(\.text).joined(separator: "; "))
    case .unbind(let key): return bind(key, to: "")
    case .screen(let name, let count):
      guard let act = Act(rawValue: name) else { return .refuse("the screen has no action '\(name)'") }
      return perform(act, count: count)
    case .quit: return perform(.leave)
    case .apply(let condition, let instructions):
      return HeldPane.apply(instructions, where: condition, scene.trace)
    case .rules: show(.rules)
    case .arm(let isOn): return [.arm(isOn)]
    case .rule(let number, let act): return rules.change(number - 1, act, scene.rules)
    case .edit: return subject.edit(editDraft)
    case .export(let order): return exporting.obey(order)
    }
    return []
  }

  /// A line of the config file; the answer says what is wrong with it.
  package mutating func configure(_ line: String) -> Typed.Fault? {
    do throws(Typed.Fault) {
      for statement in try Typed.statements(line) {
        switch statement {
        case .console(let console) where console.isConfiguration: _ = carryOut(responses(to: console))
        case .rule(let rule): rules.configured.append(rule)
        case .console, .instruction:
          return Typed.Fault(range: 0..<line.utf8.count, message: "expected set, bind, unbind or a rule")
        }
      }
    } catch {
      return error
    }
    status = nil
    settle()
    return nil
  }

  /// Puts the rules of the config file behind those of the command line; a recorded trace has no use for any.
  package mutating func takeConfiguredRules() -> [ConsoleEffect] {
    defer { rules.configured = [] }
    guard scene.trace.isLive, !rules.configured.isEmpty else { return [] }
    return carryOut([.setRules(scene.rules.rules + rules.configured)])
  }

  private mutating func set(_ name: String, to value: String) -> [Response] {
    guard let name = Settings.Name(rawValue: name) else { return [] }
    if let fault = scene.settings.set(name, to: value) { return .refuse(fault) }
    return .done("\(name.rawValue) \(settings.value(of: name))")
  }

  private mutating func bind(_ name: String, to text: String) -> [Response] {
    guard let key = Key(name: name) else { return [] }
    scene.keymap.bind(key, to: text)
    return .done(text.isEmpty ? "\(key) does nothing now" : "\(key) does \(text)")
  }

  mutating func write(to path: String) -> [Response] {
    let records = timeline.records(scene)
    guard !records.isEmpty else { return .refuse("no packets are shown") }
    return [.outside(.write(path: path, records: records, replaces: false))]
  }
}

extension ConsoleInstruction {
  /// Whether it may stand in the config file.
  fileprivate var isConfiguration: Bool {
    switch self {
    case .option, .bind, .unbind: true
    case .apply, .edit, .filter, .search, .goTo, .write, .savePart, .export, .rules, .arm, .rule,
      .screen,
      .quit:
      false
    }
  }
}
