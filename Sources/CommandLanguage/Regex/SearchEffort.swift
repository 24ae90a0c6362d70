/// How many states of machines (``PatternMachine``) may still be visited in search of patterns that have no table.
///
/// One look into a table a byte cannot keep anybody waiting. Following a machine visits up to 512 states a byte, 40 or 50 million a
/// second, and all mail waits for it: so there is a limit for each search and one for all that are made together.
package struct SearchEffort: Sendable {
  private var left: Int
  private let most: Int
  /// Whether a search was given up since this was last taken back.
  package private(set) var gaveUp = false

  /// For the rules of one turn of a proxy: 0.05 s a search, 0.1 s a turn.
  package static let ofTurn = SearchEffort(left: 4_000_000, atMost: 2_000_000)
  /// For a filter, for which nobody's mail waits: a second a search.
  package static let ofFilter = SearchEffort(left: .max, atMost: 50_000_000)

  /// - Parameter most: states that one search may visit.
  package init(left: Int, atMost most: Int) {
    self.left = left
    self.most = most
  }

  /// - Parameter search: counts its steps, and gives up (nil) beyond so many.
  mutating func spend(_ search: (inout Int, Int) -> Bool?) -> Bool {
    var steps = 0
    let found = search(&steps, min(left, most))
    left -= min(left, steps)
    if found == nil { gaveUp = true }
    return found ?? false
  }

  /// Another question begins.
  package mutating func forgive() { gaveUp = false }
}
