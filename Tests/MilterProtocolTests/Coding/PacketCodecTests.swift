import MilterProtocol
import TestSupport
import Testing

/// Packet by packet: decoded, encoded back, cut short at every byte.
@Suite struct PacketCodecTests {
  static let valid = PacketFixture.parse(Fixtures.text("valid.packets"))

  static let values: [(PacketValue, String)] = [
    (
      .command(.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: .current))),
      "0000000d 4f 00000006 000001ff 001fffff"
    ),
    (
      .reply(
        .optNeg(
          OptNeg(
            version: 6, actions: .current, protocolFlags: [],
            symbolLists: [
              .init(stage: 5, names: bytes("i {msg_id}")), .init(stage: 6, names: bytes("i")),
            ]))),
      "00000022 4f 00000006 000001ff 00000000 00000005 69207b6d73675f69647d00 00000006 6900"
    ),
    (
      .command(
        .macro(
          MacroSet(
            command: UInt8(ascii: "R"),
            pairs: [
              .init(name: bytes("{rcpt_mailer}"), value: bytes("error")),
              .init(name: bytes("{rcpt_host}"), value: bytes("5.7.1")),
            ]))),
      "00000028 44 52 7b726370745f6d61696c65727d00 6572726f7200 7b726370745f686f73747d00 352e372e3100"
    ),
    (
      .command(
        .connect(
          Connect(hostname: bytes("localhost"), family: .inet(port: 57594, address: bytes("127.0.0.1"))))),
      "00000018 43 6c6f63616c686f737400 34 e0fa 3132372e302e302e3100"
    ),
    (
      .command(.connect(Connect(hostname: bytes("localhost"), family: .unknown))),
      "0000000c 43 6c6f63616c686f737400 55"
    ),
    (
      .command(
        .connect(
          Connect(hostname: bytes("localhost"), family: .unix(port: 0, path: bytes("/run/x.sock"))))),
      "0000001a 43 6c6f63616c686f737400 4c 0000 2f72756e2f782e736f636b00"
    ),
    (
      .command(
        .mail(
          Envelope(address: bytes("<a@lab.test>"), arguments: [bytes("SIZE=100"), bytes("BODY=8BITMIME")]))
      ),
      "00000025 4d 3c61406c61622e746573743e00 53495a453d31303000 424f44593d384249544d494d4500"
    ),
    (.command(.mail(Envelope(address: []))), "00000002 4d 00"),
    (
      .command(.header(Header(name: bytes("X-Empty"), value: []))), "0000000a 4c 582d456d70747900 00"
    ),
    (
      .reply(.modification(.chgHeader(index: 2, Header(name: bytes("X-A"), value: [])))),
      "0000000a 6d 00000002 582d4100 00"
    ),
    (.reply(.modification(.chgFrom(address: bytes("<>"), parameters: nil))), "00000004 65 3c3e00"),
    (.reply(.modification(.replBody([]))), "00000001 62"),
    (
      .reply(.verdict(.replyCode(bytes("550 5.7.1 not here")))),
      "00000014 79 35353020352e372e31206e6f74206865726500"
    ),
    (.raw(code: 0x3F, payload: [1]), "00000002 3f 01"),
    (.raw(code: nil, payload: []), "00000000"),
    (.raw(code: 0x63, payload: [0]), "00000002 63 00"),
  ]

  @Test(arguments: valid) func aValidPacketIsWellFormedAndEncodesBack(_ row: PacketFixture) {
    #expect(Dissection(row.packet).malformation == nil)
    let value = PacketValue(decoding: row.packet)
    if case .raw = value { Issue.record("decodes as raw") }
    #expect(hexText(Packet(encoding: value, from: row.packet.sender).bytes) == hexText(row.packet.bytes))
    #expect(row.title.contains(row.packet.kind.name))
  }

  @Test(arguments: values) func valuesAndBytesStandForEachOther(_ value: PacketValue, digits: String) {
    let sender: Leg = if case .command = value { .mta } else { .milter }
    let packet = Packet(frame: hex(digits), from: sender)
    #expect(PacketValue(decoding: packet) == value)
    #expect(hexText(Packet(encoding: value, from: sender).bytes) == hexText(packet.bytes))
  }

  @Test func theLargestClassicChunkIsOnePacket() {
    let frame = hex("00010000 42") + [UInt8](repeating: 0, count: Limits.chunkBytes)
    let packet = Packet(frame: frame, from: .mta)
    #expect(Dissection(packet) == Dissection(PacketShape.body(5..<65540)))
    #expect(PacketValue(decoding: packet) == .command(.body([UInt8](repeating: 0, count: 65_535))))
  }

  /// The frame's length is right each time: what is cut is the payload, as a peer would cut it.
  @Test(arguments: valid) func aPacketCutShortAnywhereIsAFindingWithItsPlace(_ row: PacketFixture) {
    let payload = Array(row.packet.bytes[row.packet.payload])
    guard let code = row.packet.code else { return }
    for kept in 0..<payload.count {
      let cut = Packet(code: code, payload: payload.prefix(kept), from: row.packet.sender)
      let malformation = Dissection(cut).malformation
      if let malformation {
        #expect(malformation.offset <= cut.bytes.count)
        #expect(malformation.sentence.text.contains("at offset \(malformation.offset)"))
        #expect(PacketValue(decoding: cut) == .raw(code: code, payload: Array(payload.prefix(kept))))
      } else {
        #expect(mayEndHere(cut), "cut to \(kept) bytes of payload")
      }
      #expect(Packet(encoding: PacketValue(decoding: cut), from: cut.sender) == cut)
    }
  }

  /// Whether what is left of a packet is a packet of that kind in its own right.
  private func mayEndHere(_ packet: Packet) -> Bool {
    switch Dissection(packet).shape {
    case .body, .bodyEOB, .replBody: true
    case .macro(_, let strings): StringList(strings, of: packet).map { $0 }.count % 2 == 0
    case .mail, .rcpt, .addRcptPar, .chgFrom: packet.bytes.last == 0
    case .optNeg(let shape): shape.symbolLists.isEmpty || packet.bytes.last == 0
    default: false
    }
  }

  @Test(arguments: 0..<40) func whateverIsDecodedEncodesToTheSameBytes(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<250 {
      for packet in [random.packet(), random.brokenPacket()] {
        let value = PacketValue(decoding: packet)
        #expect(Packet(encoding: value, from: packet.sender) == packet)
      }
    }
  }

  @Test(arguments: 0..<20) func whateverIsEncodedDecodesToTheSameValue(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<250 {
      let command = random.command()
      #expect(PacketValue(decoding: Packet(encoding: command)) == .command(command))
      let reply = random.reply()
      #expect(PacketValue(decoding: Packet(encoding: reply)) == .reply(reply))
    }
  }
}

extension Dissection {
  fileprivate init(_ shape: PacketShape) {
    self = Dissection(MTA.data)
    self.shape = shape
  }
}

/// What is said of packets whose payload is not what their code promises.
@Suite struct MalformationTests {
  static let rows: [(PacketFixture, String)] = [
    (PacketFixture("no code", .mta, "00000000"), "expected a code at offset 4, the length field says 0"),
    (
      PacketFixture("unterminated HELO", .mta, "0000000c 48 636c69656e742e74657374"),
      "expected a HELO name and a NUL at offset 5, there are 11 bytes and no NUL"
    ),
    (
      PacketFixture("unterminated MAIL", .mta, "00000006 4d 3c6140623e"),
      "expected a sender address and a NUL at offset 5, there are 5 bytes and no NUL"
    ),
    (
      PacketFixture("unterminated argument", .mta, "00000006 52 6100 620063"),
      "expected an argument and a NUL at offset 9, there is 1 byte and no NUL"
    ),
    (
      PacketFixture("HEADER of one string", .mta, "00000009 4c 5375626a65637400"),
      "expected a header value and a NUL at offset 13, the packet ends at 13"
    ),
    (
      PacketFixture("CONNECT without address", .mta, "00000006 43 6800 34 0019"),
      "expected an address and a NUL at offset 10, the packet ends at 10"
    ),
    (
      PacketFixture("CONNECT without port", .mta, "00000005 43 6800 34 00"),
      "expected a port (2 bytes) at offset 8, there is only 1 byte"
    ),
    (
      PacketFixture("unknown family", .mta, "0000000e 43 6800 39 0019 312e322e332e3400"),
      "expected a family byte at offset 7 of U, L, 4 or 6, there is 0x39"
    ),
    (
      PacketFixture("MACRO without a letter", .mta, "00000001 44"),
      "expected the letter of a command at offset 5, the packet ends at 5"
    ),
    (
      PacketFixture("a macro without value", .mta, "00000004 44 43 6a00"),
      "expected a macro value and a NUL at offset 8, the packet ends at 8"
    ),
    (
      PacketFixture("8 bytes of OPTNEG", .mta, "00000009 4f 00000006 000001ff"),
      "expected the protocol flags (4 bytes) at offset 13, the packet ends at 13"
    ),
    (
      PacketFixture(
        "an offer with a symbol list", .mta, "00000013 4f 00000006 00000100 00000000 00000000 6900"),
      "expected the end of the packet at offset 17, 6 bytes follow"
    ),
    (
      PacketFixture(
        "unterminated symbol list", .milter, "00000012 4f 00000006 00000100 00000000 00000000 6a"),
      "expected macro names and a NUL at offset 21, there is 1 byte and no NUL"
    ),
    (
      PacketFixture("payload on CONTINUE", .milter, "00000002 63 00"),
      "expected the end of the packet at offset 5, 1 byte follows"
    ),
    (
      PacketFixture("unknown code", .milter, "00000001 3f"),
      "code '?' (0x3F) at offset 4 is not in the protocol"
    ),
    (
      PacketFixture("a command from the milter", .milter, "00000001 43"),
      "code 'C' (0x43) at offset 4 belongs to the other side"
    ),
    (
      PacketFixture("an escape as code", .mta, "00000001 1b"),
      #"code '\x1b' (0x1B) at offset 4 is not in the protocol"#
    ),
    (
      PacketFixture("a cut index", .milter, "00000003 6d 0000"),
      "expected a header index (4 bytes) at offset 5, there are only 2 bytes"
    ),
  ]

  @Test(arguments: rows) func theFirstFaultIsNamedWithItsPlace(_ row: PacketFixture, text: String) {
    #expect(Dissection(row.packet).malformation?.sentence.text == text)
  }
}
