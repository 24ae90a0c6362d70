import CommandLanguage
import TraceModel

/// What every pane draws from: the trace, what of it is shown and how, the rules that act, and which keys do what.
package struct Scene {
  package internal(set) var trace: TraceView
  package internal(set) var scope = Scope()
  package internal(set) var settings = Settings()
  var rules = RuleList()
  package internal(set) var keymap = Keymap()

  /// Whether not all is known yet of what the lists show.
  var isBusy: Bool { trace.isBehind || !scope.isDone(over: trace) }

  var extent: Scope.Extent { scope.extent(of: trace) }

  /// `name` of the key for `act`; what to type where no key does it.
  func key(for act: Act, in place: Binding.Places, else typed: String) -> String {
    keymap.key(for: act, in: place)?.description ?? typed
  }

  /// Folds in up to `limit` records that have come.
  ///
  /// - Returns: rows of which something became known.
  mutating func catchUp(limit: Int) -> [Int] {
    _ = trace.catchUp(limit: limit)
    let changed = trace.takeChanges()
    if !changed.isEmpty { scope.reconsider(changed, trace.reader) }
    return changed
  }
}
