import Testing

@testable import LogLines

/// What stands in front of a text: stamps, names, processes.
@Suite struct LogLineTests {
  struct Row: Sendable {
    let line: String
    let time: LogTime?
    let process: String?
    let text: String

    init(_ line: String, _ time: LogTime?, _ process: String?, _ text: String) {
      (self.line, self.time, self.process, self.text) = (line, time, process, text)
    }
  }

  private static let text = "warning: milter inet:h:1: read error in initial handshake"
  private static let classic = LogTime(year: nil, month: 11, day: 8, second: 43_201, offset: nil)
  private static func iso(_ offset: Int?) -> LogTime {
    LogTime(year: 2026, month: 11, day: 28, second: 43_201, offset: offset)
  }

  private static let smtpd = "postfix/smtpd[12]"

  static let rows: [Row] = [
    Row(text, nil, nil, text),
    Row("postfix/smtpd[12]: " + text, nil, smtpd, text),
    Row("Nov  8 12:00:01 mx1 postfix/smtpd[12]: " + text, classic, smtpd, text),
    Row("<22>Nov  8 12:00:01 mx1 sm-mta[7]: x", classic, "sm-mta[7]", "x"),
    Row(
      "2026-11-28T12:00:01.123456+01:00 mx1 postfix/submission/smtpd[12]: " + text, iso(3600),
      "postfix/submission/smtpd[12]", text),
    Row("2026-11-28 12:00:01 mx1 opendkim[3]: x: y", iso(nil), "opendkim[3]", "x: y"),
    Row("<22>1 2026-11-28T12:00:01Z mx1 postfix/smtpd 12 - - " + text, iso(0), smtpd, text),
    Row("mail-1  | Nov  8 12:00:01 mail postfix/smtpd[12]: " + text, classic, smtpd, text),
    Row(
      "2026-11-28T12:00:05.5Z stderr F Nov  8 12:00:01 mail postfix/smtpd[12]: " + text, classic, smtpd, text),
    Row(
      #"{"log":"Nov  8 12:00:01 mail postfix/smtpd[12]: milter \"x\"\n","stream":"stdout","time":"2026-11-28T12:00:01.9Z"}"#,
      iso(0), smtpd, #"milter "x""#),
    Row(
      #"{"_PID":"12","MESSAGE":"a \u00fc","SYSLOG_IDENTIFIER":"postfix/smtpd","X":{"y":[1]},"__REALTIME_TIMESTAMP":"1795867201000000"}"#,
      iso(0), smtpd, "a ü"),
    Row(#"{"MESSAGE":[109,105,255],"SYSLOG_IDENTIFIER":"x"}"#, nil, "x[]", "mi\u{FFFD}"),
    Row("  \t" + text, nil, nil, text),
    Row("Nov 38 12:00:01 x", nil, nil, "Nov 38 12:00:01 x"),
    Row("", nil, nil, ""),
  ]

  @Test(arguments: rows) func stampsAreTakenOff(_ row: Row) {
    let line = LogLine(Array((row.line + "\r\n").utf8)[...])
    #expect(line.time == row.time)
    #expect(line.process == row.process)
    #expect(ByteText.string(line.bytes) == row.text)
  }

  @Test func severityAndQueueIDAreTakenOff() {
    func parts(_ text: String) -> [String?] {
      let message = LogMessage(Array(text.utf8)[...])
      return [message.severity, message.queue, ByteText.string(message.text)]
    }
    #expect(parts("warning: 4ABC123: write queue file: x") == ["warning", "4ABC123", "write queue file: x"])
    #expect(parts("4Z8s2n`id`3vK1: milter-reject: x")[1] == nil)
    #expect(parts("4Z8s2n3jYbz9vK1: milter-reject: x") == [nil, "4Z8s2n3jYbz9vK1", "milter-reject: x"])
    #expect(parts("5ASC00x1000055: Milter (a): b") == [nil, "5ASC00x1000055", "Milter (a): b"])
    #expect(parts("NOQUEUE: SYSERR(root): Xa: b") == [nil, "NOQUEUE", "Xa: b"])
    #expect(parts("fatal: 8891@localhost: garbage") == ["fatal", nil, "8891@localhost: garbage"])
    #expect(parts("opendkim: mi_rd_cmd: x") == [nil, nil, "opendkim: mi_rd_cmd: x"])
  }

  /// A line of anything is a line.
  @Test func noBytesTrap() {
    var state: UInt64 = 42
    func next() -> UInt8 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    let starts = [
      "", "{\"MESSAGE\":\"", "{\"log\":[", "<22>1 ", "Nov  8 12:00:01 mx1 postfix/smtpd[12]: milter ",
      "{\"a\":{",
      "{\"MESSAGE\":\"\\u",
    ]
    var explainer = Explainer()
    for round in 0..<4000 {
      let bytes = Array(starts[round % starts.count].utf8) + (0..<Int(next())).map { _ in next() }
      _ = LogLine(bytes[...])
      for answer in explainer.take(bytes[...]) {
        guard case .unrelated(let one) = answer else { continue }
        #expect(one.line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
      }
    }
  }
}
