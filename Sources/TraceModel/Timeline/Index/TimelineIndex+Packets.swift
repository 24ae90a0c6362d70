import MilterProtocol

/// One packet more.
extension TimelineIndex {
  @discardableResult
  mutating func add(
    _ packet: Packet, number: Int, record: Int, at time: Moment, _ c: Int, _ placement: Placement
  ) -> Int {
    let row = packets.count
    let message = self.message(placement.message, of: c, row: row)
    let span = message.map { messages[$0].span } ?? connections[c].outside
    var entry = PacketEntry(packet, record: record, span: span, time: 0, stage: placement.stage)
    link(&entry, row: row, placement)
    packets.append(entry, at: time)
    numbers.append(number)
    note(packet.kind, row: row, c)
    if let message { note(packet.kind, row: row, message: message, c) }
    note(took: placement, row: row, at: time)
    statistics.add(packet.kind, placement, at: time)
    return row
  }

  private mutating func link(_ entry: inout PacketEntry, row: Int, _ placement: Placement) {
    if let answers = placement.answers, let command = numbers.row(answers) {
      entry.link = UInt32(clamping: command)
    }
    for (i, number) in placement.macros.enumerated() {
      guard let macros = numbers.row(number) else { continue }
      if i == 0 { entry.link = UInt32(clamping: macros) }
      packets.modify(macros) { $0.link = UInt32(clamping: row) }
    }
  }

  private mutating func note(_ kind: PacketKind, row: Int, _ c: Int) {
    if connections[c].packetCount == 0 { connections[c].firstRow = row }
    connections[c].endRow = row + 1
    connections[c].packetCount += 1
    connections[c].packetsSinceSnapshot += 1
    switch kind {
    case .command(.connect): connections[c].connectRow = row
    case .command(.helo): connections[c].heloRow = row
    case .command, .reply, .unknown, .empty: break
    }
  }

  private mutating func note(took placement: Placement, row: Int, at time: Moment) {
    guard let took = placement.took, let answers = placement.answers, let command = numbers.row(answers),
      took != time - packets.time(command)
    else { return }
    tookExceptions[UInt32(clamping: row)] = UInt32(clamping: took.microseconds)
  }

  /// Index of the connection's message of that number, which may be a new one.
  private mutating func message(_ number: Int, of c: Int, row: Int) -> Int? {
    guard number > 0 else { return nil }
    var latest = connections[c].latestMessage
    let known = latest.map { messages[$0].number } ?? 0
    if number > known {
      spans.append(Span(connection: UInt32(c), message: UInt32(messages.count)))
      messages.append(
        MessageEntry(
          connection: c, number: number, row: row, previous: latest, span: UInt32(spans.count - 1)))
      connections[c].latestMessage = messages.count - 1
      connections[c].messageCount += 1
      statistics.addMessage(at: packets.count == 0 ? .zero : packets.time(packets.count - 1))
      return messages.count - 1
    }
    while let i = latest, messages[i].number > number { latest = messages[i].previous }
    return latest
  }

  /// What a packet says about its message.
  private mutating func note(_ kind: PacketKind, row: Int, message i: Int, _ c: Int) {
    messages[i].lastRow = row
    guard let facts = live[c]?.message, facts.number == messages[i].number else { return }
    switch kind {
    case .command(.mail): messages[i].mailRow = row
    case .command(.rcpt):
      if messages[i].rcptRow == nil { messages[i].rcptRow = row }
      messages[i].recipientCount = facts.recipientCount
    case .command(.header):
      messages[i].bytes = facts.bytes
      if messages[i].subjectRow == nil, facts.headers.last?.isNamed("Subject".utf8) ?? false {
        messages[i].subjectRow = row
      }
    case .command(.body): messages[i].bytes = facts.bytes
    case .command(.bodyEOB):
      messages[i].bytes = facts.bytes
      messages[i].endRow = row
    case .command(.macro):
      if messages[i].queueRow == nil, let packet = facts.queueIDPacket {
        messages[i].queueRow = numbers.row(packet)
      }
    case .command(.abort): messages[i].phase = facts.phase
    case .reply: update(i, facts)
    case .command, .unknown, .empty: break
    }
  }

  /// After something left on the MTA's leg that has no number of its own.
  mutating func refreshMessage(_ c: Int) {
    guard let i = connections[c].latestMessage, let facts = live[c]?.message,
      facts.number == messages[i].number
    else { return }
    update(i, facts)
  }

  private mutating func update(_ i: Int, _ facts: MessageFacts) {
    messages[i].refusedCount = facts.refusedCount
    messages[i].refusedForGood = facts.refusedForGood
    messages[i].refusedBy = facts.refusedBy.map { MessageEntry.Decision.By($0) }
    messages[i].modificationCount = facts.modificationCount
    messages[i].phase = facts.phase
    if facts.modifications.last?.kind == .quarantine { messages[i].isQuarantined = true }
    if let verdict = facts.decision {
      if messages[i].decision?.row == nil || messages[i].decision?.kind != verdict.kind {
        messages[i].decision = MessageEntry.Decision(verdict, row: numbers.row(verdict.packet))
      }
    } else {
      messages[i].decision = nil
    }
  }

  /// A snapshot of the facts where a message is about to begin, if the last one is far back.
  mutating func takeSnapshot(_ c: Int, before index: Int, _ record: Record) {
    guard connections[c].packetsSinceSnapshot >= Self.snapshotPackets,
      case .received(let received) = record.event, let facts = live[c], !facts.isInsideMessage,
      received.packet.sender == .mta
    else { return }
    connections[c].packetsSinceSnapshot = 0
    snapshots[c, default: []].append(Snapshot(record: index, row: packets.count, facts: facts))
  }

  /// How many packets of a connection lie between two snapshots, at least.
  static let snapshotPackets = 1024
}

extension SessionFacts {
  var isInsideMessage: Bool { message?.phase == .open && message?.decision?.stage != .bodyEOB }
}
