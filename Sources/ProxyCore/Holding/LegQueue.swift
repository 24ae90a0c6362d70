import MilterProtocol
import TraceModel

/// Packets of one direction that have arrived and not left, in order. Nothing overtakes.
struct LegQueue: Sendable {
  struct Entry: Sendable {
    let number: Int
    let original: Packet
    /// What is to leave.
    var current: Packet
    /// What rules want, still to be done when its turn comes.
    var orders: [Order] = []
    var fate = Fate.forward
    /// Set while it is held.
    var hold: Hold?
    /// Not before this moment.
    var notBefore: Moment?
    /// On whose behalf it is no longer what came, or never leaves.
    var cause: Cause?
    private(set) var passing: [UInt8]?

    init(number: Int, _ packet: Packet) {
      self.number = number
      original = packet
      current = packet
    }

    /// Bytes that make no packet and only keep their place.
    init(passing bytes: [UInt8], from sender: Leg) {
      self.init(number: 0, Packet(frame: [0, 0, 0, 0], from: sender))
      passing = bytes
    }

    var isMacro: Bool { original.kind == .command(.macro) }
    var bytes: Int { passing?.count ?? original.bytes.count }
    var isEdited: Bool { current != original }
  }

  struct Order: Sendable {
    var instruction: Instruction
    var cause: Cause
  }

  struct Hold: Sendable {
    var cause: Cause
    var since: Moment
  }

  enum Fate: Sendable {
    case forward
    case drop
    case answer(Answer)
  }

  var entries: [Entry] = []
  /// Bytes of all entries.
  private(set) var bytes = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    bytes += entry.bytes
  }

  mutating func removeFirst() -> Entry {
    let entry = entries.removeFirst()
    bytes -= entry.bytes
    return entry
  }

  mutating func removeAll() -> [Entry] {
    defer {
      entries = []
      bytes = 0
    }
    return entries
  }

  func index(of number: Int) -> Int? { entries.firstIndex { $0.number == number } }

  /// The entry whose turn it is: behind macro packets that travel with it; nil while only macros wait.
  var turn: Int? { entries.firstIndex { !$0.isMacro } }

  var isHeld: Bool { entries.contains { $0.hold != nil } }
}
