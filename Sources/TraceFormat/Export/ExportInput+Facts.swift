import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// A finding that goes out.
struct ChosenFinding {
  let finding: Finding
  /// 0 for the whole run.
  let connection: Int
  /// It stands under the finding that it follows from.
  let isConsequence: Bool

  /// The rule as this program knows it; nil where the trace has one that it does not, whose words are a stranger's.
  var rule: FindingRule? { FindingRule.withID(finding.rule.id) == nil ? nil : finding.rule }
}

/// What pages for people say about what was chosen.
extension ExportInput {
  /// How what passed on a connection and is no milter protocol begins, of each peer that spoke so: its first line.
  func foreignBeginnings(ofConnection c: Int) -> [(sender: Leg, line: ArraySlice<UInt8>)] {
    guard index.connections[c].findingCount > 0 else { return [] }
    var beginnings: [(sender: Leg, line: ArraySlice<UInt8>)] = []
    for number in index.recordsWithoutPacket(ofConnection: c) {
      guard case .passed(let passed)? = source.record(at: number)?.event, passed.reason == .foreign,
        !beginnings.contains(where: { $0.sender == passed.sender })
      else { continue }
      beginnings.append((passed.sender, passed.bytes.prefix { $0 != 0x0A && $0 != 0x0D }))
    }
    return beginnings
  }

  /// At its end, but for QUIT, which makes the macros void; nil for a connection without packets.
  func facts(ofConnection c: Int) -> SessionFacts? {
    let rows = index.rows(ofConnection: c)
    let last = rows.last { ![.command(.quit), .command(.quitNC)].contains(index[$0].kind) } ?? rows.last
    return last.map { index.facts(at: $0, from: source) }
  }

  /// As ``FindingOrder`` has them.
  var chosenFindings: [ChosenFinding] {
    var order = FindingOrder()
    order.follow(index.findings, upTo: index.findings.count)
    return order.lines.compactMap { line in
      guard let record = source.record(at: index.findings[line.finding].record), includes(record),
        let finding = index.finding(in: record)
      else { return nil }
      return ChosenFinding(
        finding: finding, connection: record.connection, isConsequence: line.isConsequence)
    }
  }

  /// With what logs say about it.
  func told(_ one: ChosenFinding) -> ChosenFinding {
    ChosenFinding(
      finding: index.told(one.finding, ofConnection: one.connection, from: source),
      connection: one.connection, isConsequence: one.isConsequence)
  }

  /// `37 packets in 1 connection, 2 messages: 1 accepted, 1 rejected`
  var countsInWords: String {
    var outcomes: [String] = []
    for outcome in MessageEntry.Outcome.allCases {
      let count = messages.count { index.messages[$0].outcome == outcome }
      if count > 0 { outcomes.append("\(count) \(outcome.rawValue)") }
    }
    return
      "\(counted(chosen.count ?? index.count, "packet")) in \(counted(connections.count, "connection")), "
      + counted(messages.count, "message")
      + (outcomes.isEmpty ? "" : ": " + outcomes.joined(separator: ", "))
  }

  /// `0 errors, 2 warnings, 1 note`
  var findingsInWords: String {
    let findings = chosenFindings
    return [Finding.Severity.error, .warning, .note].map { weight in
      counted(findings.count { $0.finding.severity == weight }, weight.name)
    }.joined(separator: ", ")
  }

  /// The MTAs by name and macro `v`, which Sendmail does not send by itself; of each kind a hundred connections are asked, and
  /// not more are named than fit in a line.
  var versions: [String] {
    var asked: [KnownMTA?: Int] = [:]
    var versions: Set<String> = []
    for c in connections {
      let mta = index.connections[c].mta
      guard asked[mta, default: 0] < 100 else { continue }
      asked[mta, default: 0] += 1
      let told = facts(ofConnection: c)?.macros.value("v".utf8).map {
        String(decoding: $0.value.bytes, as: UTF8.self)
      }
      switch (mta?.name, told) {
      case (let name?, let told?): versions.insert(told.contains(name) ? told : "\(name) \(told)")
      case (let one?, nil), (nil, let one?): versions.insert(one)
      case (nil, nil): break
      }
    }
    // Without its version where another connection of that kind told it.
    let named = versions.filter { one in !versions.contains { $0.hasPrefix(one + " ") } }
    return Array(named.sorted().prefix(5))
  }

  /// How long each reply took, and when it came, by stage.
  var replyTimes: [Stage: [(at: Moment, took: Moment.Span)]] {
    var times: [Stage: [(at: Moment, took: Moment.Span)]] = [:]
    for row in 0..<index.count where chosen.hasRow(row) {
      let packet = index[row]
      if let took = packet.took, let stage = packet.stage {
        times[stage, default: []].append((packet.time, took))
      }
    }
    return times
  }
}

extension PacketFlags {
  /// What we did with a packet, in words for a list.
  var wordsInList: [String] {
    [
      (PacketFlags.edited, "edited"), (.injected, "ours"), (.dropped, "dropped"),
      (.answered, "answered by us"),
    ]
    .filter { contains($0.0) }.map(\.1)
  }
}
