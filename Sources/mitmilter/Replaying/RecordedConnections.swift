import CommandLanguage
import Dialogue
import MilterProtocol
import ProxyRuntime
import Sending
import Timeline
import TraceModel

/// The connections of a trace, one after another, as scripts of their MTAs.
///
/// `Sendable` is not checked: player, scripts and the file's reader are all on the thread that calls `MTAPlayer.run`.
final class RecordedConnections: RecordedPackets, @unchecked Sendable {
  private let index: TimelineIndex
  private let source: any RecordSource
  private let tell: (String) -> Void
  private let timeouts: MTATimeouts?
  /// Connections that can be replayed, in their order, and the next of these.
  private let playable: [Int]
  private var place = 0
  /// When the trace begins anew.
  private var start: Moment?
  private var orders: [Int: [AskedChanges.Order]]
  private let isWhatIf: Bool
  /// What came of them.
  private(set) var changes: ChangesMade

  /// - Parameters:
  ///   - orders: what is to be said otherwise, by connection; nil where nothing is.
  ///   - tell: takes what is to be known about it.
  init(
    _ index: TimelineIndex, _ source: any RecordSource, timeouts: MTATimeouts?,
    _ orders: [Int: [AskedChanges.Order]]?, tell: @escaping (String) -> Void
  ) {
    (self.index, self.source, self.timeouts, self.tell) = (index, source, timeouts, tell)
    isWhatIf = orders != nil
    self.orders = orders ?? [:]
    changes = ChangesMade(tell: tell)
    playable = index.connections.indices.filter { c in
      if index.connections[c].shadowOf != nil { return false }
      let first = index.connections[c].rows.first { row in
        index.connectionIndex(at: row) == c && index[row].sender == .mta
      }
      return first.map { index.glance(at: $0).kind == .command(.optNeg) } ?? false
    }
  }

  var count: Int { playable.count }

  /// Says what of the trace is not said; whether it is all of it.
  func tellGaps() -> Bool {
    let without = index.connections.filter { $0.packetCount > 0 && $0.shadowOf == nil }.count - count
    if without > 0 {
      tell(
        "warning: of the trace's connections \(without) do not begin with OPTNEG, and are left out"
      )
    }
    var pieces = 0
    for place in 0..<source.count {
      guard case .passed(let passed)? = source.record(at: place)?.event else { continue }
      if passed.sender == .mta { pieces += 1 }
    }
    if pieces > 0 { tell("warning: what the MTA said and is no packet is left out, \(pieces) records") }
    return without == 0 && pieces == 0
  }

  /// How many were open at the same time.
  var mostAtOnce: Int {
    var ends: [Moment] = []
    var most = 1
    for c in playable {
      let entry = index.connections[c]
      guard let opened = entry.openedAt else { continue }
      ends.removeAll { $0 <= opened }
      ends.append(entry.closedAt ?? Moment(microseconds: .max))
      most = max(most, ends.count)
    }
    return min(most, Self.mostOpen)
  }

  /// Files of a process are few.
  private static let mostOpen = 500

  private func next(at now: Moment, isPaced: Bool, to target: MilterTarget) -> MTAPlayer<ReplayedMTA>.Work {
    guard place < playable.count else { return .done }
    let c = playable[place]
    let entry = index.connections[c]
    let opened = entry.openedAt ?? .zero
    let start = self.start ?? now - (opened - .zero)
    self.start = start
    let due = start + (opened - .zero)
    if isPaced, now < due { return .later(due) }
    place += 1
    // What was told of the MTA then: what it showed by itself, it shows again.
    var patience = index.facts(at: entry.firstRow, from: source).opened?.patience ?? MTAPatience()
    if let timeouts { patience.timeouts = timeouts }
    return .call(
      .init(
        ReplayedMTA(
          changed(lines(of: c), of: c), from: self, start: isPaced ? start : nil, makesUpEnds: isWhatIf),
        to: target,
        patience: patience))
  }

  /// What reached the milter: all that the MTA said and nobody kept back, and what was said in its name.
  private func lines(of c: Int) -> [ReplayedMTA.Line] {
    var lines: [ReplayedMTA.Line] = []
    var places: [Int: Int] = [:]
    var verdicts: [Int: ReplyKind] = [:]
    // Where there was none, all is answered, and nothing was kept from anybody.
    let hasMilter = index.facts(at: index.connections[c].firstRow, from: source).opened?.milter != nil
    for row in index.rows(ofConnection: c) {
      let entry = index[row]
      if entry.sender == .milter {
        guard case .reply(let kind) = entry.kind, kind.settles, let command = entry.answers else { continue }
        if verdicts[command] == nil { verdicts[command] = kind }
        continue
      }
      if !entry.flags.isDisjoint(with: hasMilter ? [.dropped, .answered] : []) { continue }
      places[row] = lines.count
      var kind: CommandKind?
      if case .command(let command) = entry.kind { kind = command }
      lines.append(
        ReplayedMTA.Line(
          row: row, kind: kind, stage: entry.stage, time: entry.time, message: index.messageIndex(at: row)))
    }
    for (row, verdict) in verdicts {
      if let place = places[row] { lines[place].verdict = verdict }
    }
    return lines
  }

  /// Says all of it, on this thread, until the last connection is over.
  ///
  /// - Parameters:
  ///   - most: connections at once.
  ///   - took: gets the records of each turn.
  func play(
    at target: MilterTarget, most: Int, isPaced: Bool = false, clock: Clock, _ journal: consuming Journal,
    took: ([Record]) -> Void
  ) {
    var player = MTAPlayer<ReplayedMTA>(most: most, clock: clock, journal: journal)
    player.run { now in
      next(at: now, isPaced: isPaced, to: target)
    } took: { records in
      changes.take(records)
      took(records)
    }
  }

  // MARK: - Changes

  /// Whether a packet is to be said otherwise.
  var isChanged: Bool { playable.contains { orders[$0] != nil } }

  private func changed(_ lines: [ReplayedMTA.Line], of c: Int) -> [ReplayedMTA.Line] {
    guard let orders = orders.removeValue(forKey: c) else { return lines }
    var session = WhatIf(
      lines, headersKeepBlank: index.keepsBlank(ofConnection: c, source), reading: packet)
    for order in orders.sorted(by: { $0.row < $1.row }) {
      let why = Sentence([.words("said otherwise in this replay: "), .others(order.written.text)])
      do throws(Refusal) {
        try session.apply(try order.meaning.get(), at: order.row, because: why)
        changes.made(order, index.number(at: order.row))
      } catch {
        changes.refused(order, index.number(at: order.row), error)
      }
    }
    changes.unsaid.formUnion(session.unsaid)
    return session.lines
  }

  private func packet(at row: Int) -> Packet? {
    index.sentInstead(of: row, from: source) ?? index.packet(at: row, from: source)
  }

  func said(_ line: ReplayedMTA.Line) -> Packet? {
    guard let packet = line.change?.packet ?? line.row.flatMap(packet) else { return nil }
    changes.said(line)
    return packet
  }
}

extension TimelineIndex {
  /// Whether values of headers have the blank behind the colon, by the milter's answer to OPTNEG.
  fileprivate func keepsBlank(ofConnection c: Int, _ source: any RecordSource) -> Bool {
    let answer = rows(ofConnection: c).first { glance(at: $0).kind == .reply(.optNeg) }
    return answer.map { facts(at: $0, from: source).negotiation.keepsLeadingSpace } ?? false
  }
}
