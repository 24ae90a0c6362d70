import Dialogue
import MilterProtocol
import TraceModel

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
    if let message {
      note(packet.kind, row: row, message: message, c)
      // Its verdict had come before it.
      if placement.answeredBefore != nil { refreshMessage(c) }
    }
    note(took: placement, row: row, at: time)
    statistics.add(packet.kind, placement, share: share(placement, c), at: time)
    if connections[c].tap != 0 { taps.count(at: connections[c].tap) { $0.add(packet.kind, placement) } }
    return row
  }

  /// What a reply took of the patience of its MTA, in hundredths of a percent; 0 for what is too short to count.
  private func share(_ placement: Placement, _ c: Int) -> Int64 {
    guard let took = placement.took, let stage = placement.stage, took > .milliseconds(1) else { return 0 }
    let patience = connections[c].live.map { live.facts[$0].dialogue.patience } ?? Patience()
    return took.microseconds / max(1, patience.latest(at: stage).microseconds / 10_000)
  }

  /// A number says little by itself: in a stranger's trace several packets have the same, or another kind of packet has it.
  private mutating func link(_ entry: inout PacketEntry, row: Int, _ placement: Placement) {
    if let answers = placement.answers, let command = numbers.row(answers) {
      entry.link = UInt32(clamping: command)
    }
    if let early = placement.answeredBefore.flatMap({ numbers.row($0) }), packets[early].sender == .milter {
      earlyReplies[UInt32(clamping: row)] = early
      packets.modify(early) { $0.answers(UInt32(clamping: row), of: placement.stage) }
    }
    for (i, number) in placement.macros.enumerated() {
      guard let macros = numbers.row(number), packets[macros].kind == .command(.macro) else { continue }
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
      taps.count(at: connections[c].tap) { $0.messages += 1 }
      statistics.addMessage(at: packets.count == 0 ? .zero : packets.time(packets.count - 1))
      return messages.count - 1
    }
    while let i = latest, messages[i].number > number { latest = messages[i].previous }
    return latest
  }

  /// What a packet says about its message.
  private mutating func note(_ kind: PacketKind, row: Int, message i: Int, _ c: Int) {
    messages[i].lastRow = row
    let place = self.place(c)
    let isNamed = messages[i].queueRow != nil
    messages[i].note(kind, row: row, &live.facts[place], numbers)
    if !isNamed, messages[i].queueRow != nil { noteChange(ofMessage: i) }
    if connections[c].tap != 0 { noteChain(kind, message: i, c, packets.time(row)) }
    if kind == .command(.macro),
      live.facts[place].message?.address(announcedBy: numbers.number(row)) != nil
    {
      packets.modify(row) { $0.announcesAddress = true }
    }
  }

  /// After something left on the MTA's leg that has no number of its own.
  mutating func refreshMessage(_ c: Int) {
    guard let i = connections[c].latestMessage else { return }
    let place = self.place(c)
    messages[i].update(&live.facts[place], numbers)
  }

  /// A snapshot of the facts where a message is about to begin, if the last one is far back.
  mutating func takeSnapshot(_ c: Int, before index: Int, _ record: Record) {
    guard connections[c].packetsSinceSnapshot >= Self.snapshotPackets,
      case .received(let received) = record.event, received.packet.sender == .mta,
      let place = connections[c].live,
      !live.facts[place].isInsideMessage
    else { return }
    connections[c].packetsSinceSnapshot = 0
    snapshots[c, default: []].append(Snapshot(record: index, row: packets.count, facts: live.facts[place]))
  }

  /// How many packets of a connection lie between two snapshots, at least.
  static let snapshotPackets = 1024
}

extension SessionFacts {
  var isInsideMessage: Bool { message?.phase == .open && message?.decision?.stage != .bodyEOB }
}
