import MilterProtocol
import TraceModel

/// Entries of a listing as lines of text for a terminal or a file. Nothing of the wire comes out as it is: what a terminal
/// could obey, or an eye could miss, is an escape.
///
///        118  12:04:31.219  1.10ms  c7.1   ← milter  MAIL      continue
package struct ListingText {
  package struct Options: Equatable, Sendable {
    /// All fields of a packet, findings in full, and the head of the trace.
    package var isVerbose = false
    package var hasHexDump = false
    package var hasColours = false

    package init() {}
  }

  let options: Options
  private let clock: WallClock
  /// Seconds to add to UTC at a time in seconds since 1970.
  private let offset: (Int64) -> Int64
  private var day = ""

  package init(startedAt: Int64, options: Options, offset: @escaping (Int64) -> Int64) {
    clock = WallClock(startedAt: startedAt)
    self.options = options
    self.offset = offset
  }

  /// The lines of `entry`, each with its line feed, the date in front where it is another one.
  package mutating func text(_ entry: Listing.Entry) -> String {
    switch entry {
    case .packet(let packet): dayLine(packet.time) + lines(packet)
    case .remark(let record): dayLine(record.time) + lines(record)
    }
  }

  private mutating func dayLine(_ time: Moment) -> String {
    let seconds = clock.seconds(time.microseconds)
    let offset = offset(seconds)
    let today = WallClock.date(seconds + offset)
    guard today != day else { return "" }
    day = today
    let sign = offset < 0 ? "-" : "+"
    let minutes = offset.magnitude / 60
    let zone = offset == 0 ? "UTC" : "UTC\(sign)\(padded(minutes / 60)):\(padded(minutes % 60))"
    return quiet("\(String(repeating: " ", count: Self.numberWidth))  \(today) \(zone)") + "\n"
  }

  private func padded(_ number: UInt64) -> String { WallClock.padded(Int64(number), 2) }

  private func timeOfDay(_ time: Moment) -> String {
    let seconds = clock.seconds(time.microseconds)
    let milliseconds = clock.fraction(time.microseconds) / 1000
    return "\(WallClock.timeOfDay(seconds + offset(seconds))).\(WallClock.padded(milliseconds, 3))"
  }

  // MARK: packets

  private func lines(_ packet: ListedPacket) -> String {
    let direction = packet.packet.sender == .mta ? "mta →   " : "← milter"
    var line = Self.right(String(packet.number), Self.numberWidth)
    line += "  " + timeOfDay(packet.time)
    line += "  " + Self.right(packet.took.map(TimeText.span) ?? "", 7)
    line +=
      "  "
      + Self.left(packet.message > 0 ? "c\(packet.connection).\(packet.message)" : "c\(packet.connection)", 7)
    line += "  " + direction + "  " + coloured(Self.left(stage(packet), 8), stageColour(packet))
    line += "  " + summary(packet)
    for badge in badges(packet) { line += "  " + coloured(badge, .badge) }
    for finding in packet.findings {
      line += "  " + coloured(Self.mark(finding), .severity(finding.severity))
    }
    line = Self.trimmed(line) + "\n"
    if options.isVerbose { line += details(packet) }
    if options.hasHexDump { line += indented(HexDump.lines(packet.packet.bytes)) }
    return line
  }

  private func stage(_ packet: ListedPacket) -> String {
    if let stage = packet.stage { return stage.name }
    guard packet.packet.sender == .mta else { return "-" }
    return packet.packet.kind.name
  }

  /// With the packet's name in front where neither the stage nor the summary says it.
  private func summary(_ packet: ListedPacket) -> String {
    let text = PacketSummary(packet.packet).text
    let name = packet.packet.kind.name
    switch packet.packet.kind {
    case .command(.macro): return name + " " + text
    case .command: return stage(packet) == name ? text : name + " " + text
    case .reply(let kind):
      switch kind.role {
      case .modification, .misplaced: return name + " " + text
      case .negotiation, .verdict, .keepAlive: return text
      }
    case .unknown, .empty: return stage(packet) == name ? text : name + " " + text
    }
  }

  private func badges(_ packet: ListedPacket) -> [String] {
    switch packet.origin {
    case .received(forwarded: true): []
    case .received(forwarded: false): ["[STOPPED]"]
    case .changed(let cause): ["[SENT INSTEAD by \(Self.words(cause))]"]
    case .made(let cause): ["[OURS by \(Self.words(cause))]"]
    }
  }

  private func details(_ packet: ListedPacket) -> String {
    var lines: [String] = []
    for field in PacketField.fields(of: packet.packet) {
      lines += FieldText.lines(field)
    }
    if let answers = packet.answers { lines.append("answers packet \(answers)") }
    lines += Self.lines(packet.logs)
    for finding in packet.findings {
      lines.append(
        "\(Self.mark(finding)) \(finding.severity.name): \(Self.inert(finding.text))\(Self.origin(finding))")
      lines += Self.advice(finding)
    }
    return indented(lines)
  }

  private func indented(_ lines: [String]) -> String {
    lines.map { quiet(String(repeating: " ", count: Self.numberWidth + 2) + $0) + "\n" }.joined()
  }

  // MARK: remarks

  private func lines(_ record: Record) -> String {
    var line = String(repeating: " ", count: Self.numberWidth)
    line += "  " + timeOfDay(record.time) + String(repeating: " ", count: 11)
    line += Self.left(record.connection > 0 ? "c\(record.connection)" : "", 7)
    line += "  " + RemarkText.words(record.event, at: timeOfDay)
    var text = quiet(Self.trimmed(line)) + "\n"
    if options.isVerbose, case .found(let finding) = record.event { text += indented(Self.advice(finding)) }
    if options.hasHexDump, case .passed(let passed) = record.event {
      text += indented(HexDump.lines(passed.bytes))
    }
    return text
  }

  /// The first line of the trace in words.
  package func text(_ head: TraceHead) -> String {
    var words = "recorded by mitmilter \(Self.inert(head.program)) from \(clock.rfc3339(0))"
    if let listen = head.listen { words += ", listening on \(Self.inert(listen))" }
    if let milter = head.milter { words += ", milter at \(Self.inert(milter))" }
    for tap in head.taps {
      words += ", \(tap.name) at \(Self.inert(tap.listen)) for \(Self.inert(tap.milter))"
    }
    if let negotiation = head.negotiation { words += ", negotiation \(Self.inert(negotiation))" }
    return indented(
      [words] + (head.command.isEmpty ? [] : ["command: " + Self.inert(head.command.joined(separator: " "))]))
  }
}
