import Dialogue
import MilterProtocol
import TraceModel

/// All packets of a trace in order, and what is known about each without reading it again.
///
/// 1. Columns: 24 bytes a packet (``PacketEntry``), whatever its size; strings stay in the trace.
/// 2. Tables of the size of what they list: connections, messages, findings, remarks about packets.
/// 3. Statistics of bounded size.
/// 4. The facts of connections that are still open, and now and then a snapshot of them, so that the context of
///    any packet is folded again from nearby (``facts(at:from:)``).
///
/// Records are appended in trace order, live as well as from a file. A copy of the index is a snapshot for another
/// thread: it shares all but what changes later.
package struct TimelineIndex: Sendable {
  var packets = PacketColumn()
  var numbers = PacketNumbers()
  /// Connection and message of each stretch of packets.
  var spans: [Span] = []
  /// Records that are no packet of a new number, in order.
  var remarks = RemarkTable()
  /// Facts of open connections, each at its ``ConnectionEntry/live``.
  var live = LiveFacts()
  private var ends = ConnectionEnds()
  var snapshots: [Int: [Snapshot]] = [:]
  /// Reply times that the times of reply and command do not tell, because the command left later than it came.
  var tookExceptions: [UInt32: UInt32] = [:]

  /// Rows of commands whose answer had come before them, each with the row of that reply.
  var earlyReplies: [UInt32: Int] = [:]

  /// Records so far; the next one has this number.
  package internal(set) var recordCount = 0
  /// Those among them that could not be read.
  package private(set) var unreadableCount = 0
  var taps = TapNames()
  /// Which mails are one, where they pass several milters.
  var chains = MailChains()
  package internal(set) var connections: [ConnectionEntry] = []
  package internal(set) var messages: [MessageEntry] = []
  package internal(set) var findings: [FindingEntry] = []
  /// Connections that no packet tells of, in the order of their ends.
  package internal(set) var silent: [SilentConnection] = []
  package internal(set) var findingCounts: [Finding.Severity: Int] = [:]
  /// Rows of packets that are stopped now, oldest first.
  package internal(set) var waiting: [Int] = []
  /// What became of the latest instruction of the operator, and the number of its record.
  package internal(set) var lastInstructed: (record: Int, outcome: Instructed)?
  package internal(set) var ruleHits = RuleHits()
  package internal(set) var statistics = TimelineStatistics()
  package internal(set) var shadows = ShadowPairs()
  /// Rows of which something became known after their packet; nil where nobody asks.
  private var changes: [UInt32]?
  /// Numbers of connections that are out of the ordinary order, and their indices.
  var connectionsByNumber: [Int: Int] = [:]

  struct Span: Sendable {
    var connection: UInt32
    /// `UInt32.max` outside messages.
    var message: UInt32
  }

  struct Snapshot: Sendable {
    /// The facts hold before this record.
    var record: Int
    /// The first row from there on.
    var row: Int
    var facts: SessionFacts
  }

  package init() {}

  /// Packets so far.
  package var count: Int { packets.count }

  /// Rough size of what grows with the trace.
  package var memoryBytes: Int {
    count * MemoryLayout<PacketEntry>.stride + spans.count * MemoryLayout<Span>.stride
      + connections.count * MemoryLayout<ConnectionEntry>.stride
      + messages.count * MemoryLayout<MessageEntry>.stride
      + findings.count * MemoryLayout<FindingEntry>.stride
      + silent.count * MemoryLayout<SilentConnection>.stride + remarks.memoryBytes
      + tookExceptions.capacity * 8 + earlyReplies.capacity * 12
  }

  package static var bytesPerPacket: Int { MemoryLayout<PacketEntry>.stride }
}

/// What became known of packets after they came.
extension TimelineIndex {
  package mutating func keepChanges() { changes = changes ?? [] }

  /// Rows whose flags, findings or queue id changed since this was asked last, once each and in order.
  package mutating func takeChanges() -> [Int] {
    guard let rows = changes, !rows.isEmpty else { return [] }
    changes = []
    return Set(rows).sorted().map(Int.init)
  }

  private mutating func modify(_ row: Int, _ change: (inout PacketEntry) -> Void) {
    packets.modify(row, change)
    if changes != nil { changes?.append(UInt32(clamping: row)) }
  }

  /// Something became known of every packet of a message.
  mutating func noteChange(ofMessage i: Int) {
    guard changes != nil else { return }
    for row in messages[i].rows where messageIndex(at: row) == i { changes?.append(UInt32(clamping: row)) }
  }
}

/// Appending.
extension TimelineIndex {
  /// Appends up to `limit` of the records that the source has beyond those known, fewer where they are long: each
  /// ``bytesPerStep`` count as one more. Returns whether all are in.
  @discardableResult
  package mutating func catchUp(with source: some RecordSource, limit: Int = .max) -> Bool {
    let end = source.count
    var effort = 0
    while recordCount < end, effort < limit {
      effort += 1
      if let record = source.record(at: recordCount) {
        if case .received(let received) = record.event {
          effort += received.packet.bytes.count / Self.bytesPerStep
        }
        append(record)
      } else {
        recordCount += 1
        unreadableCount += 1
      }
    }
    return recordCount >= source.count
  }

  /// About as dear to read as a small record is.
  package static let bytesPerStep = 1024

  package mutating func append(_ record: Record) {
    let index = recordCount
    recordCount += 1
    guard record.connection > 0 else {
      if case .found(let finding) = record.event { list(finding, record: index, at: record.time) }
      return
    }
    let c = connection(numbered: record.connection)
    takeSnapshot(c, before: index, record)
    var placement: Placement?
    if SessionFacts.heeds(record.event) {
      let place = self.place(c)
      placement = live.facts[place].apply(record)
      connections[c].factsRecord = index
    }
    switch record.event {
    case .received(let received):
      guard let placement else { break }
      add(received.packet, number: received.number, record: index, at: record.time, c, placement)
      if connections[c].mta == nil { tellMTA(received.packet.kind, c, place(c)) }
    case .sent(let sent): self.sent(sent, record: index, at: record.time, c, placement)
    case .opened(let opened):
      if let tap = opened.tap {
        connections[c].tap = taps.place(of: tap)
        taps.count(at: connections[c].tap) { $0.connections += 1 }
      }
      connections[c].openedAt = record.time
      connections[c].shadowOf = opened.shadowOf
      if let original = opened.shadowOf.flatMap({ connectionIndex($0) }) { shadows.pair(c, with: original) }
      connections[c].openedRecord = index
      remark(index, c)
    case .closed(let closed): self.closed(closed, record: index, at: record.time, c)
    case .passed: remark(index, c)
    case .held(let held):
      flag(held.number, [.held, .waiting, ruled(held.cause)])
      ruleHits.note(held.cause, packet: held.number)
      if let row = remark(index, c, about: held.number) { waiting.append(row) }
    case .released(let released): self.released(released, record: index, c)
    case .instructed(let instructed):
      ruleHits.note(instructed.cause, packet: instructed.packet ?? 0)
      if instructed.cause == .operator { lastInstructed = (index, instructed) }
      remark(index, c, about: instructed.packet)
    case .found(let finding): found(finding, record: index, at: record.time, c)
    case .noted(_, let packet):
      if let packet { flag(packet, .noted) }
      remark(index, c, about: packet)
    case .marked(let packet, let on):
      flag(packet, on ? .marked : [], clearing: on ? [] : .marked)
      remark(index, c, about: packet)
    }
  }

  private mutating func tellMTA(_ kind: PacketKind, _ c: Int, _ place: Int) {
    guard kind == .command(.macro) || kind == .command(.connect) else { return }
    connections[c].mta = KnownMTA(told: live.facts[place])
  }

  private mutating func connection(numbered number: Int) -> Int {
    if let known = connectionIndex(number) { return known }
    let index = connections.count
    if number != index + 1 { connectionsByNumber[number] = index }
    spans.append(Span(connection: UInt32(index), message: .max))
    connections.append(ConnectionEntry(number: number, outside: UInt32(spans.count - 1)))
    return index
  }

  /// Index of the connection with that number in the trace.
  package func connectionIndex(_ number: Int) -> Int? {
    guard number > 0 else { return connectionsByNumber[number] }
    let i = number - 1
    if connections.indices.contains(i), connections[i].number == number { return i }
    return connectionsByNumber[number]
  }

  private mutating func closed(_ closed: Closed, record: Int, at time: Moment, _ c: Int) {
    remark(record, c)
    if connections[c].endedRecord == nil { connections[c].endedRecord = record }
    let place = self.place(c)
    let endedLegs = live.facts[place].closed.count
    if closed.leg == .mta || endedLegs > 1 {
      if connections[c].isOpen, connections[c].packetCount == 0 {
        silent.append(SilentConnection(connection: c, row: count, record: record))
      }
      connections[c].closedAt = time
    }
    if let message = connections[c].latestMessage, let phase = live.facts[place].message?.phase {
      messages[message].phase = phase
    }
    if let over = ends.ended(closed.leg, of: c, endedLegs: endedLegs) { forget(over) }
  }

  /// Where the facts of a connection are; new ones where it has none.
  mutating func place(_ c: Int) -> Int {
    if let known = connections[c].live { return known }
    let new = live.newPlace(for: c)
    connections[c].live = new
    // Taken out meanwhile, or it could not be asked about the others.
    var ends = ConnectionEnds()
    swap(&ends, &self.ends)
    let over = ends.began(c, remembered: live.count) { connections[$0].live != nil }
    swap(&ends, &self.ends)
    if let over { forget(over) }
    return new
  }

  private mutating func forget(_ c: Int) {
    if let place = connections[c].live { live.giveUp(place) }
    connections[c].live = nil
    connections[c].isForgotten = true
  }

  private mutating func released(_ released: Released, record: Int, _ c: Int) {
    var flags = ruled(released.cause)
    switch released.outcome {
    case .dropped: flags.insert(.dropped)
    case .answered: flags.insert(.answered)
    case .forwarded, .abandoned: break
    }
    flag(released.number, flags, clearing: .waiting)
    if let row = remark(record, c, about: released.number) { waiting.removeAll { $0 == row } }
  }

  private mutating func sent(
    _ sent: Sent, record: Int, at time: Moment, _ c: Int, _ placement: Placement?
  ) {
    if let packet = sent.packet, let number = sent.number, let placement {
      let row = add(packet, number: number, record: record, at: time, c, placement)
      let flags = ruled(sent.cause).union(.injected)
      packets.modify(row) { $0.flags.formUnion(flags) }
    } else {
      if let original = sent.original, sent.packet != nil { flag(original, [.edited, ruled(sent.cause)]) }
      remark(record, c, about: sent.original)
      refreshMessage(c)
    }
  }

  private mutating func found(_ finding: Finding, record: Int, at time: Moment, _ c: Int) {
    let row = remark(record, c, about: finding.packet)
    list(finding, record: record, row: row, connection: c, at: time)
    connections[c].findingCount += 1
    connections[c].severity = max(connections[c].severity, finding.severity)
    guard let row else { return }
    modify(row) { $0.severity = max($0.severity, finding.severity) }
    if let message = messageIndex(at: row) {
      messages[message].findingCount += 1
      shadows.found(finding.rule, inMessage: message)
      messages[message].severity = max(messages[message].severity, finding.severity)
    }
  }

  private mutating func list(
    _ finding: Finding, record: Int, row: Int? = nil, connection: Int? = nil, at time: Moment
  ) {
    findings.append(
      FindingEntry(
        record: record, row: row, connection: connection, rule: finding.rule, time: time,
        cause: finding.cause.flatMap { place(of: $0, connection) }))
    findingCounts[finding.severity, default: 0] += 1
  }

  /// Where the cause of a finding is listed. Mostly it is the latest one's cause too, or that itself.
  private func place(of cause: Finding.Cause, _ connection: Int?) -> Int? {
    let row = cause.packet.flatMap { numbers.row($0) }
    for place in findings.indices.suffix(Self.findingsLookedBack).reversed() {
      let earlier = findings[place]
      guard earlier.connection == connection else { continue }
      if earlier.rule == cause.rule, earlier.row == row { return earlier.cause ?? place }
      if let root = earlier.cause, findings[root].rule == cause.rule, findings[root].row == row {
        return root
      }
    }
    return nil
  }

  /// So many findings of all connections may lie between a cause and what follows from it.
  private static let findingsLookedBack = 4096

  /// `ruled` where a rule did it.
  private func ruled(_ cause: Cause) -> PacketFlags {
    if case .rule = cause { return .ruled }
    return []
  }

  private mutating func flag(_ number: Int, _ flags: PacketFlags, clearing gone: PacketFlags = []) {
    guard let row = numbers.row(number) else { return }
    modify(row) { $0.flags = $0.flags.subtracting(gone).union(flags) }
  }

  @discardableResult
  private mutating func remark(_ record: Int, _ c: Int, about packet: Int? = nil) -> Int? {
    let row = packet.flatMap { numbers.row($0) }
    remarks.append(record: record, connection: c, row: row)
    return row
  }
}

private func max(_ a: Finding.Severity?, _ b: Finding.Severity) -> Finding.Severity {
  guard let a else { return b }
  return Swift.max(a, b)
}
