import LogLines
import MilterProtocol
import Timeline
import TraceFormat
import TraceModel

/// Finds the packet of a trace that a line of a log is about: by its queue id, its stage and its time.
final class TracePlaces {
  struct Place {
    let number: Int
    let connection: Int
    let time: String
    let words: String
  }

  private let traces: ExportedTraces
  private var index = TimelineIndex()
  private let clock: WallClock

  /// A line is written within so many seconds of what it tells of.
  private static let slack = 3

  init(_ paths: [String]) throws(Failure) {
    traces = try ExportedTraces(paths)
    clock = WallClock(startedAt: traces.records.head?.startedAt ?? 0)
    index.catchUp(with: traces.records)
  }

  /// The likeliest packet; nil where none is near.
  func place(of facts: Explanation.Facts) -> Place? {
    var best: (row: Int, weight: Int)?
    for row in candidates(facts) {
      let weight = weight(of: row, facts)
      if best.map({ weight > $0.weight }) ?? true { best = (row, weight) }
    }
    return best.map { place(at: $0.row) }
  }

  /// Rows of the mail with that queue id; else those of that time, and those of connections that ended then.
  private func candidates(_ facts: Explanation.Facts) -> [Int] {
    if let queue = facts.queue, let rows = rows(ofQueue: queue) { return rows }
    guard let time = facts.time else { return facts.stage == nil ? [] : Array(0..<index.count) }
    let ended = Set(
      index.connections.indices.filter { c in index.connections[c].closedAt.map { isNear($0, time) } ?? false
      })
    return (0..<index.count).filter {
      isNear(index.time(at: $0), time) || ended.contains(index.connectionIndex(at: $0))
    }
  }

  private func rows(ofQueue id: String) -> [Int]? {
    for i in index.messages.indices {
      guard let row = index.messages[i].queueRow,
        let known = index.facts(at: row, from: traces.records).message?.queueID,
        String(decoding: known.slice, as: UTF8.self) == id
      else { continue }
      return index.messages[i].rows.filter { index.messageIndex(at: $0) == i }
    }
    return nil
  }

  /// A stage that is named has to fit; what was found there counts more than what comes late.
  private func weight(of row: Int, _ facts: Explanation.Facts) -> Int {
    let entry = index[row]
    if entry.kind == .command(.macro) { return -2 }
    var weight = 0
    if let stage = facts.stage { weight += entry.stage?.name == stage || entry.kind.name == stage ? 8 : -8 }
    if entry.severity != nil { weight += 4 }
    if facts.reply != nil, case .reply = entry.kind { weight += 2 }
    if let time = facts.time, isNear(entry.time, time) { weight += 1 }
    return weight
  }

  private func isNear(_ moment: Moment, _ time: LogTime) -> Bool {
    let seconds = clock.seconds(moment.microseconds)
    let local = seconds + (time.offset.map(Int64.init) ?? LocalTime.offset(seconds))
    guard Self.isSameDay(WallClock.date(local), time) else { return false }
    return abs(Int(local - local / 86_400 * 86_400) - time.second) <= Self.slack
  }

  /// - Parameter date: `2026-01-31`.
  private static func isSameDay(_ date: String, _ time: LogTime) -> Bool {
    let parts = date.split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3, parts[1] == time.month, parts[2] == time.day else { return false }
    return time.year.map { $0 == parts[0] } ?? true
  }

  private func place(at row: Int) -> Place {
    let entry = index[row]
    let seconds = clock.seconds(entry.time.microseconds)
    let time = WallClock.timeOfDay(seconds + LocalTime.offset(seconds))
    let summary = index.packet(at: row, from: traces.records).map { PacketSummary($0).text } ?? ""
    let message = entry.message > 0 ? ".\(entry.message)" : ""
    let words = "\(entry.number) (c\(entry.connection)\(message)) at \(time): \(entry.kind.name) \(summary)"
    return Place(
      number: entry.number, connection: entry.connection, time: clock.rfc3339(entry.time.microseconds),
      words: words)
  }
}
