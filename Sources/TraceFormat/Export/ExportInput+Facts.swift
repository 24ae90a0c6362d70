import MilterProtocol
import TraceModel

/// What pages for people say about what was chosen.
extension ExportInput {
  /// At its end, but for QUIT, which makes the macros void; nil for a connection without packets.
  func facts(ofConnection c: Int) -> SessionFacts? {
    let rows = index.rows(ofConnection: c)
    let last = rows.last { ![.command(.quit), .command(.quitNC)].contains(index[$0].kind) } ?? rows.last
    return last.map { index.facts(at: $0, from: source) }
  }

  var chosenFindings: [FindingEntry] {
    index.findings.filter { $0.row.map(chosen.hasRow) ?? chosen.hasConnection($0.connection) }
  }

  func words(of entry: FindingEntry) -> String {
    if case .found(let finding)? = source.record(at: entry.record)?.event { return finding.text }
    return ""
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
      counted(findings.count { $0.severity == weight }, weight.name)
    }.joined(separator: ", ")
  }

  /// The MTAs by their macro `v`; not all connections are asked, and not more are named than fit in a line.
  var versions: [String] {
    let versions = connections.prefix(100).compactMap { c in
      facts(ofConnection: c)?.macros.value("v".utf8).map { String(decoding: $0.value.bytes, as: UTF8.self) }
    }
    return Array(Set(versions).sorted().prefix(5))
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
