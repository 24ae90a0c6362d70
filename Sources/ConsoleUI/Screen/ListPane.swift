import Cells
import MilterProtocol
import TraceModel

/// A list of the screen: keeps its place among its rows, draws them, and says what the rest of the screen has to know of it.
protocol ListPane {
  var list: ListState { get set }
  var view: ListView { get }
  /// How it shares the screen with a detail; nil where it needs all of it.
  func share(_ scene: Scene) -> Layout.Share?
  /// Row of the index of the packet that is selected: instructions are for it.
  func packet(_ scene: Scene) -> Int?
  /// What the detail shows where no packet is selected.
  func page(_ scene: Scene, width: Int) -> DetailPane.Page
  /// The rule whose finding the detail shows first.
  func lead(_ scene: Scene) -> FindingRule?
  /// Changes with what the detail shows of the selected packet beyond the packet itself.
  func revision(_ scene: Scene) -> Int
  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout)
  /// What the bottom line mentions, the most useful first.
  ///
  /// - Parameter isHeld: whether the selected packet waits for the operator.
  func hints(isHeld: Bool) -> [Act]
  /// Whether the line says it, and how many packets were looked at to know.
  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int)
}

extension ListPane {
  func revision(_ scene: Scene) -> Int { 0 }

  func lead(_ scene: Scene) -> FindingRule? { nil }

  func page(_ scene: Scene, width: Int) -> DetailPane.Page { .nothing(scene.trace) }

  static var heldHints: [Act] { Act.steering + [.open, .back, .filterPrompt, .holdPrompt] }

  func hints(isHeld: Bool) -> [Act] { isHeld ? Self.heldHints : Self.usualHints }

  static var usualHints: [Act] {
    [
      .open, .nextTab, .filterPrompt, .searchPrompt, .holdPrompt, .back, .nextFinding, .nextRefusal,
      .exportMenu, .replay, .fork, .follow, .freeze, .time, .diff, .fold, .pane, .toggleMark, .notePrompt,
      .split,
      .writePrompt, .copy,
    ]
  }

  /// Of lists that can be put in another order, and have no macros to unfold.
  static var sortedHints: [Act] { usualHints.map { $0 == .fold ? .sort : $0 } }

  /// Lists without packets of their own are not searched.
  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) { (false, 1) }

  /// The list as a table: a row a thing.
  ///
  /// - Parameters:
  ///   - empty: what stands there where the list has no rows.
  ///   - cells: the cells of the row with that index in the list; nil where there is none.
  func drawTable(
    _ columns: [Column], empty: String, hasKeys: Bool, into frame: inout Frame, in layout: Layout,
    cells: (Int) -> [DisplayText]?
  ) {
    let places = Column.layout(columns, width: layout.list.columns)
    if !layout.headings.isEmpty {
      frame.put(columns.map(\.title), columns: columns, at: places, in: layout.headings, style: .dim)
    }
    if list.count == 0 { drawPlaceholder(empty, into: &frame, in: layout.list) }
    for (row, index) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      guard !rect.isEmpty, let cells = cells(index) else { continue }
      frame.put(cells, columns: columns, at: places, in: rect)
      drawCursor(at: index, hasKeys: hasKeys, into: &frame, in: rect)
    }
  }

  func drawCursor(at line: Int, hasKeys: Bool, into frame: inout Frame, in rect: Rect) {
    if line == list.cursor { frame.add(hasKeys ? .selected : .selectedElsewhere, in: rect) }
  }

  /// Words where there are no rows.
  func drawPlaceholder(_ words: String, line: Int = 1, into frame: inout Frame, in rect: Rect) {
    let place = rect.line(min(line, rect.rows - 1)).inset(columns: 2)
    frame.put(DisplayText(words, style: Style(.placeholder)), in: place)
  }
}
