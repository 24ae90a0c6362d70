import MilterProtocol
import TraceModel

/// A listed packet as one line of JSON for other programs; the keys are in `docs/trace-format.md`.
package struct PacketJSON {
  private let clock: WallClock
  private let findings: FindingJSON
  /// Named in every line where several traces are listed.
  private let file: String?

  package init(startedAt: Int64, file: String? = nil) {
    clock = WallClock(startedAt: startedAt)
    findings = FindingJSON(startedAt: startedAt)
    self.file = file
  }

  package func append(_ packet: ListedPacket, to line: inout [UInt8]) {
    line.append(ascii: "{")
    appendMembers(packet, to: &line)
    line.append(ascii: "}\n")
  }

  /// A line of its own for a finding that came behind the line of its packet, or that is about none: the members of a packet,
  /// so that readers need no second form, and the finding.
  package func append(_ finding: Finding, of connection: Int, at time: Moment, to line: inout [UInt8]) {
    line.append(ascii: "{\"n\":")
    if let packet = finding.packet { line.append(key: "", packet) } else { line.append(ascii: "null") }
    line.append(key: ",\"file\":", file)
    line.append(key: ",\"conn\":", connection)
    line.append(key: ",\"msg\":null,\"time\":", clock.rfc3339(time.microseconds))
    line.append(ascii: ",\"from\":null,\"code\":null,\"name\":\"FINDING\",\"stage\":null,\"way\":\"made\"")
    line.append(
      key: ",\"summary\":", "\(finding.rule.id) \(finding.rule.title): \(ListingText.inert(finding.text))")
    line.append(key: ",\"findings\":[", finding.rule.id)
    line.append(ascii: "],\"fields\":[],\"raw\":\"\",\"finding\":{")
    findings.appendMembers(finding, of: connection, message: nil, at: time, to: &line)
    line.append(ascii: "}}\n")
  }

  /// What stands between the braces.
  ///
  /// - Parameter late: ids of the findings about it that came later than those it has.
  func appendMembers(_ packet: ListedPacket, late: [String] = [], to line: inout [UInt8]) {
    line.append(key: "\"n\":", packet.number)
    line.append(key: ",\"file\":", file)
    line.append(key: ",\"conn\":", packet.connection)
    line.append(key: ",\"tap\":", packet.tap)
    line.append(key: ",\"msg\":", packet.message)
    line.append(key: ",\"time\":", clock.rfc3339(packet.time.microseconds))
    line.append(key: ",\"from\":", packet.packet.sender.name)
    line.append(ascii: ",\"code\":")
    appendCode(packet.packet, to: &line)
    line.append(key: ",\"name\":", packet.packet.kind.name)
    line.append(ascii: ",\"stage\":")
    line.append(orNull: packet.stage?.name)
    line.append(key: ",\"answers\":", packet.answers)
    if let took = packet.took {
      line.append(ascii: ",\"took\":")
      line.append(milliseconds: took.microseconds)
    }
    append(packet.origin, to: &line)
    line.append(key: ",\"summary\":", PacketSummary(packet.packet).text)
    line.append(ascii: ",\"findings\":[")
    for (place, id) in (packet.findings.map(\.rule.id) + late).enumerated() {
      line.append(key: place == 0 ? "" : ",", id)
    }
    line.append(ascii: "]")
    FindingJSON.append(packet.logs, to: &line)
    line.append(ascii: ",\"fields\":[")
    for (place, field) in PacketField.fields(of: packet.packet).enumerated() {
      if place > 0 { line.append(ascii: ",") }
      append(field, to: &line)
    }
    line.append(ascii: "],\"raw\":\"")
    line += base64(packet.packet.bytes)
    line.append(ascii: "\"")
  }

  private func appendCode(_ packet: Packet, to line: inout [UInt8]) {
    guard let code = packet.code else {
      line.append(ascii: "null")
      return
    }
    line.append(ascii: "\"")
    line.append(escaping: [code])
    line.append(ascii: "\"")
  }

  private func append(_ origin: ListedPacket.Origin, to line: inout [UInt8]) {
    let (what, cause): (String, Cause)
    switch origin {
    case .received(let forwarded):
      line.append(ascii: forwarded ? ",\"way\":\"forwarded\"" : ",\"way\":\"stopped\"")
      return
    case .changed(let by): (what, cause) = ("changed", by)
    case .made(let by): (what, cause) = ("made", by)
    }
    line.append(key: ",\"way\":", what)
    switch cause {
    case .operator: line.append(ascii: ",\"by\":\"operator\"")
    case .timeout: line.append(ascii: ",\"by\":\"timeout\"")
    case .rule(let rule):
      line.append(ascii: ",\"by\":\"rule\"")
      line.append(key: ",\"rule\":", rule)
    case .policy(let policy):
      line.append(ascii: ",\"by\":\"policy\"")
      line.append(key: ",\"policy\":", policy.text)
    }
  }

  private func append(_ field: PacketField, to line: inout [UInt8]) {
    line.append(key: "{\"name\":", field.label)
    line.append(key: ",\"offset\":", field.range.lowerBound)
    line.append(key: ",\"length\":", field.range.count)
    switch field.value {
    case .number, .wire:
      if let number = field.number {
        line.append(key: ",\"value\":", Int(number))
      } else if case .wire(let bytes) = field.value {
        line.append(key: ",\"value\":", String(decoding: bytes, as: UTF8.self))
      }
    case .letter(let letter):
      line.append(ascii: ",\"value\":\"")
      line.append(escaping: [letter])
      line.append(ascii: "\"")
    case .flags(let raw, let names):
      line.append(key: ",\"value\":", Int(raw))
      line.append(ascii: ",\"flags\":[")
      for (place, name) in names.enumerated() { line.append(key: place == 0 ? "" : ",", name) }
      line.append(ascii: "]")
    }
    line.append(key: ",\"note\":", field.note)
    line.append(ascii: "}")
  }
}

extension [UInt8] {
  mutating func append(orNull text: String?) {
    if text == nil { append(ascii: "null") } else { append(key: "", text) }
  }

  /// Microseconds as milliseconds with three decimals.
  mutating func append(milliseconds microseconds: Int64) {
    if microseconds < 0 { append(UInt8(ascii: "-")) }
    let (whole, part) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    append(digits: whole, atLeast: 1)
    append(UInt8(ascii: "."))
    append(digits: part, atLeast: 3)
  }
}
