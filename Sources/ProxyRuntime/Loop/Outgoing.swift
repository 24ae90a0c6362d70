import CLinux
import Glibc
import MilterProtocol

/// What leaves at the end of a turn, in order; a run of packets as it came leaves as one.
struct Outgoing {
  /// Where the bytes are.
  enum Source {
    /// In the arena: they came in this turn.
    case arena(UnsafeRawBufferPointer)
    case owned([UInt8])

    /// Takes in what lies right behind it in the arena.
    @inline(__always)
    fileprivate mutating func extend(with next: UnsafeRawBufferPointer) -> Bool {
      guard case .arena(let before) = self, let start = before.baseAddress,
        UnsafeRawPointer(start + before.count) == next.baseAddress
      else { return false }
      self = .arena(UnsafeRawBufferPointer(start: start, count: before.count + next.count))
      return true
    }
  }

  struct Entry {
    let slot: Int
    let leg: Leg
    var source: Source
  }

  private var entries: [Entry] = []

  mutating func append(_ source: Source, to leg: Leg, of slot: Int) {
    let last = entries.count - 1
    if case .arena(let next) = source, last >= 0, entries[last].slot == slot, entries[last].leg == leg,
      entries[last].source.extend(with: next)
    {
      return
    }
    entries.append(Entry(slot: slot, leg: leg, source: source))
  }

  var isEmpty: Bool { entries.isEmpty }

  var count: Int { entries.count }

  /// In order.
  subscript(place: Int) -> Entry { entries[place] }

  mutating func clear() { entries.drain() }
}
