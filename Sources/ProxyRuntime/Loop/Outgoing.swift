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
  }

  private struct Entry {
    let slot: Int
    let leg: Leg
    var source: Source
  }

  private var entries: [Entry] = []

  mutating func append(_ source: Source, to leg: Leg, of slot: Int) {
    if let last = entries.last, last.slot == slot, last.leg == leg, case .arena(let before) = last.source,
      case .arena(let next) = source, let end = before.baseAddress, end + before.count == next.baseAddress
    {
      entries[entries.count - 1].source = .arena(
        UnsafeRawBufferPointer(start: end, count: before.count + next.count))
    } else {
      entries.append(Entry(slot: slot, leg: leg, source: source))
    }
  }

  var isEmpty: Bool { entries.isEmpty }

  /// Hands over everything in order, and is empty again.
  mutating func send(_ body: (_ slot: Int, Leg, Source) -> Void) {
    for entry in entries { body(entry.slot, entry.leg, entry.source) }
    entries.removeAll(keepingCapacity: true)
  }
}
