import MilterProtocol
import TraceModel

/// Several traces read as one: records in the order of wall-clock time, packets and connections numbered anew.
///
/// Moment zero is that of the trace that began first. What a growing trace adds comes after what is merged already
/// (``merge()``), so that numbers once given stay. What our own sentences say of packets follows the new numbers, where the
/// trace has them in parts. Costs 8 bytes a record and 8 a packet.
package final class MergedRecords: RecordSource {
  private let parts: [Part]
  private var order: [Place] = []
  private let startedAt: Int64
  /// Of the files whose milters differ.
  private let taps: [Tap]
  private var connectionCount = 0
  private var packetCount = 0

  private struct Place {
    var part: UInt32
    var record: UInt32
  }

  private final class Part {
    let source: any RecordSource
    let name: String?
    /// Its milter among those of the others; nil where it names taps itself, or has no other milter than they.
    let tap: String?
    /// From the common moment zero to the part's own.
    let offset: Moment.Span
    var next = 0
    /// Merged number by own number.
    var packets: [Int: Int] = [:]
    var connections: [Int: Int] = [:]

    init(_ source: any RecordSource, name: String?, tap: String?, offset: Moment.Span) {
      self.source = source
      self.name = name
      self.tap = tap
      self.offset = offset
    }
  }

  /// - Parameter names: of the files, by source; none where nobody needs to tell them apart.
  package init(_ sources: [any RecordSource], names: [String] = []) {
    let starts = sources.map { $0.head?.startedAt ?? 0 }
    let first = starts.min() ?? 0
    startedAt = first
    let taps = FileTaps(sources.map(\.head), names: names)
    self.taps = taps.all
    parts = sources.indices.map {
      Part(
        sources[$0], name: names.indices.contains($0) ? names[$0] : nil, tap: taps[$0],
        offset: Moment(microseconds: starts[$0]) - Moment(microseconds: first))
    }
    merge()
  }

  package var head: TraceHead? {
    guard var head = parts.lazy.compactMap(\.source.head).first else { return nil }
    head.startedAt = startedAt
    head.format = parts.lazy.compactMap(\.source.head?.format).max() ?? head.format
    if !taps.isEmpty { (head.listen, head.milter, head.taps) = (nil, nil, taps) }
    return head
  }

  package var count: Int { order.count }

  /// Takes in what the sources have beyond what is merged.
  package func merge() {
    var ahead = parts.map(peek)
    while let i = ahead.indices.filter({ ahead[$0] != nil }).min(by: { earlier(ahead[$0], ahead[$1]) }) {
      let part = parts[i]
      if let record = ahead[i]?.record { number(record, part) }
      order.append(Place(part: UInt32(i), record: UInt32(clamping: part.next)))
      part.next += 1
      ahead[i] = peek(part)
    }
  }

  package func record(at index: Int) -> Record? {
    guard order.indices.contains(index) else { return nil }
    let part = parts[Int(order[index].part)]
    guard var record = part.source.record(at: Int(order[index].record)) else { return nil }
    record.time = record.time + part.offset
    record.connection = part.connections[record.connection] ?? 0
    record.event = record.event.renumbered(
      packets: { part.packets[$0] }, connections: { part.connections[$0] })
    if let tap = part.tap, case .opened(var opened) = record.event {
      opened.tap = tap
      record.event = .opened(opened)
    }
    if case .held(var held) = record.event {
      held.deadline = held.deadline.map { $0 + part.offset }
      held.client = held.client.map { $0 + part.offset }
      record.event = .held(held)
    }
    return record
  }

  package func file(at index: Int) -> String? {
    order.indices.contains(index) ? parts[Int(order[index].part)].name : nil
  }

  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool {
    guard order.indices.contains(index) else { return true }
    return parts[Int(order[index].part)].source.mayHold(probe, at: Int(order[index].record))
  }

  private struct Ahead {
    var record: Record?
    var time: Int64
  }

  private func peek(_ part: Part) -> Ahead? {
    guard part.next < part.source.count else { return nil }
    // A line that cannot be read keeps its place, next to what came before it.
    guard let record = part.source.record(at: part.next) else { return Ahead(record: nil, time: .min) }
    return Ahead(record: record, time: (record.time + part.offset).microseconds)
  }

  private func earlier(_ a: Ahead?, _ b: Ahead?) -> Bool { (a?.time ?? .max) < (b?.time ?? .max) }

  private func number(_ record: Record, _ part: Part) {
    if record.connection > 0, part.connections[record.connection] == nil {
      connectionCount += 1
      part.connections[record.connection] = connectionCount
    }
    let number: Int? =
      switch record.event {
      case .received(let received): received.number
      case .sent(let sent): sent.number
      case .opened, .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: nil
      }
    guard let number, part.packets[number] == nil else { return }
    packetCount += 1
    part.packets[number] = packetCount
  }
}
