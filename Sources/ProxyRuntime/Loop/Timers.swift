import MilterProtocol

/// When to wake which connection; one time each.
struct Timers {
  private struct Entry {
    var time: Moment
    var slot: Int
  }

  /// A binary heap, earliest first. Entries that were taken back or replaced stay until their time comes.
  private var heap: [Entry] = []
  /// The time in force by slot.
  private var wanted: [Int: Moment] = [:]

  mutating func set(_ time: Moment?, for slot: Int) {
    wanted[slot] = time
    guard let time else {
      if heap.count > 4 * wanted.count + 64 { dropStale() }
      return
    }
    heap.append(Entry(time: time, slot: slot))
    var child = heap.count - 1
    while child > 0, heap[child].time < heap[(child - 1) / 2].time {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest time at which there may be something to do.
  var next: Moment? { heap.first?.time }

  /// Times kept, taken back or not.
  var pending: Int { heap.count }

  /// A slot whose time has come; its wish is then done.
  mutating func due(at now: Moment) -> Int? {
    while let first = heap.first, first.time <= now {
      removeFirst()
      if wanted[first.slot] == first.time {
        wanted[first.slot] = nil
        return first.slot
      }
    }
    return nil
  }

  /// Most times are taken back long before they come, so they are not left to pile up.
  private mutating func dropStale() {
    heap = wanted.map { Entry(time: $1, slot: $0) }.sorted { $0.time < $1.time }
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].time < heap[least].time {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
