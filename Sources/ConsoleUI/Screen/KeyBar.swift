import TraceModel

/// Which keys the bottom line mentions: those of the pane that has the keys, and before them what the moment asks for.
struct KeyBar {
  /// Of the pane that has the keys, the most useful first.
  let acts: [Act]
  /// Whether what a search found is marked.
  let isSearching: Bool
  /// Whether something waits for the operator that is not selected.
  let isHeldElsewhere: Bool
  let trace: TraceView

  var hints: [Act] {
    var first: [Act] = []
    if isSearching { first += [.next, .previous] }
    if isHeldElsewhere { first.append(.held) }
    return first + acts.filter { isOfUse($0) && !first.contains($0) }
  }

  /// Whether there is anything that it could act on.
  private func isOfUse(_ act: Act) -> Bool {
    switch act {
    case .holdPrompt, .follow, .freeze: trace.isLive
    case .nextFinding: !trace.findingCounts.isEmpty
    default: true
    }
  }
}
