import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

extension ConsoleModel {
  /// Runs a line as if typed at the prompt.
  package mutating func run(_ line: String) -> [ConsoleEffect] {
    do throws(Typed.Fault) {
      return run(try Typed.statements(line))
    } catch {
      return refuse(error.message)
    }
  }

  private mutating func run(_ statements: [Statement]) -> [ConsoleEffect] {
    var effects: [ConsoleEffect] = []
    for statement in statements {
      switch statement {
      case .instruction(let instruction): effects += instruct(instruction)
      case .rule(let rule):
        status = StatusMessage(.done, "rule \(ruleList.rules.count + 1) is set")
        effects += set(ruleList.rules + [rule])
      case .console(let console): effects += run(console)
      }
    }
    return confirming(effects, remarks(on: effects))
  }

  /// What would be remarked on the held packet that these instructions edit.
  private func remarks(on effects: [ConsoleEffect]) -> [(rule: FindingRule, text: Sentence)] {
    guard let row = focusRow, heldEntry(at: row) != nil, let detail = trace.detail(at: row) else { return [] }
    let before = detail.leaving ?? detail.packet
    let after = effects.reduce(before) { packet, effect in
      if case .instruct(let edit, detail.number) = effect, edit.isEdit {
        PacketDetail.edited(packet, by: edit)
      } else {
        packet
      }
    }
    return after == before || after == detail.packet ? [] : PacketJudge(detail).remarks(on: after)
  }

  private mutating func run(_ console: ConsoleInstruction) -> [ConsoleEffect] {
    switch console {
    case .filter(let expression): setFilter(expression?.text ?? "")
    case .search(let text): return startSearch(String(decoding: text, as: UTF8.self))
    case .goTo(let number): return go(toPacket: number)
    case .write(let file): return write(to: file)
    case .savePart(let number, let file): return savePart(number, to: file)
    case .option(let name, let value): set(name, to: value)
    case .bind(let key, let statements): bind(key, to: statements.map(\.text).joined(separator: "; "))
    case .unbind(let key): bind(key, to: "")
    case .screen(let name, let count):
      guard let act = Act(rawValue: name) else { return refuse("the screen has no act '\(name)'") }
      return perform(act, count: count)
    case .quit: return perform(.leave)
    case .apply(let condition, let instructions): return apply(instructions, where: condition)
    case .revert: return revert()
    case .rules: show(.rules)
    case .arm(let isOn): return arm(isOn)
    case .rule(let number, let act): return changeRule(number - 1, act)
    case .edit: return openEditor()
    case .export(let order): return export(order)
    }
    return []
  }

  /// A line of the config file; the answer says what is wrong with it.
  package mutating func configure(_ line: String) -> Typed.Fault? {
    do throws(Typed.Fault) {
      for statement in try Typed.statements(line) {
        switch statement {
        case .console(let console) where console.isConfiguration: _ = run(console)
        case .rule(let rule): configuredRules.append(rule)
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
    defer { configuredRules = [] }
    return isLive && !configuredRules.isEmpty ? set(ruleList.rules + configuredRules) : []
  }

  private mutating func set(_ name: String, to value: String) {
    guard let name = Settings.Name(rawValue: name) else { return }
    if let fault = settings.set(name, to: value) {
      status = StatusMessage(.refused, fault)
      return
    }
    if name == .macros { rowsAreStale = true }
    status = StatusMessage(.done, "\(name.rawValue) \(settings.value(of: name))")
  }

  private mutating func bind(_ name: String, to text: String) {
    guard let key = Key(name: name) else { return }
    keymap.bind(key, to: text)
    status = StatusMessage(.done, text.isEmpty ? "\(key) does nothing now" : "\(key) does \(text)")
  }

  // MARK: for packets

  /// For every packet that waits and matches.
  private mutating func apply(
    _ instructions: [Instruction], where condition: Expression
  ) -> [ConsoleEffect] {
    let predicate = FilterPredicate(condition)
    let reader = trace.reader
    let matching = held.filter { predicate.matches(reader.context(at: $0.row)) }
    guard !matching.isEmpty else { return refuse("no packet that waits matches") }
    return matching.flatMap { entry in
      instructions.map { ConsoleEffect.instruct($0, packet: entry.number) }
    }
  }

  mutating func toggleMark() -> [ConsoleEffect] {
    instruct(selectedPacket.map(isMarked) ?? false ? .unmark : .mark)
  }

  mutating func note(_ text: String) -> [ConsoleEffect] { instruct(.note(text)) }

  mutating func write(to path: String) -> [ConsoleEffect] {
    let records = recordsShown()
    guard !records.isEmpty else { return refuse("no packets are shown") }
    return [.write(path: path, records: records, replaces: false)]
  }

  mutating func copySelection() -> [ConsoleEffect] {
    let bytes: [UInt8]
    if focus == .detail, let value = detail.selectedLine?.value {
      bytes = value
    } else if let text = selectedText {
      bytes = text
    } else {
      return refuse("nothing to copy here")
    }
    let text = Self.pasteable(bytes)
    status = StatusMessage(.done, "copied \(NumberText.bytes(text.count)) to the terminal's clipboard")
    return [.copy(text)]
  }

  /// As it is where it can be pasted anywhere, with LF for CR LF; escaped whole where a terminal that gets it would obey it.
  private static func pasteable(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0d, place + 1 < bytes.count, bytes[place + 1] == 0x0a { continue }
      text.append(byte)
    }
    let isObeyed = zip(text, [0] + text).contains { byte, before in
      byte < 0x20 && byte != 0x09 && byte != 0x0a || byte == 0x7f || before == 0xc2 && byte < 0xa0
    }
    return isObeyed ? Array(InertText.string(escaping: bytes).utf8) : text
  }
}

extension ConsoleInstruction {
  /// Whether it may stand in the config file.
  fileprivate var isConfiguration: Bool {
    switch self {
    case .option, .bind, .unbind: true
    case .apply, .edit, .revert, .filter, .search, .goTo, .write, .savePart, .export, .rules, .arm, .rule,
      .screen,
      .quit:
      false
    }
  }
}

extension Instruction {
  /// Whether it makes another packet of one that waits; what leaves then is the operator's.
  fileprivate var isEdit: Bool {
    switch self {
    case .set, .raw: true
    case .hold, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .delay, .close, .mark,
      .unmark, .note:
      false
    }
  }
}
