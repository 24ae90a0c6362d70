import CommandLanguage
import MilterProtocol
import Sending
import TraceModel

/// What of a replay is not as it was recorded, and which packet of the trace each packet of the replay is.
struct ChangesMade {
  /// Rows of the trace that are left out.
  var unsaid: Set<Int> = []
  /// By number of the packet in the replay: its row in the trace.
  private(set) var origins: [Int: Int] = [:]
  /// Numbers of packets in the replay that the trace does not have so.
  private(set) var changed: Set<Int> = []
  /// What was said and is not recorded yet, in order.
  private var leaving: [ReplayedMTA.Line] = []
  private var made = 0
  private var refusals = 0
  private static let told = 5
  /// Takes the words for whoever asked.
  private let tell: (String) -> Void

  init(tell: @escaping (String) -> Void) { self.tell = tell }

  mutating func said(_ line: ReplayedMTA.Line) { leaving.append(line) }

  /// Takes in what was recorded of a turn: packets come in the order in which they were said.
  mutating func take(_ records: [Record]) {
    var next = 0
    for record in records {
      guard case .received(let received) = record.event, received.packet.sender == .mta,
        next < leaving.count
      else { continue }
      let line = leaving[next]
      next += 1
      if let row = line.row { origins[received.number] = row }
      if line.change != nil { changed.insert(received.number) }
    }
    leaving.removeFirst(next)
  }

  // MARK: - Telling

  mutating func made(_ order: AskedChanges.Order, _ number: Int) {
    made += 1
    if made <= Self.told { tell("note: said otherwise, at packet \(number): \(order.written.text)") }
  }

  mutating func refused(_ order: AskedChanges.Order, _ number: Int, _ why: Refusal) {
    refusals += 1
    if refusals <= Self.told {
      tell("warning: \(order.written.text) at packet \(number): \(why.reason)")
    }
  }

  /// Whether all was done that was asked for.
  func finish() -> Bool {
    if made > Self.told { tell("note: \(made) changes in all") }
    if refusals > Self.told { tell("warning: \(refusals) changes could not be made") }
    return refusals == 0
  }
}
