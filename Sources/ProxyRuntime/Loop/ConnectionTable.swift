/// The connections there are, each in a slot of its own: the number by which the poller's events and the timers name it.
struct ConnectionTable {
  private var slots: [Connection?] = []
  private var free: [Int] = []
  private(set) var count = 0
  /// Connections so far.
  private(set) var accepted = 0
  /// In the trace so far, those of no MTA among them.
  private var numbers = 0

  /// A place for a new one, and its number in the trace.
  mutating func reserve() -> (slot: Int, number: Int) {
    accepted += 1
    if free.isEmpty {
      free.append(slots.count)
      slots.append(nil)
    }
    return (free.removeLast(), takeNumber())
  }

  /// The number in the trace of a connection that is not kept here.
  mutating func takeNumber() -> Int {
    numbers += 1
    return numbers
  }

  mutating func insert(_ connection: Connection) {
    slots[connection.slot] = connection
    count += 1
  }

  /// Whether it was there.
  mutating func forget(_ connection: Connection) -> Bool {
    guard slots[connection.slot] === connection else { return false }
    slots[connection.slot] = nil
    free.append(connection.slot)
    count -= 1
    return true
  }

  /// nil where the connection has ended.
  subscript(slot: Int) -> Connection? { slots[slot] }

  var all: [Connection] { slots.compactMap { $0 } }
}
