import MilterProtocol
import ProxyCore
import TraceModel

/// Numbers of the trace for what shadows say: their thread counts by itself, from where no trace ever comes.
struct ShadowNumbers {
  /// The shadows' thread numbers its packets from here on; what is below is of the trace already.
  static let first = 1 << 40

  /// Conversations that have begun and not ended.
  var open = 0
  /// Packets in a row, as the thread numbers them and as the trace does.
  private var runs: [(own: Int, new: Int)] = []
  private var next = Self.first
  private var connections: [Int: Entry] = [:]
  private var over: [Int] = []

  private struct Entry {
    let number: Int
    var ended: Set<Leg> = []
    var isUnreachable = false
  }

  /// References to packets from before so many turns are lost.
  private static let mostRuns = 262_144

  var oldest: Int? { connections.values.lazy.map(\.number).min() }

  func isUnreachable(_ own: Int) -> Bool { connections[own]?.isUnreachable ?? false }

  /// The record as this trace has it.
  mutating func record(_ record: Record, _ turn: inout Turn, _ table: inout ConnectionTable) -> Record {
    let entry = connections[record.connection] ?? Entry(number: table.takeNumber())
    connections[record.connection] = entry
    if case .received(let received) = record.event { take(received.number, &turn) }
    if case .closed(let closed) = record.event { close(record.connection, closed) }
    var record = record
    record.connection = entry.number
    record.event = record.event.renumbered(packets: { number(of: $0) }, connections: { $0 })
    return record
  }

  private mutating func take(_ own: Int, _ turn: inout Turn) {
    let new = turn.effects.takePacketNumber()
    if let last = runs.last, last.new + (own - last.own) == new { return next = own + 1 }
    if runs.count == Self.mostRuns { runs.removeFirst(Self.mostRuns / 2) }
    runs.append((own, new))
    next = own + 1
  }

  private func number(of own: Int) -> Int? {
    guard own >= Self.first else { return own }
    guard own < next else { return nil }
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].own <= own { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : runs[low - 1].new + (own - runs[low - 1].own)
  }

  private mutating func close(_ own: Int, _ closed: Closed) {
    if case .unreachable = closed.how { connections[own]?.isUnreachable = true }
    connections[own]?.ended.insert(closed.leg)
    if connections[own]?.ended.count == Leg.allCases.count { over.append(own) }
  }

  /// Forgets conversations that have ended, once all that there is to say of their ends has been said.
  mutating func sweep() {
    for own in over {
      connections[own] = nil
      open -= 1
    }
    over = []
    if open == 0 { runs = [] }
  }
}
