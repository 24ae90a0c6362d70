import MilterProtocol
import TestSupport
import Testing

@Suite struct PacketSummaryTests {
  static let rows: [(Packet, String)] = [
    (MTA.optNeg(), "version 6, all actions, all protocol flags"),
    (Milter.optNeg([], []), "version 6, no actions, all steps"),
    (
      Milter.optNeg(version: 2, [.addHeaders, .changeHeaders], [.noBody, .noReplyHeaders]),
      "version 2, actions ADDHDRS CHGHDRS, protocol NOBODY NR_HDR"
    ),
    (
      Milter.optNeg(ActionFlags(rawValue: 0x201), ProtocolFlags(rawValue: 0x20_0000)),
      "version 6, actions ADDHDRS 0x200, protocol 0x200000"
    ),
    (
      Milter.optNeg([.setSymbolList], [], symbols: [(5, "i {msg_id}"), (9, "")]),
      "version 6, actions SETSYMLIST, all steps, macros at EOM: i {msg_id}, macros at stage 9: none"
    ),
    (MTA.macro("M", ["i": "4Xy", "{mail_addr}": "a@b"]), "MAIL: i=4Xy, {mail_addr}=a@b"),
    (MTA.macro("H"), "HELO: none"),
    (MTA.raw("D", [0x1B]), #"'\x1b': none"#),
    (MTA.connect("mail.example.org", "192.0.2.7", port: 51234), "mail.example.org [192.0.2.7]:51234"),
    (MTA.raw("C", bytes("localhost\u{0}U")), "localhost (unknown address)"),
    (MTA.raw("C", bytes("localhost\u{0}L\u{0}\u{0}/run/s\u{0}")), "localhost unix:/run/s"),
    (MTA.helo("client.example.org"), "client.example.org"),
    (
      MTA.mail("<alice@example.org>", "SIZE=1820", "BODY=8BITMIME"),
      "<alice@example.org> SIZE=1820 BODY=8BITMIME"
    ),
    (MTA.mail(""), "(empty)"),
    (MTA.header("Subject", "a\n\tb"), #"Subject: a\n\tb"#),
    (MTA.data, ""),
    (MTA.eoh, "end of header"),
    (MTA.bodyEOB, "end of message"),
    (MTA.body("one\r\n"), #"5 bytes "one\r\n""#),
    (MTA.body(String(repeating: "x", count: 61)), "61 bytes \"" + String(repeating: "x", count: 60) + "…\""),
    (MTA.unknown("FOO \u{1B}[2J"), #"FOO \x1b[2J"#),
    (Milter.continue, "continue"),
    (Milter.progress, "progress"),
    (Milter.reply("550 5.1.1 no such user"), "550 5.1.1 no such user"),
    (Milter.reply("550-5.7.1 one\r\n550 5.7.1 two"), "550-5.7.1 one / 550 5.7.1 two"),
    (Milter.chgHeader(1, "Subject", "new"), "Subject[1]: new"),
    (Milter.chgHeader(2, "X-A", ""), "delete X-A[2]"),
    (Milter.insHeader(0, "X-Ins", "v"), "at 0: X-Ins: v"),
    (Milter.addHeader("X-Add", "v"), "X-Add: v"),
    (Milter.chgFrom("<>"), "<>"),
    (Milter.addRcptPar("<b@c>", "NOTIFY=NEVER"), "<b@c> NOTIFY=NEVER"),
    (Milter.replBody(""), "no body"),
    (Milter.quarantine("why"), "why"),
    (Milter.raw("?", [1]), #"1 byte "\x01"  malformed: code '?' (0x3F) at offset 4 is not in the protocol"#),
    (
      Packet(frame: [0, 0, 0, 0], from: .mta),
      "malformed: expected a code at offset 4, the length field says 0"
    ),
    (
      MTA.raw("H", bytes("client")),
      "client  malformed: expected a HELO name and a NUL at offset 5, there are 6 bytes and no NUL"
    ),
  ]

  @Test(arguments: rows) func aPacketReadsAsOneLine(_ packet: Packet, line: String) {
    #expect(PacketSummary(packet).text == line)
  }

  @Test(arguments: 0..<20) func noSummaryHoldsAControlCharacter(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let text = PacketSummary(random.brokenPacket()).text
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
    }
  }
}

@Suite struct PacketFieldTests {
  static let valid = PacketFixture.parse(Fixtures.text("valid.packets"))

  @Test func aReplyCodeShowsItsParts() {
    let packet = Milter.reply("550 5.1.1 no such user")
    #expect(
      lines(packet) == [
        "length 0..<4 24 of code and payload",
        "code 4..<5 y REPLYCODE",
        "reply code 5..<8 550",
        "enhanced status 9..<14 5.1.1",
        "text 15..<28 no such user",
      ])
  }

  @Test func macrosGoByTheirOwnNamesAndMeanings() {
    #expect(
      lines(MTA.macro("C", ["j": "mx", "{if_name}": "lo"])).suffix(3) == [
        "command 5..<6 C CONNECT",
        "j 6..<11 mx host name of the MTA",
        "{if_name} 11..<24 lo host name of the interface that the client reached",
      ])
  }

  @Test func flagsGoByNames() {
    #expect(
      lines(Milter.optNeg(version: 6, [.addHeaders], [.skip], symbols: [(5, "i")])).dropFirst(2) == [
        "version 5..<9 6", "actions 9..<13 0x1 ADDHDRS", "protocol 13..<17 0x400 SKIP",
        "stage 17..<21 5 EOM", "names 21..<23 i",
      ])
  }

  @Test func surplusBytesAreAFieldOfTheirOwn() {
    #expect(lines(Milter.raw("c", [0])).last == #"surplus 5..<6 \x00 nothing is expected here"#)
  }

  @Test(arguments: valid) func theFieldsOfAPacketCoverItWithoutOverlap(_ row: PacketFixture) {
    var end = 0
    for field in PacketField.fields(of: row.packet) {
      #expect(field.range.lowerBound >= end)
      end = field.range.upperBound
    }
    #expect(end == row.packet.bytes.count)
  }

  @Test(arguments: 0..<20) func fieldsLieInsideTheirPacket(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let packet = random.brokenPacket()
      for field in PacketField.fields(of: packet) {
        #expect(field.range.lowerBound >= 0 && field.range.upperBound <= packet.bytes.count)
      }
    }
  }

  private func lines(_ packet: Packet) -> [String] {
    PacketField.fields(of: packet).map { field in
      let value =
        switch field.value {
        case .wire(let bytes): InertText.string(escaping: bytes)
        case .number(let number): String(number)
        case .letter(let letter): InertText.string(escaping: [letter])
        case .flags(let raw, let names): "0x" + String(raw, radix: 16) + " " + names.joined(separator: " ")
        }
      return "\(field.label) \(field.range) \(value)" + (field.note.map { " " + $0 } ?? "")
    }
  }
}
