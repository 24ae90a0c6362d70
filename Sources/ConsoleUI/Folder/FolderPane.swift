import Cells
import TraceModel

/// What a folder holds to be opened, to pick from before there is a trace on the screen.
package struct FolderPane {
  package struct Entry: Equatable, Sendable {
    var name: String
    /// `trace`, `capture`, `trace, gzip`.
    var kind: String
    var bytes: Int
    /// When it was last written, in seconds since 1970 of the operator's clock.
    var written: Int64

    package init(name: String, kind: String, bytes: Int, written: Int64) {
      (self.name, self.kind, self.bytes, self.written) = (name, kind, bytes, written)
    }
  }

  package enum Answer: Equatable, Sendable {
    case stay
    /// These rows, as one trace.
    case open([Int])
    case leave
  }

  private let path: String
  private let entries: [Entry]
  private var list = ListState()
  private var marked: Set<Int> = []
  /// What is said in place of the keys, until one is pressed.
  package var remark: String?

  package init(_ path: String, _ entries: [Entry], size: Size) {
    (self.path, self.entries) = (path, entries)
    list.setCount(entries.count)
    resize(size)
  }

  package mutating func resize(_ size: Size) { list.resize(height: Self.place(in: size).list.rows) }

  package mutating func press(_ key: Key) -> Answer {
    remark = nil
    switch key {
    case .named(.enter):
      guard !entries.isEmpty else { return .stay }
      return .open(marked.isEmpty ? [list.cursor] : marked.sorted())
    case .character("q"), .character("Q"), .named(.escape), .control("c"): return .leave
    case .character(" "):
      guard !entries.isEmpty else { return .stay }
      if marked.remove(list.cursor) == nil { marked.insert(list.cursor) }
      list.move(by: 1)
    case .mouse(let mouse): if mouse.kind == .press { wheel(mouse.button) }
    default:
      if let act = Self.motions.first(where: { $0.keys.contains(key) })?.act { list.move(act, count: nil) }
    }
    return .stay
  }

  private mutating func wheel(_ button: Key.Mouse.Button) {
    switch button {
    case .wheelUp: list.move(by: -1)
    case .wheelDown: list.move(by: 1)
    case .left, .middle, .right, .none: break
    }
  }

  private static let motions = Binding.table.filter { $0.group == .move && $0.places == .everywhere }

  package func frame(_ size: Size) -> Frame {
    var frame = Frame(size: size)
    let place = Self.place(in: size)
    frame.fill(place.title, style: Style(.title))
    frame.put(title, in: place.title, style: Style(.title))
    let columns = columns
    let places = Column.layout(columns, width: place.list.columns)
    frame.put(columns.map(\.title), columns: columns, at: places, in: place.headings, style: .dim)
    for (row, index) in list.visible.enumerated() {
      let line = place.list.line(row)
      guard !line.isEmpty else { continue }
      frame.put(cells(index), columns: columns, at: places, in: line)
      if index == list.cursor { frame.add(.selected, in: line) }
    }
    let words = remark.map { DisplayText(" ") + DisplayText(escaping: Array($0.utf8), style: Style(.bad)) }
    frame.put(words ?? Self.keys, in: place.keys)
    return frame
  }

  private var title: DisplayText {
    DisplayText(" mitmilter", style: Style(.title, .bold)) + "  " + DisplayText(escaping: Array(path.utf8))
      + "  "
      + DisplayText(NumberText.count(entries.count, "file") + " to open")
  }

  private var columns: [Column] {
    let name = entries.map { DisplayText(escaping: Array($0.name.utf8)).width }.max() ?? 0
    return [
      Column("", .fixed(1)), Column("name", .growing(minimum: 16, wanted: max(4, name))),
      Column("size", .fixed(7), .trailing, priority: 1), Column("written", .fixed(16), priority: 2),
      Column("kind", .fixed(13), priority: 3),
    ]
  }

  private func cells(_ index: Int) -> [DisplayText] {
    let entry = entries[index]
    return [
      marked.contains(index) ? DisplayText("▌", style: Style(.marked)) : "",
      DisplayText(escaping: Array(entry.name.utf8)), DisplayText(NumberText.bytes(entry.bytes)),
      DisplayText(
        WallClock.date(entry.written) + " " + WallClock.timeOfDay(entry.written).prefix(5), style: .dim),
      DisplayText(entry.kind, style: .dim),
    ]
  }

  private static let keys: DisplayText = [("Enter", "open"), ("Space", "mark several"), ("q", "quit")]
    .reduce(DisplayText(" ")) {
      $0 + DisplayText($1.0, style: .key) + DisplayText(" " + $1.1 + "  ", style: .dim)
    }

  private struct Place {
    var title: Rect
    var headings: Rect
    var list: Rect
    var keys: Rect
  }

  private static func place(in size: Size) -> Place {
    var rest = Rect(size)
    let title = rest.takeTop(1)
    let keys = rest.takeBottom(1)
    let headings = rest.takeTop(1)
    return Place(title: title, headings: headings, list: rest, keys: keys)
  }
}
