import MilterProtocol
import TraceModel

/// Records as lines of a trace, formats 1 and 2 (`docs/trace-format.md`).
///
/// On the path of every packet: it appends to a buffer that the caller uses again, allocates nothing else, and copies
/// what needs no escape 16 bytes at a time. What it writes is printable ASCII and line feeds, nothing more.
package enum RecordWriter {
  /// The newest format that this program writes and reads.
  package static let format = TraceHead.withShadows

  /// Appends `record` as one line, its line feed included.
  package static func append(_ record: Record, to line: inout [UInt8]) {
    if case .received(let received) = record.event, received.packet.bytes.count <= smallFrame,
      record.time.microseconds >= 0, record.connection > 0, received.number >= 0
    {
      return append(small: received, at: record.time, of: record.connection, to: &line)
    }
    line.append(ascii: "{\"k\":\"")
    line.append(ascii: RecordKind(record.event).name)
    line.append(ascii: "\",\"t\":")
    line.append(seconds: record.time.microseconds)
    if record.connection != 0 { line.append(key: ",\"c\":", record.connection) }
    switch record.event {
    case .opened(let opened): append(opened, to: &line)
    case .received(let received): append(received, to: &line)
    case .passed(let passed): append(passed, to: &line)
    case .sent(let sent): append(sent, to: &line)
    case .held(let held): append(held, to: &line)
    case .released(let released): append(released, to: &line)
    case .instructed(let instructed): append(instructed, to: &line)
    case .found(let finding): append(finding, to: &line)
    case .noted(let text, let packet):
      line.append(key: ",\"n\":", packet)
      line.append(key: ",\"text\":", text, parts: ",\"parts\":")
    case .marked(let packet, let on):
      line.append(key: ",\"n\":", packet)
      line.append(ascii: on ? ",\"set\":true" : ",\"set\":false")
    case .closed(let closed): append(closed, to: &line)
    }
    line.append(ascii: "}\n")
  }

  /// Appends the first line of a trace, its line feed included.
  package static func append(_ head: TraceHead, to line: inout [UInt8]) {
    line.append(key: "{\"mitmilter\":", head.format)
    line.append(key: ",\"program\":", head.program)
    line.append(ascii: ",\"started\":")
    line.append(seconds: head.startedAt)
    line.append(ascii: ",\"command\":[")
    for (place, word) in head.command.enumerated() { line.append(key: place == 0 ? "" : ",", word) }
    line.append(ascii: "]")
    line.append(key: ",\"listen\":", head.listen)
    line.append(key: ",\"milter\":", head.milter)
    append(head.taps, to: &line)
    line.append(key: ",\"negotiation\":", head.negotiation)
    if head.isOneOfSeveral { line.append(ascii: ",\"of_several\":true") }
    if head.isRedacted { line.append(ascii: ",\"redacted\":true") }
    line.append(ascii: "}\n")
  }

  private static func append(_ taps: [Tap], to line: inout [UInt8]) {
    guard !taps.isEmpty else { return }
    line.append(ascii: ",\"taps\":[")
    for (place, tap) in taps.enumerated() { line.append(key: place == 0 ? "" : ",", tap.text) }
    line.append(ascii: "]")
  }

  private static func append(_ opened: Opened, to line: inout [UInt8]) {
    line.append(key: ",\"peer\":", opened.peer)
    line.append(key: ",\"local\":", opened.local)
    line.append(key: ",\"milter\":", opened.milter)
    if let shadowOf = opened.shadowOf { line.append(key: ",\"shadow_of\":", shadowOf) }
    line.append(key: ",\"tap\":", opened.tap)
    guard let patience = opened.patience else { return }
    if patience.mta != .auto { line.append(key: ",\"mta\":", patience.mta.rawValue) }
    line.append(key: ",\"mta_timeout\":", patience.timeouts?.typed)
    line.append(key: ",\"gave_up_postfix\":", patience[gaveUp: .postfix]?.typed)
    line.append(key: ",\"gave_up_sendmail\":", patience[gaveUp: .sendmail]?.typed)
    line.append(key: ",\"gave_up_other\":", patience[gaveUp: nil]?.typed)
  }

  private static func append(_ received: Received, to line: inout [UInt8]) {
    switch (received.packet.sender, received.forwarded) {
    case (.mta, true): line.append(ascii: ",\"from\":\"mta\",\"to\":\"milter\"")
    case (.mta, false): line.append(ascii: ",\"from\":\"mta\"")
    case (.milter, true): line.append(ascii: ",\"from\":\"milter\",\"to\":\"mta\"")
    case (.milter, false): line.append(ascii: ",\"from\":\"milter\"")
    }
    line.append(key: ",\"n\":", received.number)
    line.append(key: ",\"raw\":", bytes: received.packet.bytes)
  }

  /// The record of nearly every packet, in one piece: room for the worst case is made once.
  private static func append(
    small received: Received, at time: Moment, of connection: Int, to line: inout [UInt8]
  ) {
    let room = received.packet.bytes.count * Escapes.longest + Block.bytes + longestRest
    let (seconds, part) = time.microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    line.append(addingCapacity: room) { output in
      unsafe output.withUnsafeMutableBufferPointer { target, written in
        guard let start = target.baseAddress else { return }
        unsafe received.packet.bytes.withUnsafeBytes { bytes in
          var pen = unsafe Pen(at: UnsafeMutableRawPointer(start))
          unsafe pen.write("{\"k\":\"recv\",\"t\":")
          unsafe pen.write(seconds)
          unsafe pen.write(".")
          unsafe pen.write(part, atLeast: 6)
          unsafe pen.write(",\"c\":")
          unsafe pen.write(UInt64(connection))
          switch (received.packet.sender, received.forwarded) {
          case (.mta, true): unsafe pen.write(",\"from\":\"mta\",\"to\":\"milter\",\"n\":")
          case (.mta, false): unsafe pen.write(",\"from\":\"mta\",\"n\":")
          case (.milter, true): unsafe pen.write(",\"from\":\"milter\",\"to\":\"mta\",\"n\":")
          case (.milter, false): unsafe pen.write(",\"from\":\"milter\",\"n\":")
          }
          unsafe pen.write(UInt64(received.number))
          unsafe pen.write(",\"raw\":\"")
          unsafe pen.write(escaping: bytes)
          unsafe pen.write("\"}\n")
          unsafe written = pen.place - UnsafeMutableRawPointer(start)
        }
      }
    }
  }

  /// Frames up to this length are written in one piece.
  private static let smallFrame = 4096
  /// What such a record has beside its bytes: four numbers of up to 20 digits, and less than 80 bytes of text.
  private static let longestRest = 160

  private static func append(_ passed: Passed, to line: inout [UInt8]) {
    line.append(key: ",\"from\":", passed.sender.name)
    line.append(key: ",\"why\":", passed.reason.rawValue)
    line.append(key: ",\"raw\":", bytes: passed.bytes)
  }

  private static func append(_ sent: Sent, to line: inout [UInt8]) {
    line.append(key: ",\"to\":", sent.leg.name)
    line.append(key: ",\"of\":", sent.original)
    line.append(key: ",\"n\":", sent.number)
    append(sent.cause, to: &line)
    guard let packet = sent.packet else { return }
    // What leaves on a leg is said in the other peer's place; only the odd case is written down.
    if packet.sender == sent.leg { line.append(key: ",\"from\":", packet.sender.name) }
    line.append(key: ",\"raw\":", bytes: packet.bytes)
  }

  private static func append(_ held: Held, to line: inout [UInt8]) {
    line.append(key: ",\"n\":", held.number)
    append(held.cause, to: &line)
    if let deadline = held.deadline {
      line.append(ascii: ",\"until\":")
      line.append(seconds: deadline.microseconds)
    }
    guard let client = held.client else { return }
    line.append(ascii: ",\"client\":")
    line.append(seconds: client.microseconds)
  }

  private static func append(_ released: Released, to line: inout [UInt8]) {
    line.append(key: ",\"n\":", released.number)
    line.append(key: ",\"outcome\":", released.outcome.rawValue)
    append(released.cause, to: &line)
  }

  private static func append(_ instructed: Instructed, to line: inout [UInt8]) {
    line.append(key: ",\"n\":", instructed.packet)
    append(instructed.cause, to: &line)
    line.append(key: ",\"text\":", instructed.text)
    line.append(key: ",\"refused\":", instructed.refusal, parts: ",\"parts\":")
  }

  /// Severity and title go along so that a program that does not know the rule can still show it.
  private static func append(_ finding: Finding, to line: inout [UInt8]) {
    line.append(key: ",\"n\":", finding.packet)
    line.append(key: ",\"id\":", finding.rule.id)
    line.append(key: ",\"severity\":", finding.severity.name)
    if let sender = finding.rule.sender { line.append(key: ",\"from\":", sender.name) }
    line.append(key: ",\"title\":", finding.rule.title)
    line.append(key: ",\"text\":", finding.sentence, parts: ",\"parts\":")
    guard let cause = finding.cause else { return }
    line.append(key: ",\"cause\":", cause.rule.id)
    line.append(key: ",\"of\":", cause.packet)
  }

  private static func append(_ closed: Closed, to line: inout [UInt8]) {
    line.append(key: ",\"leg\":", closed.leg.name)
    switch closed.how {
    case .peer: line.append(ascii: ",\"how\":\"peer\"")
    case .error(let name):
      line.append(ascii: ",\"how\":\"error\"")
      line.append(key: ",\"why\":", name)
    case .unreachable(let why):
      line.append(ascii: ",\"how\":\"unreachable\"")
      line.append(key: ",\"why\":", why, parts: ",\"parts\":")
    case .ours(let why):
      line.append(ascii: ",\"how\":\"ours\"")
      line.append(key: ",\"why\":", why, parts: ",\"parts\":")
    }
  }

  private static func append(_ cause: Cause, to line: inout [UInt8]) {
    switch cause {
    case .operator: line.append(ascii: ",\"by\":\"operator\"")
    case .timeout: line.append(ascii: ",\"by\":\"timeout\"")
    case .rule(let rule):
      line.append(ascii: ",\"by\":\"rule\"")
      line.append(key: ",\"rule\":", rule)
    case .policy(let policy):
      line.append(ascii: ",\"by\":\"policy\"")
      line.append(key: ",\"policy\":", policy, parts: ",\"policy_parts\":")
    }
  }
}
