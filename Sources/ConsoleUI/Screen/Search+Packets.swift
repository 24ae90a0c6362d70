import Cells
import MilterProtocol
import Timeline
import TraceModel

extension Search {
  /// Whether the row, its packet, its macros or what was remarked on it say it.
  func matches(row: Int, _ trace: TraceView) -> Bool {
    let index = trace.index
    let glance = index.glance(at: row)
    if !stages.isEmpty, case .reply = glance.kind, stages.contains(index[row].stageName) { return true }
    if mayMatch(glance, trace) {
      guard let packet = trace.packet(at: row) else { return false }
      if matchesAlone(packet) { return true }
    }
    if glance.hasMacros {
      for macros in index.macroRows(of: row) where mayHold(index.recordNumber(at: macros), trace) {
        if let packet = trace.packet(at: macros), matches(packet.bytes[packet.payload]) { return true }
      }
    }
    guard glance.hasRemarks else { return false }
    return index.remarkRecords(about: row, from: trace.source).contains { remark in
      switch remark.event {
      case .found(let finding): matches(Array("\(finding.rule.id) \(finding.text)".utf8))
      case .noted(let text, _): matches(Array(text.text.utf8))
      case .opened, .received, .passed, .sent, .held, .released, .instructed, .marked, .closed: false
      }
    }
  }

  /// Whether what the row counts says it.
  func matches(countsOf row: Int, _ trace: TraceView) -> Bool {
    guard isOfCounts else { return false }
    let entry = trace.index[row]
    var words = [
      "c\(entry.connection)" + (entry.message > 0 ? ".\(entry.message)" : ""), trace.clock(entry.time),
    ]
    if let took = entry.took { words.append(TimeText.span(took)) }
    if entry.kind == .command(.body) || entry.kind == .reply(.replBody) {
      words.append("\(entry.frameBytes - Limits.headerBytes) bytes")
    }
    return words.contains { matches(Array($0.utf8)) }
  }

  /// Whether the packet says it, by its name, its payload or its row.
  func matchesAlone(_ packet: Packet) -> Bool {
    names.contains(packet.kind) || matches(packet.bytes[packet.payload]) || matchesWords(of: packet)
  }

  /// False where the packet need not be read to know that it does not say it.
  private func mayMatch(_ glance: PacketGlance, _ trace: TraceView) -> Bool {
    if names.contains(glance.kind) || isEscaped { return true }
    if glance.frameBytes == Limits.headerBytes, silent.contains(glance.kind) { return false }
    switch glance.kind {
    case .command(.body), .command(.macro), .command(.helo), .command(.unknown), .command(.data),
      .command(.abort), .command(.quit), .command(.header):
      return mayHold(glance.record, trace)
    // Their rows say more than their strings.
    case .command, .reply, .unknown, .empty: return true
    }
  }

  private func mayHold(_ record: Int, _ trace: TraceView) -> Bool {
    guard let probe else { return true }
    return trace.source.mayHold(probe, at: record)
  }

  /// What a row says beyond the strings of the payload; making it is dear, so only where there is any.
  private func matchesWords(of packet: Packet) -> Bool {
    if isEscaped { return matches(PacketWords.plainBytes(packet)) }
    switch packet.kind {
    case .command(.body), .command(.macro), .command(.helo), .command(.unknown), .command(.data),
      .command(.abort), .command(.quit):
      return false
    case .command(.header):
      guard case .header(let name, let value) = Dissection(packet).shape else { return false }
      return matches(packet.bytes[name] + Array(": ".utf8) + packet.bytes[value].prefix(needle.count))
    case .command, .reply, .unknown, .empty: return matches(PacketWords.plainBytes(packet))
    }
  }
}
