import TraceModel

/// Which lines of a list say what is searched for, as far as it was looked through: for *3 of 12*.
struct SearchTally: Equatable, Sendable {
  /// Ascending.
  private var lines: [UInt32] = []
  private var next = 0
  private var made: Made?

  /// What was looked through.
  private struct Made: Equatable {
    var view: ListView
    var scope: Int
    /// Of a list whose lines move when one comes: how many they were.
    var count: Int?
  }

  /// Packets looked at between two looks at the keys.
  private static let slice = 4000

  private static func made(of pane: any ListPane, _ scene: Scene) -> Made {
    Made(
      view: pane.view, scope: scene.scope.revision, count: pane.view == .timeline ? nil : pane.list.count)
  }

  func isDone(in pane: any ListPane, _ scene: Scene) -> Bool {
    !pane.view.isSearched || made == Self.made(of: pane, scene) && next >= pane.list.count
  }

  mutating func advance(_ search: Search, in pane: any ListPane, _ scene: Scene) {
    guard pane.view.isSearched else { return }
    let wanted = Self.made(of: pane, scene)
    if made != wanted || pane.list.count < next { (lines, next, made) = ([], 0, wanted) }
    var room = Self.slice
    while room > 0, next < pane.list.count {
      let looked = pane.look(for: search, line: next, scene)
      if looked.isMatch { lines.append(UInt32(clamping: next)) }
      room -= looked.cost
      next += 1
    }
  }

  /// `3 of 12`, or `12` where the selected line is none of them; nil where nothing was counted.
  func words(at line: Int, in pane: any ListPane, _ scene: Scene) -> String? {
    guard made?.view == pane.view else { return nil }
    let more = isDone(in: pane, scene) ? "" : "+"
    var (low, high) = (0, lines.count)
    while low < high {
      let middle = (low + high) / 2
      if lines[middle] < line { low = middle + 1 } else { high = middle }
    }
    let count = NumberText.grouped(lines.count) + more
    return low < lines.count && Int(lines[low]) == line
      ? "\(NumberText.grouped(low + 1)) of \(count)" : lines.isEmpty && more.isEmpty ? "not found" : count
  }
}

extension ListView {
  /// Whether a search looks at its lines.
  var isSearched: Bool {
    switch self {
    case .timeline, .messages, .held, .findings: true
    case .rules, .stats: false
    }
  }
}
