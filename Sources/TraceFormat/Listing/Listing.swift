import Delivery
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// Folds records, live or read back, into what a listing shows of them, in order: packets and remarks.
///
/// What a packet's line needs of the records before it comes from ``SessionFacts``. Findings follow the packet that they
/// are about, so the latest packet is kept back until a record comes that is no finding about it, or ``flush()``.
package struct Listing {
  package enum Entry: Equatable, Sendable {
    case packet(ListedPacket)
    case remark(Record)
  }

  private var sessions: [Int: SessionFacts] = [:]
  private var ends = ConnectionEnds()
  private var latest: ListedPacket?
  /// Where packets stand that came in and did not go on at once, for what leaves in their place.
  private var waiting: [Int: (connection: Int, placement: Placement)] = [:]
  /// Whether it is told what logs say about findings and verdicts.
  private let tellsLogs: Bool
  /// Where that is told: the latest command of each connection that is answered.
  private var asked: [Int: LogPlace.Command] = [:]

  package init(tellsLogs: Bool = false) { self.tellsLogs = tellsLogs }

  /// Connections whose facts are kept.
  package var openConnections: Int { sessions.count }

  /// What can be said now that `record` is here.
  package mutating func take(_ record: Record) -> [Entry] {
    if case .found(var finding) = record.event {
      finding.mta = sessions[record.connection]?.dialogue.mta
      if tellsLogs, let place = logPlace(of: finding, record.connection) {
        finding.logs = place.logs(of: finding)
      }
      if let packet = finding.packet, packet == latest?.number {
        latest?.findings.append(finding)
        return []
      }
      return flush() + [
        .remark(Record(time: record.time, connection: record.connection, event: .found(finding)))
      ]
    }
    var entries = flush()
    let placement = place(record)
    defer { latest?.tap = sessions[record.connection]?.opened?.tap }
    switch record.event {
    case .received(let received):
      latest = ListedPacket(
        record, received.packet, number: received.number, placement, .received(forwarded: received.forwarded))
      if !received.forwarded, let placement { waiting[received.number] = (record.connection, placement) }
      if tellsLogs, received.forwarded { tellLogs(of: received.packet, record.connection) }
    case .sent(let sent):
      guard let packet = sent.packet else {
        entries.append(.remark(record))
        break
      }
      latest = listed(record, sent, packet, placement)
      if tellsLogs { tellLogs(of: packet, record.connection) }
    case .released(let released):
      if released.outcome != .forwarded { waiting[released.number] = nil }
      entries.append(.remark(record))
    case .opened, .passed, .held, .instructed, .found, .noted, .marked, .closed:
      entries.append(.remark(record))
    }
    if case .sent(let sent) = record.event, let original = sent.original { waiting[original] = nil }
    return entries
  }

  /// The packet that was kept back for its findings: to be asked for where no record follows, or none for now.
  package mutating func flush() -> [Entry] {
    defer { latest = nil }
    return latest.map { [.packet($0)] } ?? []
  }

  private func listed(_ record: Record, _ sent: Sent, _ packet: Packet, _ placement: Placement?)
    -> ListedPacket
  {
    guard let original = sent.original else {
      return ListedPacket(record, packet, number: sent.number ?? 0, placement, .made(sent.cause))
    }
    var place = waiting[original]?.placement
    place?.took = nil
    return ListedPacket(record, packet, number: original, place, .changed(sent.cause))
  }

  /// Of a reply that reaches the MTA, what logs say; of a command, that it is asked.
  private mutating func tellLogs(of packet: Packet, _ connection: Int) {
    guard let number = latest?.number else { return }
    if packet.sender == .mta {
      if let command = LogPlace.Command(packet, number: number) { asked[connection] = command }
      return
    }
    let logs = logPlace(connection, packet, number: number)?.logs ?? []
    latest?.logs = logs
  }

  private func logPlace(of finding: Finding, _ connection: Int) -> LogPlace? {
    guard finding.cause == nil, connection > 0 else { return nil }
    let isLatest = finding.packet != nil && finding.packet == latest?.number
    return logPlace(connection, isLatest ? latest?.packet : nil, number: finding.packet)
  }

  private func logPlace(_ connection: Int, _ packet: Packet?, number: Int?) -> LogPlace? {
    guard let facts = sessions[connection] else { return nil }
    var command = asked[connection]
    // The reply is to an earlier one, of which only the stage is known by now.
    if packet != nil, let stage = latest?.stage, let answers = latest?.answers, answers != command?.number {
      command = LogPlace.Command(stage, number: answers, payloadBytes: nil)
    }
    var place = LogPlace(facts, packet: packet, number: number, command: command)
    place.hasMilterClosed = facts.closed.contains { $0.leg == .milter && $0.how == .peer }
    return place
  }

  /// Takes the record into the facts of its connection.
  private mutating func place(_ record: Record) -> Placement? {
    guard record.connection > 0 else { return nil }
    if sessions[record.connection] == nil { makeRoom(for: record.connection) }
    let placement = sessions[record.connection, default: SessionFacts()].apply(record)
    if case .closed(let closed) = record.event { ended(closed.leg, record.connection) }
    return placement
  }

  private mutating func makeRoom(for connection: Int) {
    // Taken out meanwhile, or it could not be asked about the others.
    var ends = ConnectionEnds()
    swap(&ends, &self.ends)
    let over = ends.began(connection, remembered: sessions.count + 1) { sessions[$0] != nil }
    swap(&ends, &self.ends)
    if let over { sessions[over] = nil }
  }

  private mutating func ended(_ leg: Leg, _ connection: Int) {
    waiting = waiting.filter { $0.value.connection != connection }
    if sessions[connection]?.isOver ?? true { asked[connection] = nil }
    let endedLegs = sessions[connection]?.closed.count ?? 0
    if let over = ends.ended(leg, of: connection, endedLegs: endedLegs) { sessions[over] = nil }
  }
}
