import TraceModel

/// Facts of the connections that are open, each in a place of its own: read and changed where they lie, as a copy costs a
/// dozen counts.
struct LiveFacts: Sendable {
  /// By place.
  var facts: [SessionFacts] = []
  private var free: [Int] = []

  mutating func newPlace() -> Int {
    if let place = free.popLast() { return place }
    facts.append(SessionFacts())
    return facts.count - 1
  }

  mutating func giveUp(_ place: Int) {
    facts[place] = SessionFacts()
    free.append(place)
  }
}
