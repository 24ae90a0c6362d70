import MilterProtocol
import TraceModel

/// One packet as a list shows it, from the index alone.
package struct TimelineRow: Equatable, Sendable {
  package var row: Int
  /// Number of the packet in the trace.
  package var number: Int
  package var time: Moment
  /// How long the reply took, from its command leaving for the milter; nil on everything but matched replies.
  package var took: Moment.Span?
  package var connection: Int
  /// Within its connection, from 1; 0 outside any.
  package var message: Int
  package var sender: Leg
  package var kind: PacketKind
  package var stage: Stage?
  package var frameBytes: Int
  package var flags: PacketFlags
  package var severity: Finding.Severity?
  /// A reply: row of the command that it answers.
  package var answers: Int?
  /// Macros: row of the command directly behind them, into whose row they fold.
  package var foldsInto: Int?
  /// A command: row of the first macros that fold into it.
  package var macros: Int?
}

/// What a search needs to know of a packet before it reads it, many times as fast as its ``TimelineRow``.
package struct PacketGlance: Equatable, Sendable {
  package let kind: PacketKind
  package let frameBytes: Int
  /// Number of the record that brought it.
  package let record: Int
  /// Whether macros fold into it.
  package let hasMacros: Bool
  /// Whether something was found or noted about it, or done with it.
  package let hasRemarks: Bool

  init(_ entry: PacketEntry) {
    kind = entry.kind
    frameBytes = Int(entry.frameBytes)
    record = Int(entry.record)
    hasMacros = entry.sender == .mta && entry.link != PacketEntry.none && kind != .command(.macro)
    hasRemarks = entry.severity != nil || !entry.flags.isEmpty
  }
}

/// Reading rows.
extension TimelineIndex {
  package func glance(at row: Int) -> PacketGlance { PacketGlance(packets[row]) }

  package subscript(_ row: Int) -> TimelineRow {
    let entry = packets[row]
    let span = spans[Int(entry.span)]
    let link = entry.link == PacketEntry.none ? nil : Int(entry.link)
    let kind = entry.kind
    return TimelineRow(
      row: row, number: numbers.number(row), time: packets.time(row), took: took(row, entry),
      connection: connections[Int(span.connection)].number,
      message: span.message == .max ? 0 : messages[Int(span.message)].number,
      sender: entry.sender, kind: kind, stage: entry.stage, frameBytes: Int(entry.frameBytes),
      flags: entry.flags, severity: entry.severity,
      answers: entry.sender == .milter ? link : nil,
      foldsInto: kind == .command(.macro) ? link : nil,
      macros: entry.sender == .mta && kind != .command(.macro) ? link : nil)
  }

  /// The row of the packet with that number.
  package func row(number: Int) -> Int? { numbers.row(number) }
  package func number(at row: Int) -> Int { numbers.number(row) }
  package func time(at row: Int) -> Moment { packets.time(row) }

  /// Macros that a list shows within their command.
  package func isFolded(_ row: Int) -> Bool {
    let entry = packets[row]
    return entry.kind == .command(.macro) && entry.link != PacketEntry.none
  }

  /// Index in ``messages``; nil outside any.
  package func messageIndex(at row: Int) -> Int? {
    let message = spans[Int(packets[row].span)].message
    return message == .max ? nil : Int(message)
  }

  /// Index of the message in front of that of a row on its connection, or in front of a row outside any.
  package func message(before row: Int) -> Int? {
    if let own = messageIndex(at: row) { return messages[own].previous }
    var latest = connections[connectionIndex(at: row)].latestMessage
    while let i = latest, messages[i].firstRow > row { latest = messages[i].previous }
    return latest
  }

  /// Index in ``connections``.
  package func connectionIndex(at row: Int) -> Int { Int(spans[Int(packets[row].span)].connection) }

  /// Rows of a connection, in order.
  package func rows(ofConnection c: Int) -> [Int] {
    connections[c].rows.filter { connectionIndex(at: $0) == c }
  }

  /// Rows of a message, in order.
  package func rows(ofMessage i: Int) -> [Int] {
    let span = messages[i].span
    return messages[i].rows.filter { packets[$0].span == span }
  }

  /// Macros that fold into the command at `row`.
  package func macroRows(of row: Int) -> [Int] {
    guard let first = self[row].macros else { return [] }
    let c = connectionIndex(at: row)
    return (first..<row).filter { packets[$0].link == UInt32(row) && connectionIndex(at: $0) == c }
  }

  /// Replies to the command at `row`: modifications and the like first, the verdict last; empty where none came.
  package func replyRows(to row: Int) -> [Int] {
    if let early = earlyReplies[UInt32(row)] { return [early] }
    let end = connections[connectionIndex(at: row)].rows.upperBound
    var found: [Int] = []
    var next = row + 1
    while next < end {
      let entry = packets[next]
      if entry.sender == .milter, entry.link == UInt32(row) {
        found.append(next)
        if case .reply(let kind) = entry.kind, kind.settles { break }
      }
      next += 1
    }
    return found
  }

  func took(_ row: Int, _ entry: PacketEntry) -> Moment.Span? {
    guard entry.sender == .milter, entry.link != PacketEntry.none, !entry.flags.contains(.injected) else {
      return nil
    }
    if let exception = tookExceptions[UInt32(row)] {
      return Moment.Span(microseconds: Int64(exception))
    }
    // One that came before its command was not waited for.
    if Int(entry.link) > row { return nil }
    return packets.time(row) - packets.time(Int(entry.link))
  }
}

/// Reading back what the index does not keep.
extension TimelineIndex {
  package func record(at row: Int, from source: some RecordSource) -> Record? {
    source.record(at: Int(packets[row].record))
  }

  /// The packet as it came in or was made; nil where it cannot be read back.
  package func packet(at row: Int, from source: some RecordSource) -> Packet? {
    record(at: row, from: source)?.newPacket
  }

  /// What left instead of the packet; nil where it left as it came, or not at all.
  package func sentInstead(of row: Int, from source: some RecordSource) -> Packet? {
    guard packets[row].flags.contains(.edited) else { return nil }
    for record in remarkRecords(about: row, from: source).reversed() {
      if case .sent(let sent) = record.event, let packet = sent.packet { return packet }
    }
    return nil
  }

  /// Records about the packet besides its own: held, released, sent, instructed, found, noted, marked.
  package func remarkRecords(about row: Int, from source: some RecordSource) -> [Record] {
    remarks.records(about: row).compactMap { source.record(at: $0) }
  }

  /// The finding of a record, with the MTA of its connection.
  package func finding(in record: Record) -> Finding? {
    guard case .found(var finding) = record.event else { return nil }
    finding.mta = connectionIndex(record.connection).flatMap { connections[$0].mta }
    return finding
  }

  package func findings(about row: Int, from source: some RecordSource) -> [Finding] {
    guard packets[row].severity != nil else { return [] }
    return remarkRecords(about: row, from: source).compactMap(finding)
  }

  /// The facts right after the packet at `row` came in or was made: those at hand where it is the latest of an open
  /// connection, folded again from the last snapshot otherwise.
  package func facts(at row: Int, from source: some RecordSource) -> SessionFacts {
    let c = connectionIndex(at: row)
    let last = Int(packets[row].record)
    if let place = connections[c].live, !connections[c].isForgotten, connections[c].factsRecord == last {
      return live.facts[place]
    }
    let snapshot = snapshots[c]?.last { $0.record <= last }
    var facts = snapshot?.facts ?? SessionFacts()
    var remark = remarks.firstEntry(from: snapshot?.record ?? connections[c].openedRecord ?? 0)
    for next in max(snapshot?.row ?? 0, connections[c].firstRow)..<(row + 1)
    where connectionIndex(at: next) == c {
      let record = Int(packets[next].record)
      while remark < remarks.count, remarks.record(remark) < record {
        if remarks.connection(remark) == c, let other = source.record(at: remarks.record(remark)) {
          facts.apply(other)
        }
        remark += 1
      }
      let entry = packets[next]
      if entry.kind == .command(.body), !entry.isTouched {
        // Of a body only its length counts, and to read it takes long.
        facts.received(
          hollow: entry, number: numbers.number(next), at: packets.time(next))
      } else if let own = source.record(at: record) {
        facts.apply(own)
      }
    }
    return facts
  }
}

extension Record {
  /// The packet of a new number that the record brings.
  package var newPacket: Packet? {
    switch event {
    case .received(let received): received.packet
    case .sent(let sent): sent.number == nil ? nil : sent.packet
    case .opened, .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: nil
    }
  }
}
