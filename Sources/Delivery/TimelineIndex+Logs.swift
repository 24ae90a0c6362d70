import Dialogue
import LogLines
import MilterProtocol
import Timeline
import TraceModel

/// What MTAs log about what a trace has.
extension TimelineIndex {
  /// The finding with what logs say about it.
  ///
  /// - Parameter connection: its number; 0 for what concerns the whole trace.
  package func told(
    _ finding: Finding, ofConnection connection: Int, from source: some RecordSource
  ) -> Finding {
    guard finding.cause == nil, LogForecast.isLogged(finding.rule),
      let place = place(of: finding, ofConnection: connection, from: source)
    else { return finding }
    var told = finding
    told.logs = place.logs(of: finding)
    return told
  }

  /// What logs say about the reply in a row.
  package func logs(at row: Int, from source: some RecordSource) -> [ExpectedLog] {
    guard self[row].sender == .milter, let packet = packet(at: row, from: source) else { return [] }
    return place(of: packet, at: row, from: source).logs
  }

  private func place(
    of finding: Finding, ofConnection number: Int, from source: some RecordSource
  ) -> LogPlace? {
    guard let c = connectionIndex(number), number > 0 else { return nil }
    let row = finding.packet.flatMap { self.row(number: $0) }
    var place: LogPlace
    if let row, let packet = packet(at: row, from: source) {
      place = self.place(of: packet, at: row, from: source)
    } else {
      place = LogPlace(
        rows(ofConnection: c).last.map { facts(at: $0, from: source) } ?? SessionFacts(), packet: nil,
        number: nil, command: nil)
      place.command = place.facts.dialogue.pending.awaited(on: .mta).flatMap { command($0, from: source) }
    }
    addOpening(ofConnection: c, to: &place, from: source)
    return place
  }

  private func place(of packet: Packet, at row: Int, from source: some RecordSource) -> LogPlace {
    place(of: packet, at: row, facts(at: row, from: source), from: source)
  }

  /// - Parameter facts: after the packet.
  package func place(
    of packet: Packet, at row: Int, _ facts: SessionFacts, from source: some RecordSource
  ) -> LogPlace {
    let number = number(at: row)
    var place = LogPlace(facts, packet: packet, number: number, command: nil)
    if packet.sender == .mta {
      place.command = LogPlace.Command(packet, number: number)
    } else if let command = self[row].answers, let asked = self.packet(at: command, from: source) {
      place.command = LogPlace.Command(asked, number: self.number(at: command))
    } else {
      let pending = facts.dialogue.pending
      place.command = (pending.awaited(on: .mta) ?? pending.asked).flatMap { self.command($0, from: source) }
    }
    addOpening(ofConnection: connectionIndex(at: row), to: &place, from: source)
    return place
  }

  private func command(_ pending: PendingReply, from source: some RecordSource) -> LogPlace.Command {
    let packet = row(number: pending.number).flatMap { self.packet(at: $0, from: source) }
    return LogPlace.Command(pending.stage, number: pending.number, payloadBytes: packet?.payload.count)
  }

  /// What the rest of the connection tells: a snapshot of facts may begin behind the record that says who came where, and which
  /// MTA it is may show later.
  private func addOpening(
    ofConnection c: Int, to place: inout LogPlace, from source: some RecordSource
  ) {
    place.mta = connections[c].mta
    if let ended = connections[c].endedRecord, case .closed(let closed)? = source.record(at: ended)?.event {
      place.hasMilterClosed = closed.leg == .milter && closed.how == .peer
    }
    guard place.facts.opened == nil, let number = connections[c].openedRecord,
      let record = source.record(at: number)
    else { return }
    place.facts.apply(record)
  }
}
