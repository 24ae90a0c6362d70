import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct TextProbeTests {
  private func mayStand(_ needle: String, in line: [UInt8]) throws -> Bool {
    try #require(TextProbe(bytes(needle))).mayStand(in: line.span)
  }

  @Test(
    arguments: [
      ("subject: offer", "subject"), ("a bc d", "bc"), ("OFFER", "offer"), ("caf\u{E9}s", "caf"),
      (" : ", nil),
      ("\u{E9}\\\"/", nil), ("", nil),
    ] as [(String, String?)])
  func looksForTheLongestPlainPart(needle: String, part: String?) {
    #expect(TextProbe(bytes(needle))?.bytes == part.map(bytes))
  }

  /// Whatever bytes a packet has, a line of it that has the text is never passed over.
  @Test func neverDeniesTextThatIsThere() throws {
    var random = SeededGenerator(seed: 7)
    let letters = bytes("aAbB01\\\"/\r\n\t{}u:. \u{7F}\u{E9}") + [0, 1, 0xFF]
    var denied = 0
    for _ in 0..<2000 {
      let payload = (0..<40).map { _ in letters.randomElement(using: &random) ?? 0 }
      let needle = (0..<3).map { _ in letters.randomElement(using: &random) ?? 0 }
      guard let probe = TextProbe(needle) else { continue }
      let packet = Packet(code: CommandKind.body.rawValue, payload: payload, from: .mta)
      let record = Record(
        time: .zero, connection: 1,
        event: .received(Received(number: 1, packet: packet, forwarded: true)))
      var line: [UInt8] = []
      RecordWriter.append(record, to: &line)
      let lower = payload.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      let isThere = lower.indices.contains { lower[$0...].starts(with: probe.bytes) }
      let may = probe.mayStand(in: line.span)
      if isThere { #expect(may, "\(probe.bytes) in \(payload)") }
      if !may { denied += 1 }
    }
    #expect(denied > 100)
  }

  @Test(arguments: [
    (#"{"raw":"\u0000Hello"}"#, "hello", true), (#"{"raw":"\u0000HeLLo"}"#, "HELLO", true),
    (#"{"raw":"\u0000Hello\r\n\t\"\\"}"#, "world", false), (#"{"raw":"\u00e9\u007f\u00FF"}"#, "world", false),
    // Other writers.
    (#"{"raw":"\u0077orld"}"#, "world", true), (#"{"raw":"\/"}"#, "world", true),
    ("{\"raw\":\"caf\u{E9} world\"}", "world", true), ("{\"raw\":\"caf\u{E9}\"}", "world", false),
    (#"{"raw":"worl"#, "world", false), (#"{"raw":"\u00"#, "world", true), (#"{"raw":"\"#, "world", true),
  ])
  func readsEscapesAsTheyAreWritten(line: String, needle: String, may: Bool) throws {
    #expect(try mayStand(needle, in: bytes(line)) == may)
  }
}
