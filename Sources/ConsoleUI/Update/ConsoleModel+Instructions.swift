import CommandLanguage
import TraceModel

extension ConsoleModel {
  /// Runs a line as if typed at the prompt.
  package mutating func run(_ line: String) -> [ConsoleEffect] {
    do {
      return try run(ScreenInstruction.parse(line))
    } catch {
      switch error {
      case .invalid(_, let message): return refuse(message)
      case .notForTheScreen: return instruct(line)
      }
    }
  }

  private mutating func run(_ instruction: ScreenInstruction) -> [ConsoleEffect] {
    switch instruction {
    case .act(let act): return perform(act)
    case .filter(let text):
      if case .invalid(_, let message) = Validation.filter(text) { return refuse(message) }
      setFilter(text)
    case .search(let text): return startSearch(text)
    case .goto(let number): return go(toPacket: number)
    case .write(let path): return write(to: path)
    case .set(let name, let value): set(name, to: value)
    case .ask(let name): status = StatusMessage(.done, "\(name.rawValue) \(settings.value(of: name))")
    case .bind(let key, let text): return bind(key, to: text)
    case .note(let text): return note(text)
    case .quit: return perform(.leave)
    }
    return []
  }

  /// A line of the config file; the message says what is wrong with it.
  package mutating func configure(_ line: String) -> (column: Int, message: String)? {
    do throws(ScreenInstruction.Failure) {
      switch try ScreenInstruction.parse(line) {
      case .set(let name, let value): set(name, to: value)
      case .bind(let key, let text):
        if let fault = fault(inBound: text) {
          return (line.utf8.count - text.utf8.count + fault.range.lowerBound + 1, fault.message)
        }
        keymap.bind(key, to: text)
      case .ask: return (line.utf8.count + 1, "expected a value")
      case .act, .filter, .search, .goto, .write, .note, .quit: return (1, "expected set or bind")
      }
    } catch {
      switch error {
      case .invalid(let range, let message): return (range.lowerBound + 1, message)
      case .notForTheScreen: return (1, "expected set or bind")
      }
    }
    settle()
    return nil
  }

  private mutating func set(_ name: Settings.Name, to value: String) {
    if let fault = settings.set(name, to: value) {
      status = StatusMessage(.refused, fault)
      return
    }
    if name == .macros { rowsAreStale = true }
    status = StatusMessage(.done, "\(name.rawValue) \(settings.value(of: name))")
  }

  private mutating func bind(_ key: Key, to text: String) -> [ConsoleEffect] {
    if let fault = fault(inBound: text) { return refuse(fault.message) }
    keymap.bind(key, to: text)
    status = StatusMessage(.done, text.isEmpty ? "\(key) is as it was" : "\(key) does \(text)")
    return []
  }

  /// What is bound must be something that could be typed.
  private func fault(inBound text: String) -> (range: Range<Int>, message: String)? {
    guard !text.isEmpty else { return nil }
    guard case .invalid(let range, let message) = Validation.instruction(text) else { return nil }
    return (range, message)
  }

  // MARK: for packets

  private mutating func instruct(_ line: String) -> [ConsoleEffect] {
    if case .invalid(_, let message) = Validation.instruction(line) { return refuse(message) }
    guard let packet = selectedPacket else { return refuse("no packet is selected") }
    guard let instruction = Validation.packetInstruction(line) else { return refuse("unknown instruction") }
    return [.instruct(instruction, packet: packet)]
  }

  mutating func toggleMark() -> [ConsoleEffect] {
    guard let packet = selectedPacket else { return refuse("no packet is selected") }
    return [.instruct(isMarked(packet) ? .unmark : .mark, packet: packet)]
  }

  mutating func note(_ text: String) -> [ConsoleEffect] {
    guard let packet = selectedPacket else { return refuse("no packet is selected") }
    return [.instruct(.note(text), packet: packet)]
  }

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
    status = StatusMessage(.done, "copied \(NumberText.bytes(bytes.count)) to the terminal's clipboard")
    return [.copy(bytes)]
  }
}
