import TraceModel

/// What lies over the views: the help, and under it what was compared last.
struct Overlays {
  var help: HelpPane?
  /// Kept where it is not shown, for the key that shows it again.
  var comparison: ComparisonPane?
  var showsComparison = false
  /// What a replay says otherwise, while its milter is asked for.
  var changes: [Instruction] = []
}

extension ConsoleModel {
  var help: HelpPane? {
    get { over.help }
    set { over.help = newValue }
  }

  /// The comparison, while it is on screen.
  var compared: ComparisonPane? {
    get { over.showsComparison ? over.comparison : nil }
    set { over.comparison = newValue }
  }

  /// Shows what was compared, over the view that is there.
  package mutating func show(_ comparison: ComparisonPane) {
    over = Overlays(comparison: comparison, showsComparison: true)
    status = nil
    settle()
  }

  /// What was compared last, or the view again.
  mutating func turnComparison() -> [Response] {
    guard over.comparison != nil else { return .refuse("nothing was compared so far") }
    over.help = nil
    over.showsComparison.toggle()
    return []
  }

  /// One step back within the comparison; behind the last one the view is there again.
  mutating func leaveComparison() -> [Response] {
    if compared?.back() ?? false { return [] }
    over.showsComparison = false
    let key = scene.key(for: .compared, in: .timeline, else: ": screen compared")
    return .hint("\(key) shows the comparison again")
  }
}
