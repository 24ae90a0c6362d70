import TraceModel

/// Facts of the connections that are open, each in a place of its own: read and changed where they lie, as a copy costs a
/// dozen counts.
struct LiveFacts: Sendable {
  /// By place.
  var facts: [SessionFacts] = []
  /// Whose they are, by place: the index of the connection; nil where a place is free.
  private(set) var owners: [Int?] = []
  private var free: [Int] = []

  /// Connections that have facts.
  var count: Int { facts.count - free.count }

  /// For the connection of that index.
  mutating func newPlace(for connection: Int) -> Int {
    guard let place = free.popLast() else {
      facts.append(SessionFacts())
      owners.append(connection)
      return facts.count - 1
    }
    owners[place] = connection
    return place
  }

  mutating func giveUp(_ place: Int) {
    facts[place] = SessionFacts()
    owners[place] = nil
    free.append(place)
  }
}
