import MilterProtocol
import Testing
import TraceModel

@Suite struct AssignmentTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var field: Assignment.Field
    var value: String
    var packet: PacketValue
    var expected: PacketValue
    var testDescription: String { "\(field.name) of \(packet)" }
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static let envelope = Envelope(address: bytes("<a@b>"), arguments: [bytes("SIZE=1")])
  private static let header = Header(name: bytes("X"), value: bytes("v"))
  private static let client = Connect(
    hostname: bytes("mx"), family: .inet(port: 25, address: bytes("192.0.2.7")))

  static let rows = [
    Row(
      field: .mailAddress, value: "<c@d>", packet: .command(.mail(envelope)),
      expected: .command(.mail(Envelope(address: bytes("<c@d>"), arguments: [bytes("SIZE=1")])))),
    Row(
      field: .mailArguments, value: "A=1  B=2", packet: .command(.mail(envelope)),
      expected: .command(.mail(Envelope(address: bytes("<a@b>"), arguments: [bytes("A=1"), bytes("B=2")])))),
    Row(
      field: .clientPort, value: "26", packet: .command(.connect(client)),
      expected: .command(
        .connect(Connect(hostname: bytes("mx"), family: .inet(port: 26, address: bytes("192.0.2.7")))))),
    Row(
      field: .clientAddress, value: "::1",
      packet: .command(.connect(Connect(hostname: bytes("mx"), family: .unknown))),
      expected: .command(
        .connect(Connect(hostname: bytes("mx"), family: .inet6(port: 0, address: bytes("::1")))))),
    Row(
      field: .headerIndex, value: "3", packet: .reply(.modification(.chgHeader(index: 1, header))),
      expected: .reply(.modification(.chgHeader(index: 3, header)))),
    Row(
      field: .replyCode, value: "451", packet: .reply(.verdict(.replyCode(bytes("550-a\r\n550 b")))),
      expected: .reply(.verdict(.replyCode(bytes("451-a\r\n451 b"))))),
    Row(
      field: .replyText, value: "x\ny", packet: .reply(.verdict(.replyCode(bytes("550 b")))),
      expected: .reply(.verdict(.replyCode(bytes("550-x\r\n550 y"))))),
    Row(
      field: .macro(bytes("i")), value: "ABC",
      packet: .command(.macro(MacroSet(command: 0x4D, pairs: [.init(name: bytes("i"), value: bytes("X"))]))),
      expected: .command(
        .macro(MacroSet(command: 0x4D, pairs: [.init(name: bytes("i"), value: bytes("ABC"))])))),
    Row(
      field: .macro(bytes("mail_addr")), value: "ABC",
      packet: .command(.macro(MacroSet(command: 0x4D, pairs: []))),
      expected: .command(
        .macro(MacroSet(command: 0x4D, pairs: [.init(name: bytes("{mail_addr}"), value: bytes("ABC"))])))),
  ]

  @Test(arguments: rows) func aFieldIsSet(_ row: Row) throws {
    let assignment = try Assignment(row.field, Array(row.value.utf8))
    #expect(try assignment.applied(to: row.packet) == row.expected)
  }

  @Test func aFieldThatThePacketLacksIsRefused() throws {
    let assignment = try Assignment(.mailAddress, Self.bytes("<a@b>"))
    #expect(throws: Refusal("RCPT has no mail.address")) {
      try assignment.applied(to: .command(.rcpt(Self.envelope)))
    }
    #expect(throws: Refusal("ACCEPT has no mail.address")) {
      try assignment.applied(to: .reply(.verdict(.accept)))
    }
  }

  @Test(arguments: [
    (Assignment.Field.clientPort, "65536", "client.port is a number from 0 to 65535"),
    (.clientPort, "x", "client.port is a number from 0 to 65535"),
    (.headerIndex, "-1", "header.index is a number from 0 to 4294967295"),
    (.replyCode, "55", "reply.code is three digits"),
    (.mailAddress, "a\0b", "mail.address cannot have a NUL in it: it ends the string"),
  ])
  func aValueThatTheFieldCannotHoldIsRefused(_ field: Assignment.Field, _ value: String, _ reason: String) {
    #expect(throws: Refusal(reason)) { try Assignment(field, Array(value.utf8)) }
  }
}
