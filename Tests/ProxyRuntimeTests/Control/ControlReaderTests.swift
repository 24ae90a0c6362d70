import CommandLanguage
import Testing
import TraceModel

@testable import ProxyRuntime

/// What a screen asks of a run, as it travels.
@Suite struct ControlReaderTests {
  private static let rule =
    "on rcpt and rcpt.address == \"bob@example.net\" do reply 550 5.7.1 \"no; such \\\"user\\\"\""

  private static func requests() throws -> [ControlRequest] {
    [
      .attend, .forwardAll, .listRules, .status, .stats, .arm(true), .arm(false), .setRules([]),
      .setRules([try Rule(parsing: rule), try Rule(parsing: "on helo named x do note \"seen\"")]),
      .addRule(try Rule(parsing: rule)),
      .instruct(try Instruction(parsing: "reject"), connection: 3, packet: 17, body: nil),
      .instruct(
        try Instruction(parsing: "add-header X-Line \"a\\n b\""), connection: 0, packet: 0,
        body: Array("status\n\0\u{1B}[2J".utf8)),
      .attend,
    ]
  }

  @Test(arguments: [1, 2, 3, 7, 64, 100_000]) func whatIsAskedArrivesAsItWasMeant(piece: Int) throws {
    let requests = try Self.requests()
    let bytes = requests.flatMap(\.bytes)
    var reader = ControlReader()
    var read: [ControlRequest] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      reader.append(bytes[start..<min(start + piece, bytes.count)])
      while let request = try reader.next() { read.append(request) }
    }
    #expect(read == requests)
  }

  @Test(arguments: [
    ("nonsense", "expected attend, do, forward-all, rules, add-rule, arm, list-rules, status or stats"),
    ("", "expected attend, do, forward-all, rules, add-rule, arm, list-rules, status or stats"),
    ("rules many", "rules: expected a number of rules up to 10000"),
    ("rules -1", "rules: expected a number of rules up to 10000"),
    ("arm maybe", "arm: expected on or off"),
    ("do 1 2 reject", "do: expected CONNECTION PACKET BODY INSTRUCTION"),
    ("do 1 -2 - reject", "do: expected CONNECTION PACKET BODY INSTRUCTION"),
    ("do 1 2 9223372036854775807 reject", "do: expected CONNECTION PACKET BODY INSTRUCTION"),
    ("do 1 2 - rejct", "unknown instruction 'rejct'"),
    ("do 1 2 - replace-body @/etc/passwd", "do: files are read by whoever asks; give what is in them"),
  ]) func whatIsNoRequestIsSaidAndTheNextOneIsRead(line: String, words: String) throws {
    var reader = ControlReader()
    reader.append(Array("\(line)\nstatus\n".utf8)[...])
    do {
      let request = try reader.next()
      Issue.record("taken for \(String(describing: request))")
    } catch {
      #expect(error.words == words)
    }
    #expect(try reader.next() == .status)
  }

  @Test func aListWithAWrongRuleIsRefusedWhole() throws {
    var reader = ControlReader()
    reader.append(
      Array("rules 3\non helo do reject\non nothing at all\non mail do reject\nstatus\n".utf8)[...])
    #expect(throws: ControlReader.Refusal.self) { try reader.next() }
    #expect(try reader.next() == .status)
  }
}
