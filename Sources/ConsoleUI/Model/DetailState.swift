import Cells
import MilterProtocol
import TraceModel

/// The lines of the detail pane as they were made for one selection, tab and width, and the place among them.
package struct DetailState {
  package internal(set) var list = ListState()
  /// What is selected, as the rule above the pane says it.
  package internal(set) var title: DisplayText = ""
  /// Its number alone, for where the tabs leave no room for more; empty where it has none.
  var shortTitle: DisplayText = ""
  var content = Content.lines([])
  /// What the content was made for.
  var made: Made?

  enum Content {
    case lines([DetailLine])
    /// Made line by line as they are looked at: a body chunk has 4,096 of them.
    case hex(bytes: [UInt8], lit: Range<Int>?)
  }

  struct Made: Hashable {
    var view: ListView
    var packet: Int?
    var tab: DetailTab
    var width: Int
    /// Records folded in when it was made, where what comes later may change it.
    var revision: Int
    var lit: Range<Int>?
    var settings: Settings
    var showsEffect: Bool
    /// The selected rule, how often it acted, and what trying it out has found.
    var rule: [Int] = []
    var ruleText = ""
    var silent: SilentConnection?
  }

  package func line(_ index: Int, width: Int) -> DetailLine? {
    switch content {
    case .lines(let lines): lines.indices.contains(index) ? lines[index] : nil
    case .hex(let bytes, let lit): HexView.line(index, of: bytes, selected: lit, width: width)
    }
  }

  var selectedLine: DetailLine? { line(list.cursor, width: made?.width ?? 80) }

  mutating func show(_ content: Content, width: Int) {
    self.content = content
    switch content {
    case .lines(let lines): list.setCount(lines.count)
    case .hex(let bytes, _): list.setCount(HexView.lineCount(bytes: bytes.count, width: width))
    }
  }
}
