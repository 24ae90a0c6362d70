import TraceModel

// `/`, `n` and `N`: in the help, the detail or the list, whichever has the keys.
extension ConsoleModel {
  /// The places before a search was typed, and what was searched for.
  struct SearchBefore {
    let search: Search?
    let view: ListView
    let list: ListState
    let detail: ListState
    let follow: Bool
  }

  /// Goes to the first match of the text typed so far, sought from where the operator was before.
  mutating func trySearch(_ prompt: Prompt) {
    guard prompt.purpose == .search, help == nil, view.isSearched else { return }
    let before =
      searchBefore
      ?? SearchBefore(search: search, view: view, list: list, detail: detail.list, follow: settings.follow)
    returnFromSearch(to: before)
    searchBefore = before
    guard !prompt.editor.isEmpty else { return }
    search = Search(prompt.editor.text)
    _ = search(step: 1, count: 1)
  }

  /// Back to where the operator was; what was typed is searched for from there, or not at all.
  mutating func leaveSearch() {
    guard let before = searchBefore else { return }
    searchBefore = nil
    returnFromSearch(to: before)
    status = nil
  }

  private mutating func returnFromSearch(to before: SearchBefore) {
    (search, scene.settings.follow) = (before.search, before.follow)
    guard view == before.view else { return }
    list.select(before.list.cursor)
    list.scroll(to: before.list.top)
    detail.list.select(before.detail.cursor)
  }

  /// How many lines say what is searched for, and the which of them is selected.
  var searchWords: String? {
    guard let search, search.isMarked, help == nil, compared == nil else { return nil }
    return focus == .detail ? detail.place(of: search) : search.tally.words(at: list.cursor, in: pane, scene)
  }

  mutating func startSearch(_ text: String) -> [Response] {
    search = Search(text)
    return search(step: 1, count: 1)
  }

  /// To the next match, or the one before. Rules and Stats leave for the Timeline.
  mutating func search(step: Int, count: Int) -> [Response] {
    if help == nil, compared != nil { return compared?.next(step: step, count: count) ?? [] }
    guard let search else { return .refuse("nothing was searched for; / does") }
    self.search?.isMarked = true
    if help != nil {
      return over.help?.search(search, step: step, count: count, scene.keymap, width: size.columns) ?? []
    }
    if focus == .detail { return detail.search(search, step: step, count: count, beside: view) }
    switch view {
    case .timeline, .messages, .held, .findings: break
    case .rules, .stats: show(.timeline)
    }
    let pane = self.pane
    guard pane.list.count > 0 else { return .refuse("nothing is shown that could be searched") }
    self.search?.start(in: pane, step: step, count: count)
    return advanceSearch()
  }

  /// Looks at some lines more, as long as the operator stays with the list.
  mutating func advanceSearch() -> [Response] {
    guard var search else { return [] }
    let outcome = search.advance(in: pane, scene)
    self.search = search
    switch outcome {
    case .idle: return []
    case .goesOn: return .hint("searching for '\(search.text)' …")
    case .nowhere: return .refuse("'\(search.text)' not found in the \(view.searched) shown")
    case .found(let line):
      let passedEnd = search.step > 0 ? line <= list.cursor : line >= list.cursor
      status = nil
      scene.settings.follow = false
      list.reveal(line)
      settle()
      detail.reveal(search)
      return passedEnd ? .done("search wrapped around") : []
    }
  }
}

extension Search {
  enum Outcome { case idle, goesOn, nowhere, found(Int) }

  /// Packets looked at between two looks at the keys.
  private static let slice = 4000

  /// Begins at the line next to the selected one.
  mutating func start(in pane: any ListPane, step: Int, count: Int) {
    (view, self.step, left, skips) = (pane.view, step, pane.list.count, count - 1)
    next = wrapped(pane.list.cursor + step, pane.list.count)
  }

  private func wrapped(_ line: Int, _ count: Int) -> Int { (line % count + count) % count }

  /// Looks at some lines more.
  mutating func advance(in pane: any ListPane, _ scene: Scene) -> Outcome {
    guard var line = next else { return .idle }
    next = nil
    guard view == pane.view else { return .idle }
    let count = pane.list.count
    var room = Search.slice
    while room > 0 {
      guard left > 0, line < count else { return .nowhere }
      let looked = pane.look(for: self, line: line, scene)
      room -= looked.cost
      if looked.isMatch {
        if skips == 0 { return .found(line) }
        skips -= 1
      }
      line = wrapped(line + step, count)
      left -= 1
    }
    next = line
    return .goesOn
  }
}

extension ListView {
  /// What its lines are, for a search that finds nothing.
  fileprivate var searched: String {
    switch self {
    case .timeline, .held, .rules, .stats: "packets"
    case .messages: "mails"
    case .findings: "findings"
    }
  }
}
