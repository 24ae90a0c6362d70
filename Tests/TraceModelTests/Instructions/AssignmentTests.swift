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
      field: .actions, value: "addhdrs+CHGHDRS+0x400", packet: .reply(.optNeg(offer)),
      expected: .reply(
        .optNeg(OptNeg(version: 6, actions: ActionFlags(rawValue: 0x411), protocolFlags: .current)))),
    Row(
      field: .protocolFlags, value: "none", packet: .command(.optNeg(offer)),
      expected: .command(.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: [])))),
    Row(
      field: .symbolList(stage: 2), value: "", packet: .reply(.optNeg(optNeg)),
      expected: .reply(
        .optNeg(
          OptNeg(
            version: 6, actions: [.addHeaders, .changeHeaders], protocolFlags: .noBody,
            symbolLists: [.init(stage: 9, names: bytes("x"))])))),
    Row(
      field: .clientFamily, value: "unix", packet: .command(.connect(client)),
      expected: .command(
        .connect(Connect(hostname: bytes("mx"), family: .unix(port: 25, path: bytes("192.0.2.7")))))),
    Row(
      field: .macroCommand, value: "rcpt", packet: .command(.macro(MacroSet(command: 0x4D, pairs: []))),
      expected: .command(.macro(MacroSet(command: 0x52, pairs: [])))),
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

  // MARK: every kind of packet

  private static func names(_ packet: PacketValue) -> [String] {
    Assignment.Field.all(of: packet).map { row in
      switch row.field {
      case .macro(let name): "macro " + String(decoding: name, as: UTF8.self)
      case .symbolList(let stage): "macros \(OptNeg.SymbolList.name(ofStage: stage))"
      default: row.field.name
      }
    }
  }

  private static let optNeg = OptNeg(
    version: 6, actions: [.addHeaders, .changeHeaders], protocolFlags: .noBody,
    symbolLists: [.init(stage: 2, names: bytes("i {mail_addr}")), .init(stage: 9, names: bytes("x"))])
  private static let offer = OptNeg(version: 6, actions: .current, protocolFlags: .current)

  /// A packet of each kind, with every field that it has on the wire (protocol.md 3.2, 3.3).
  static let kinds: [(packet: PacketValue, fields: [String])] = [
    (.command(.optNeg(offer)), ["optneg.version", "optneg.actions", "optneg.protocol"]),
    (
      .command(
        .macro(MacroSet(command: 0x4D, pairs: [.init(name: bytes("{auth_type}"), value: bytes("PLAIN"))]))),
      ["macro.command", "macro auth_type"]
    ),
    (.command(.connect(client)), ["client.host", "client.family", "client.address", "client.port"]),
    (.command(.helo(name: bytes("mx"))), ["helo.name"]),
    (.command(.mail(envelope)), ["mail.address", "mail.args"]),
    (.command(.rcpt(envelope)), ["rcpt.address", "rcpt.args"]),
    (.command(.data), []), (.command(.header(header)), ["header.name", "header.value"]), (.command(.eoh), []),
    (.command(.body(bytes("b"))), ["body"]), (.command(.bodyEOB(bytes("b"))), ["body"]),
    (.command(.unknown(line: bytes("FOO"))), ["unknown.line"]), (.command(.abort), []),
    (.command(.quit), []), (.command(.quitNC), []),
    (
      .reply(.optNeg(optNeg)),
      [
        "optneg.version", "optneg.actions", "optneg.protocol", "macros mail", "macros 9", "macros connect",
        "macros helo", "macros rcpt", "macros data", "macros eoh", "macros bodyeob",
      ]
    ),
    (.reply(.verdict(.continue)), []), (.reply(.verdict(.accept)), []), (.reply(.verdict(.reject)), []),
    (.reply(.verdict(.tempfail)), []), (.reply(.verdict(.discard)), []), (.reply(.verdict(.skip)), []),
    (.reply(.verdict(.shutdown)), []), (.reply(.connFail), []), (.reply(.progress), []),
    (.reply(.verdict(.replyCode(bytes("550-5.7.1 a\r\n550 b")))), ["reply.code", "reply.text"]),
    (.reply(.setSymList(.init(stage: 3, names: bytes("i")))), ["macros rcpt"]),
    (.reply(.modification(.addHeader(header))), ["header.name", "header.value"]),
    (.reply(.modification(.insHeader(index: 2, header))), ["header.index", "header.name", "header.value"]),
    (.reply(.modification(.chgHeader(index: 2, header))), ["header.index", "header.name", "header.value"]),
    (.reply(.modification(.addRcpt(address: bytes("<a>")))), ["rcpt.address"]),
    (
      .reply(.modification(.addRcptPar(address: bytes("<a>"), parameters: bytes("NOTIFY=NEVER")))),
      ["rcpt.address", "rcpt.args"]
    ),
    (.reply(.modification(.delRcpt(address: bytes("<a>")))), ["rcpt.address"]),
    (
      .reply(.modification(.chgFrom(address: bytes("<a>"), parameters: bytes("SIZE=1")))),
      ["mail.address", "mail.args"]
    ),
    (.reply(.modification(.replBody(bytes("b")))), ["body"]),
    (.reply(.modification(.quarantine(reason: bytes("odd")))), ["reason"]),
  ]

  @Test func everyKindOfPacketIsInTheTable() {
    let commands = Self.kinds.compactMap {
      if case .command(let command) = $0.packet { command.kind } else { nil }
    }
    let replies = Self.kinds.compactMap { if case .reply(let reply) = $0.packet { reply.kind } else { nil } }
    #expect(Set(commands) == Set(CommandKind.allCases))
    #expect(Set(replies) == Set(ReplyKind.allCases))
  }

  @Test(arguments: kinds.indices) func everyFieldOfAPacketCanBeSet(_ index: Int) throws {
    let (packet, fields) = Self.kinds[index]
    #expect(Self.names(packet) == fields)
    for (field, value) in Assignment.Field.all(of: packet) {
      // As it stands, nothing changes; another value is there afterwards.
      #expect(try Assignment(field, value).applied(to: packet) == packet, "\(field)")
      let others = ["7", "451", "0x7", "unix", "rcpt", "<z@example.org>"].map { Array($0.utf8) }
      let other = try #require(others.first { $0 != value && (try? Assignment(field, $0)) != nil })
      let changed = try Assignment(field, other).applied(to: packet)
      #expect(changed != packet, "\(field)")
    }
  }

  @Test(arguments: rows) func aFieldIsSet(_ row: Row) throws {
    let assignment = try Assignment(row.field, Array(row.value.utf8))
    #expect(try assignment.applied(to: row.packet) == row.expected)
  }

  @Test func aFieldThatThePacketLacksIsRefused() throws {
    let assignment = try Assignment(.mailAddress, Self.bytes("<a@b>"))
    #expect(throws: Refusal("RCPT has no mail.address")) {
      try assignment.applied(to: .command(.rcpt(Self.envelope)))
    }
    let macros = try Assignment(.symbolList(stage: 1), Self.bytes("j"))
    #expect(throws: Refusal("only a milter asks for macros: the MTA's OPTNEG has no optneg.macros")) {
      try macros.applied(to: .command(.optNeg(Self.offer)))
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
    (
      .actions, "ADDHDRS+NOSUCH",
      "optneg.actions has no flag 'NOSUCH': ADDHDRS CHGBODY ADDRCPT DELRCPT CHGHDRS QUARANTINE CHGFROM "
        + "ADDRCPT_PAR SETSYMLIST"
    ),
    (.clientFamily, "ip", "client.family is one of unknown, unix, inet, inet6"),
    (.mailAddress, "a\0b", "mail.address cannot have a NUL in it: it ends the string"),
  ])
  func aValueThatTheFieldCannotHoldIsRefused(_ field: Assignment.Field, _ value: String, _ reason: String) {
    let refusal = #expect(throws: Refusal.self) { try Assignment(field, Array(value.utf8)) }
    #expect(refusal?.reason == reason)
  }
}
