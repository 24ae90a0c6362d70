import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import TraceModel

/// A model with the story in it, driven by the names of keys.
struct Driver {
  var model: ConsoleModel
  /// What was asked for since the start, but for what is written down for the next time.
  private(set) var effects: [ConsoleEffect] = []
  /// Settings and lines for the next time, as `set split below` and `filter rcpt`.
  private(set) var kept: [String] = []

  init(
    _ source: any RecordSource = Story.source, size: Size = Size(columns: 80, rows: 24), isLive: Bool = false,
    milter: String? = "unix:/run/filter.sock"
  ) {
    model = ConsoleModel(
      source: source,
      origin: isLive
        ? .live(listen: "inet:8891@127.0.0.1", milter: milter, file: "mail.mtrace")
        : .files(["story.mtrace"]), isLive: isLive)
    model.exports = [
      ExportChoice(name: "report", fileExtension: "md", summary: "for an issue tracker"),
      ExportChoice(name: "html", fileExtension: "html", summary: "for a browser"),
      ExportChoice(name: "trace", fileExtension: "mtrace", summary: "a trace again"),
      ExportChoice(name: "eml", fileExtension: "eml", summary: "each mail as a file"),
    ]
    send(.resized(size))
    send(.appended)
    settle()
  }

  mutating func send(_ event: ConsoleEvent) {
    for effect in model.update(event) {
      switch effect {
      case .remember(let name, let value): kept.append("set \(name.rawValue) \(value)")
      case .keepLine(let purpose, let text): kept.append("\(purpose) \(text)")
      default: effects.append(effect)
      }
    }
  }

  /// Runs what is under way to its end.
  mutating func settle() {
    var rounds = 0
    while model.isBusy, rounds < 10_000 {
      send(.idle)
      rounds += 1
    }
  }

  /// `press("j j Enter ^D")`: names as `bind` reads them, blanks between.
  mutating func press(_ keys: String) {
    for name in keys.split(separator: " ") {
      guard let key = Key(name: name) else { preconditionFailure("no key '\(name)'") }
      send(.key(key))
    }
    settle()
  }

  mutating func click(_ place: Point) {
    for kind in [Key.Mouse.Kind.press, .release] { send(.key(.mouse(Key.Mouse(.left, kind, at: place)))) }
    settle()
  }

  mutating func type(_ text: String) {
    for scalar in text.unicodeScalars { send(.key(.character(scalar))) }
    settle()
  }

  /// Types at the prompt that `key` opens, and Enter.
  mutating func enter(_ text: String, at key: String = ":") {
    press(key)
    type(text)
    press("Enter")
  }

  func frame(_ columns: Int? = nil, _ rows: Int? = nil) -> Frame {
    render(model, size: Size(columns: columns ?? model.size.columns, rows: rows ?? model.size.rows))
  }

  /// The selected line of the detail.
  var selectedDetail: String {
    let line = model.detail.line(model.detail.list.cursor, width: model.size.columns)
    return line.map { String(decoding: $0.text.plainBytes, as: UTF8.self) } ?? ""
  }

  /// What is marked on screen, from top to bottom.
  var marked: [String] {
    let frame = frame()
    var marked: [String] = []
    var wasMarked = false
    for place in frame.cells.indices {
      let cell = frame.cells[place]
      let isMarked = cell.style.attributes.contains(.match)
      if isMarked, !wasMarked || place % frame.size.columns == 0 { marked.append("") }
      if isMarked, let base = cell.base { marked[marked.count - 1].unicodeScalars.append(base) }
      wasMarked = isMarked
    }
    return marked
  }

  /// Numbers of the packets in the list, from its first to its last line.
  mutating func shownPackets() -> [Int] {
    press("g")
    var numbers: [Int] = []
    while let number = model.selectedPacket, number != numbers.last {
      numbers.append(number)
      press("j")
    }
    return numbers
  }

  /// The line that is lit.
  var selectedText: String {
    let frame = frame()
    let row = (0..<frame.size.rows).first { row in
      frame[Point(column: 0, row: row)].style.attributes.contains(.selected)
    }
    return row.map { text[$0] } ?? ""
  }

  /// The screen's text, line by line.
  var text: [String] {
    let frame = frame()
    return (0..<frame.size.rows).map { row in
      var line = ""
      for column in 0..<frame.size.columns {
        let cell = frame[Point(column: column, row: row)]
        guard let base = cell.base else { continue }
        line.unicodeScalars.append(base)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

/// What is open and shown, as the tests ask for it.
extension ConsoleModel {
  var trace: TraceView { scene.trace }
  var filter: Scope.Filter? { scene.scope.filter }
  var settings: Settings { scene.settings }
  var tab: DetailTab { detail.tab(beside: view) }
  var prompt: Prompt? { bottom.prompt }
  var menu: Menu? { if case .menu(let menu) = bottom { menu } else { nil } }
  var question: Question? { if case .question(let question, _) = bottom { question } else { nil } }
}
