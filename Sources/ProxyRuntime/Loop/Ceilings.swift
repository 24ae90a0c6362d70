import CLinux
import MilterProtocol

/// What all connections may take together, and how long one of them may be silent.
package struct Ceilings: Sendable {
  /// At a time, as far as there are files for them; others wait in the listen queue.
  package var connections = Int.max
  /// Bytes kept of what peers said: unfinished frames, what is held, what the other peer has yet to take.
  package var memory = 256 << 20
  /// For which nothing may come or leave: as long as libmilter waits for an MTA (MI_TIMEOUT in libmilter.h).
  package var idle = Moment.Span.seconds(7_210)

  package init() {}
}

/// How much all connections keep of what their peers said.
struct KeptMemory {
  let ceiling: Int
  /// In bytes.
  private(set) var total = 0
  /// ``total`` when the system was last asked whether there is more.
  private var asked = 0

  init(ceiling: Int) { self.ceiling = ceiling }

  /// Why there is no more.
  enum Shortage {
    case ceiling
    case system

    var why: Sentence {
      switch self {
      case .ceiling: "the connections keep more memory than --max-memory allows"
      case .system: "the system has no more memory"
      }
    }
  }

  /// A connection keeps so many bytes more, or fewer.
  mutating func change(by bytes: Int) { total += bytes }

  /// What is wrong with the total, if anything is.
  mutating func shortage() -> Shortage? {
    if total > ceiling { return .ceiling }
    guard abs(total - asked) >= Self.step else { return nil }
    asked = total
    return Self.isThere(for: 0) ? nil : .system
  }

  /// Whether the system gives so many bytes and has something left for what a turn needs: an allocation of Swift's own
  /// that fails ends the program.
  static func isThere(for bytes: Int) -> Bool { linux_memory_is_there(bytes + reserve) }

  /// A frame of 1 MiB is 6.3 MB in a line of the trace, and an array that grows is there twice.
  private static let reserve = 32 << 20
  /// The system is asked after so many bytes more or fewer.
  private static let step = 1 << 20
}

/// Connections that take more than there is for all, and those that nobody uses any more.
extension Engine {
  /// Counts what the connection keeps after its turn.
  mutating func account(for connection: Connection) {
    guard count(connection) > 0, let shortage = memory.shortage() else { return }
    // The one that keeps most: whoever wants to keep others out cannot do it with many small ones.
    let largest = connections.all.max { $0.counted < $1.counted }
    giveUp(largest ?? connection, shortage)
  }

  /// Returns how much more it keeps than it did.
  @discardableResult
  private mutating func count(_ connection: Connection) -> Int {
    let kept = connection.kept()
    let grown = kept - connection.counted
    connection.counted = kept
    memory.change(by: grown)
    return grown
  }

  /// There is no memory for what this connection keeps: it ends, the others go on.
  mutating func giveUp(_ connection: Connection, _ shortage: KeptMemory.Shortage) {
    end(connection, shortage.why)
    if let suffix = short.due(at: now) {
      report("connection \(connection.machine.connection) was ended: \(shortage.why.text)\(suffix)")
    }
    // What has not left yet would be kept for as long as the peer takes nothing.
    connection.mta.close(resetting: true)
    connection.milter.close(resetting: true)
    count(connection)
    touch(connection)
  }

  private mutating func end(_ connection: Connection, _ why: Sentence) {
    connection.machine.terminated(why, &turn)
    perform(for: connection, .none)
  }

  /// Whether there is memory for one more connection; tells where there is none.
  mutating func hasMemoryForAnother() -> Bool {
    if KeptMemory.isThere(for: 0) { return true }
    if let suffix = short.due(at: now) {
      report("a connection was refused: \(KeptMemory.Shortage.system.why.text)\(suffix)")
    }
    return false
  }

  // MARK: - Silence

  mutating func watchForIdleness(_ connection: Connection) {
    connection.moved = now
    timers.set(now + configuration.ceilings.idle, for: connection.slot | Self.idlers)
  }

  mutating func endIfIdle(_ connection: Connection) {
    guard !connection.machine.isOver else { return }
    let patience = configuration.ceilings.idle
    let due = connection.moved + patience
    guard due <= now else { return timers.set(due, for: connection.slot | Self.idlers) }
    end(connection, "nothing came or left for \(patience.words)")
  }
}
