import CommandLanguage
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// The trace as the screen reads it: the index, the records behind it, and where those come from.
package struct TraceView {
  package private(set) var index = TimelineIndex()
  let source: any RecordSource
  let utcOffset: Int
  let origin: ConsoleModel.Origin
  let charsets: Charsets
  /// Whether records still arrive from connections of this program.
  let isLive: Bool
  package internal(set) var stream = ConsoleModel.Stream.flowing
  /// The time now on the trace's clock.
  var now = Moment.zero
  /// What waits for the operator, the most urgent first.
  package private(set) var waiting: [HeldEntry] = []
  /// Replies that an MTA has waited for so long that it is worth a look, the most urgent first.
  package private(set) var due: [DueReply] = []
  /// What happens to a held packet at its deadline, as badges say it.
  var timeoutWords = "forwards"
  /// The milter at which mails are replayed, where somebody said so.
  var replaysAt: String?
  /// Where what comes is written for good.
  package internal(set) var recording = RecordingState.off

  init(
    source: any RecordSource, origin: ConsoleModel.Origin, isLive: Bool, utcOffset: Int, charsets: Charsets
  ) {
    self.source = source
    self.origin = origin
    self.charsets = charsets
    self.isLive = isLive
    self.utcOffset = utcOffset
    switch origin {
    case .live(_, _, let file?), .attached(_, _, let file?): recording = .byOption(file)
    case .live, .attached, .files, .demo: break
    }
    index.keepChanges()
  }

  /// How many mails were looked at for the number of digits that the largest number of one takes within its connection.
  private var measuredMessages = 0
  private var messageDigits = 1

  /// Folds in up to `limit` records more. Returns whether all are in.
  mutating func catchUp(limit: Int) -> Bool {
    defer {
      for message in index.messages[measuredMessages...] {
        messageDigits = max(messageDigits, String(message.number).count)
      }
      measuredMessages = index.messages.count
    }
    return index.catchUp(with: source, limit: limit)
  }

  /// Rows of which something became known since this was asked last.
  mutating func takeChanges() -> [Int] { index.takeChanges() }

  var isBehind: Bool { index.recordCount < source.count }
  package var count: Int { index.count }
  var statistics: TimelineStatistics { index.statistics }
  var connections: [ConnectionEntry] { index.connections }
  var messages: [MessageEntry] { index.messages }
  var head: TraceHead? { source.head }
  var startedAt: Int64 { head?.startedAt ?? 0 }
  var lastMoment: Moment { count > 0 ? index.time(at: count - 1) : .zero }

  /// A reader over the index as it is now. Let go of it before records are folded in, or the index is copied.
  var reader: TimelineReader {
    let charsets = charsets
    return TimelineReader(index, source, utcOffset: utcOffset) {
      MailContent(headers: $0, body: $1, charsets)
    }
  }

  var findingCounts: [Finding.Severity: Int] { index.findingCounts }

  // MARK: what waits

  /// Brings what waits up to what is known.
  ///
  /// - Returns: what waits no longer; nil where all is as it was.
  mutating func refreshWaiting() -> [HeldEntry]? {
    let rows = index.waiting
    guard rows.count != waiting.count || Set(rows) != Set(waiting.map(\.row)) else { return nil }
    let still = Set(rows)
    let gone = waiting.filter { !still.contains($0.row) }
    let known = Dictionary(waiting.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
    waiting = rows.compactMap { known[$0] ?? HeldEntry(row: $0, in: self) }.sorted(by: HeldEntry.comesFirst)
    return gone
  }

  /// Brings what MTAs wait for up to the time. Where they wait for what is held here, the hold's own clock tells.
  mutating func refreshDue() {
    guard isLive else { return }
    let held = Set(waiting.map { index.connectionIndex(at: $0.row) })
    due = index.dueReplies(at: now).filter { reply in
      index.connectionIndex(reply.connection).map { !held.contains($0) } ?? false
    }
  }

  /// What an MTA waits for because of the packet of that number.
  func due(about number: Int) -> DueReply? { due.first { $0.packet == number } }

  func heldEntry(at row: Int) -> HeldEntry? { waiting.first { $0.row == row } }

  func isHeld(mail: Int) -> Bool { waiting.contains { index.messageIndex(at: $0.row) == mail } }

  // MARK: packets

  func packet(at row: Int) -> Packet? { index.packet(at: row, from: source) }

  func packet(numbered number: Int) -> Packet? { index.row(number: number).flatMap { packet(at: $0) } }

  /// The packet of a row as it left or would leave now, which is how it came unless somebody edited it.
  func packetAsItLeaves(at row: Int) -> Packet? {
    guard let packet = packet(at: row) else { return nil }
    let flags = index[row].flags
    guard flags.contains(.edited) || flags.contains(.waiting) else { return packet }
    return PacketDetail.leaving(packet, remarks(about: row)) ?? packet
  }

  /// The records about a packet; instructions with what they came to for it.
  func remarks(about row: Int) -> [Record] {
    index.remarkRecords(about: row, from: source).map { record in
      guard case .instructed(var instructed) = record.event, let written = instructed.instruction else {
        return record
      }
      var record = record
      instructed.instruction = filled(written, at: row)
      record.event = .instructed(instructed)
      return record
    }
  }

  /// With the values that its texts name; as it is written where a value cannot stand in its place.
  func filled(_ instruction: Instruction, at row: Int) -> Instruction {
    var effort = SearchEffort.ofFilter
    return (try? instruction.filled(in: reader.context(at: row), &effort)) ?? instruction
  }

  /// Everything about the packet at `row`; nil where it cannot be read back.
  func detail(at row: Int) -> PacketDetail? {
    guard row < count, let packet = packet(at: row) else { return nil }
    let line = index[row]
    let replies = line.sender == .mta ? index.replyRows(to: row) : []
    let remarks = remarks(about: row)
    var facts = index.facts(at: row, from: source)
    // What the MTA was told of the milter's OPTNEG is said right behind it, and is what one looks for there.
    if packet.kind == .reply(.optNeg) { for remark in remarks { facts.apply(remark) } }
    return PacketDetail(
      row: row, number: line.number, packet: packet, connection: line.connection, message: line.message,
      stage: line.stage, answers: line.answers.map { index.number(at: $0) },
      macros: index.macroRows(of: row).map { index.number(at: $0) },
      reply: replies.last { index[$0].kind.settles }.map { index.number(at: $0) }, time: line.time,
      took: line.took, flags: line.flags,
      facts: facts, findings: index.findings(about: row, from: source), remarks: remarks,
      mta: connections[index.connectionIndex(at: row)].mta,
      ending: ending(ofConnection: index.connectionIndex(at: row)))
  }

  /// Who came where; nil where the trace does not tell.
  func opening(ofConnection c: Int) -> Opened? {
    guard let number = connections[c].openedRecord,
      case .opened(let opened)? = source.record(at: number)?.event
    else { return nil }
    return opened
  }

  /// The file that a connection comes from, where several are read as one.
  func file(ofConnection c: Int) -> String? {
    let row = connections[c].packetCount > 0 ? connections[c].rows.lowerBound : nil
    let number = connections[c].openedRecord ?? row.map { index.recordNumber(at: $0) }
    return number.flatMap { source.file(at: $0) }
  }

  /// What ended a connection, and when; nil while it is open.
  func ending(ofConnection c: Int) -> (time: Moment, closed: Closed)? {
    guard let number = connections[c].endedRecord, let record = source.record(at: number),
      case .closed(let closed) = record.event
    else { return nil }
    return (record.time, closed)
  }

  /// What a list says at the last packet of a connection that ended in another way than by QUIT.
  func abruptEnding(at row: Int, _ kind: PacketKind) -> Closed? {
    let c = index.connectionIndex(at: row)
    guard connections[c].endRow == row + 1, let closed = ending(ofConnection: c)?.closed else { return nil }
    switch (kind, closed.how) {
    case (.command(.quit), .peer), (.command(.quit), .ours): return nil
    default: return closed
    }
  }

  // MARK: names

  /// `c12.3`, as wide as the largest of the trace needs, so that columns stand still from page to page; and somewhat wider, so
  /// that they stand still while numbers grow.
  var nameColumns: Int {
    // A trace that was cut out of another has few connections of high numbers; the last is about the highest.
    let digits = String(connections.last?.number ?? 0).count
    let needed = 2 + digits + messageDigits
    return needed <= 5 ? 5 : min(11, (needed + 1) / 3 * 3 + 2)
  }

  // MARK: times

  /// The time of day.
  func clock(_ moment: Moment) -> String {
    TimeText.clock(moment, startedAt: startedAt, utcOffset: utcOffset)
  }

  private func date(_ moment: Moment) -> String {
    TimeText.date(moment, startedAt: startedAt, utcOffset: utcOffset)
  }

  /// Day and time of day.
  func stamp(_ moment: Moment) -> String { date(moment) + " " + clock(moment) }

  /// The time of day, with the day where it is another one than that of `other`.
  func clock(_ moment: Moment, beside other: Moment) -> String {
    date(moment) == date(other) ? clock(moment) : stamp(moment)
  }

  /// The time of day in a list; where the row above is of another day, the day, and the time as far as it fits.
  func clock(_ moment: Moment, below above: Moment?, columns: Int) -> String {
    guard let above, date(above) != date(moment) else { return String(clock(moment).prefix(columns)) }
    let day = String(date(moment).dropFirst(5))
    return columns < 11 ? day : day + " " + clock(moment).prefix(5)
  }
}

extension PacketKind {
  /// Whether it is the last word about a command: PROGRESS and modifications are none.
  fileprivate var settles: Bool { if case .reply(let kind) = self { kind.settles } else { false } }
}
