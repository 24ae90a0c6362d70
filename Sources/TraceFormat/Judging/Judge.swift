import Dialogue
import Findings
import MilterProtocol
import Timeline
import TraceModel

/// Judges a recorded trace by the rules of this version: what a proxy in between would have remarked on.
///
/// Findings are a function of dialogue, packet and mail, all of which a trace tells; those in it are what the version that recorded
/// it knew. What is told by something else stays as it was recorded: that nobody could be reached, that a stranger spoke, what a
/// capture lacks, what a shadow says otherwise, and what was said when we closed.
package struct Judge {
  private var connections: [Int: Followed] = [:]
  /// Findings that come now are of something that is not judged here.
  private var keepsNext = false

  package init() {}

  /// One record of the trace, in its order.
  ///
  /// - Returns: whether it stays, and the findings to put behind it.
  package mutating func take(_ record: Record) -> (stays: Bool, findings: [Finding]) {
    if case .found(let finding) = record.event {
      return (keepsNext || !Self.makes(finding.rule), [])
    }
    keepsNext = false
    guard record.connection != 0,
      let known = connections.removeValue(forKey: record.connection) ?? begin(record)
    else { return (true, []) }
    var followed = known
    let findings = followed.take(record, &keepsNext)
    if !followed.isOver { connections[record.connection] = followed }
    return (true, findings)
  }

  /// More connections at a time than any MTA has: of a trace that was made to fill memory the others are not judged.
  private static let limit = 65_536

  private func begin(_ record: Record) -> Followed? {
    switch record.event {
    case .opened(let opened) where opened.patience == nil: nil
    // A close, of a connection that had no packet: that is told (W07).
    case .opened, .received, .sent, .passed, .closed: connections.count < Self.limit ? Followed() : nil
    case .released, .held, .instructed, .found, .noted, .marked: nil
    }
  }

  /// Whether findings of that rule come of following a dialogue.
  private static func makes(_ rule: FindingRule) -> Bool {
    if rule == .unreachable || rule == .notMilter || rule == .lengthAbsurd { return false }
    // Those of captures, of two milters, and those of a version to come.
    return !rule.id.hasPrefix("C") && !rule.id.hasPrefix("X") && FindingRule.all.contains(rule)
  }
}

/// One connection.
private struct Followed {
  private var facts = SessionFacts()
  private var remarks = Remarks()
  /// Packets that came and have not left, with what was remarked on when they came.
  private var waiting: [Int: (packet: Packet, known: [FindingRule])] = [:]
  /// Bytes of a packet that is not whole.
  private var unfinished = 0
  /// Somebody spoke who does not speak milter.
  private var isForeign = false
  private var hasPacket: Set<Leg> = []
  private var ended = 0

  var isOver: Bool { ended >= Leg.allCases.count }

  mutating func take(_ record: Record, _ keepsNext: inout Bool) -> [Finding] {
    var findings: [Finding] = []
    switch record.event {
    case .received(let received): came(received, record.time, &findings)
    case .sent(let sent): left(sent, record.time, &findings)
    case .released(let released):
      if released.outcome != .forwarded { waiting[released.number] = nil }
    case .passed(let passed): keepsNext = note(passed)
    case .closed(let closed):
      ended += 1
      keepsNext = closed.how.isOurs || isForeign || closed.how.isUnreachable
      if !keepsNext {
        remarks.remark(
          onEndOf: closed.leg, unfinished: unfinished, before: facts.dialogue, at: record.time,
          into: &findings)
      }
      unfinished = 0
    case .opened, .held, .instructed, .found, .noted, .marked: break
    }
    facts.apply(record)
    return findings
  }

  private mutating func came(_ received: Received, _ now: Moment, _ findings: inout [Finding]) {
    let packet = received.packet
    hasPacket.insert(packet.sender)
    remarks.remark(
      onArrivalOf: packet, Dissection(packet), number: received.number, received.forwarded ? .through : .came,
      before: facts.dialogue, now, into: &findings)
    if !received.forwarded { waiting[received.number] = (packet, findings.map(\.rule)) }
  }

  private mutating func left(_ sent: Sent, _ now: Moment, _ findings: inout [Finding]) {
    let came = sent.original.flatMap { waiting.removeValue(forKey: $0) }
    guard let packet = sent.packet ?? came?.packet else { return }
    remarks.remark(
      on: packet, Dissection(packet), number: sent.original ?? sent.number ?? 0,
      sent.original == nil ? .made : .left, before: facts.dialogue, now, into: &findings)
    if let known = came?.known { findings.removeAll { known.contains($0.rule) } }
  }

  /// Whether what is said of them is said by whoever cuts the stream.
  private mutating func note(_ passed: Passed) -> Bool {
    switch passed.reason {
    case .incomplete: unfinished = passed.bytes.count
    case .foreign: isForeign = true
    case .oversized: isForeign = isForeign || !hasPacket.contains(passed.sender)
    case .unframed: break
    }
    return true
  }
}

extension Closed.Ending {
  fileprivate var isUnreachable: Bool { if case .unreachable = self { true } else { false } }
}
