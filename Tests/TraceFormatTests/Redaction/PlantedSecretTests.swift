import CommandLanguage
import Foundation
import Mail
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import TraceFormat

/// Secrets in every place of a trace, searched for in every export, as they stand and decoded.
@Suite struct PlantedSecretTests {
  static let secrets = [
    "wilhelmina", "geheimhost", "vertraulich", "203.0.113.77", "2001:db8:beef::77", "4QSecretQ9z1",
    "m\u{fc}nchhausen",
    "tresorwort",
  ]

  static func planted() -> [Record] {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(
      MTA.macro(
        "C",
        [
          "j": "geheimhost.vertraulich.example", "_": "geheimhost [203.0.113.77]", "v": "Postfix 3.7.11",
          "{client_name}": "geheimhost.vertraulich.example", "{daemon_name}": "geheimhost",
        ]),
      MTA.connect("geheimhost.vertraulich.example", "203.0.113.77"))
    play.ask(MTA.macro("H", ["{cert_subject}": "CN=wilhelmina"]), MTA.helo("geheimhost.vertraulich.example"))
    play.ask(
      MTA.macro(
        "M",
        ["i": "4QSecretQ9z1", "{auth_authen}": "wilhelmina", "{mail_addr}": "wilhelmina@vertraulich.example"]),
      MTA.mail("<wilhelmina@vertraulich.example>", "SIZE=100", "AUTH=wil+68elmina@vertraulich.example"))
    play.ask(MTA.rcpt("<bob@vertraulich.example>", "ORCPT=rfc822;wilhelmina@vertraulich.example"))
    play.ask(MTA.data)
    let base64 = Data("Liebe wilhelmina@vertraulich.example, tresorwort".utf8).base64EncodedString()
    let latin = Data([0x6d, 0xfc] + Array("nchhausen".utf8)).base64EncodedString()
    for (name, value) in [
      (
        "Received",
        "from geheimhost.vertraulich.example\n\t(geheimhost [IPv6:2001:db8:beef::77])\n\tby mx with ESMTP id 4QSecretQ9z1\n\tfor <wilhelmina@vertraulich.example>; Thu, 01 Jan 2026 12:00:00 +0000"
      ),
      ("From", "=?utf-8?Q?wil=68elmina_m=C3=BCnchhausen?= <wilhelmina@vertraulich.example>"),
      (
        "To",
        "=?iso-8859-1?B?\(latin)?= <b@vertraulich.example>, =?iso-8859-1?Q?m=FCnchhausen?= <c@d.example>"
      ),
      ("Subject", "=?utf-8?B?\(Data("tresorwort m\u{fc}nchhausen".utf8).base64EncodedString())?= tresorwort"),
      ("Message-ID", "<4QSecretQ9z1@geheimhost.vertraulich.example>"),
      (
        "DKIM-Signature",
        "v=1; a=rsa-sha256; d=vertraulich.example; s=tresorwort;\n\ti=wilhelmina@vertraulich.example; h=from:to; bh=dHJlc29yd29ydA==; b=dHJlc29yd29ydA=="
      ),
      ("ARC-Seal", "i=1; a=rsa-sha256; d=vertraulich.example; s=tresorwort; b=dHJlc29yd29ydA=="),
      ("X-Link", "https://geheimhost.vertraulich.example/wilhelmin%61?t=tresorwort"),
      ("Content-Type", "multipart/mixed; boundary=\"--tresorwort_42\""),
    ] { play.ask(MTA.header(name, value)) }
    play.ask(MTA.eoh)
    let body = [
      "pre vertraulich\r\n----tresorwort_42\r\nContent-Type: text/plain; charset=utf-8\r\n",
      "Content-Transfer-Encoding: quoted-printable\r\n\r\nwil=68elmi=\r\nna m=C3=BCnchhausen tresor",
      "wort http://geheimhost.vertraulich.example/\r\n----tresorwort_42\r\nContent-Type: text/plain; name=tresorwort.txt\r\n",
      "Content-Transfer-Encoding: base64\r\n\r\n" + base64.prefix(17),
      base64.dropFirst(17).prefix(20) + "\r\n",
      base64.dropFirst(37) + "\r\n----tresorwort_42\r\n\r\nat 203.0.113", ".77 wilhel",
      "mina\r\n----tresorwort_42--\r\nepi tresorwort\r\n",
    ]
    for chunk in body { play.ask(MTA.body(chunk)) }
    play.mta(MTA.bodyEOB)
    play.milter(
      Milter.addHeader("X-Seen", "by wilhelmina"), Milter.addRcpt("<wilhelmina@vertraulich.example>"),
      Milter.chgFrom("<wilhelmina@vertraulich.example>", "ENVID=tresorwort"), Milter.replBody("new wilhel"),
      Milter.replBody("mina tresorwort\r\n"), Milter.quarantine("tresorwort of wilhelmina"),
      Milter.reply(
        "550 5.7.1 <wilhelmina@vertraulich.example> at 203.0.113.77: 4QSecretQ9z1 see https://geheimhost.vertraulich.example"
      ))
    play.append(
      .noted(text: Sentence(others: "ask wilhelmina at geheimhost about 4QSecretQ9z1"), packet: play.packet))
    play.append(
      .found(
        Finding(
          .delRcptUnknown, packet: play.packet,
          "'\(wire: Array("<wilhelmina@vertraulich.example>".utf8))' is no recipient")))
    play.append(
      .found(
        Finding(
          .delRcptUnknown, packet: play.packet,
          Sentence(others: "'<wilhelmina@vertraulich.example>' is no recipient"))))
    let raw = Milter.addHeader("X-A", "tresorwort").bytes.map(HexDigit.pair).joined()
    for text in [
      "raw \(raw)", "add-header X-A \"tresorwort\"", "note \"wil\\x68elmina\"",
      "reply 550 5.7.1 \"tresorwort of wilhelmina\"", "set macro[\"auth_authen\"] wilhelmina",
      "set mail.args AUTH=wil+68elmina@vertraulich.example", "replace-body @/home/wilhelmina/tresorwort.txt",
      "change-from <wilhelmina@vertraulich.example> \"ENVID=tresorwort\"",
      "on mail.address ~ \"wil\\x68elmina\" and helo.name == geheimhost named 'tresorwort' do hold",
    ] {
      let given = Instructed(
        text: text, cause: .rule("mail.address ~ \"wilhelmina\""), packet: play.packet,
        refusal: Sentence(others: "no wilhelmina"))
      let record = Record(time: .zero, connection: 1, event: .instructed(given))
      // As it is read, and as it is where nobody could read it.
      for record in [record, record.read] { play.append(record.event) }
    }
    play.append(
      .passed(
        Passed(sender: .mta, bytes: Array("EHLO geheimhost.vertraulich.example\r\n".utf8), reason: .foreign)))
    play.append(
      .sent(
        Sent(
          leg: .mta, original: nil, number: 900, packet: Milter.replBody("tresorwort"),
          cause: .policy("for \(others: "wilhelmina")"))))
    play.append(
      .closed(Closed(leg: .milter, how: .unreachable("\(others: "/home/wilhelmina/geheimhost.sock")"))))
    play.close(.mta)
    return play.records
  }

  static let head = TraceHead(
    program: "0.1.0", startedAt: 1_700_000_000_000_000,
    command: [
      "mitmilter", "proxy", "--listen", "unix:/home/wilhelmina/m.sock", "-w", "/home/wilhelmina/tresorwort",
    ],
    listen: "unix:/home/wilhelmina/m.sock", milter: "inet:8892@203.0.113.77", negotiation: "widen")

  @Test func theSecretsAreFoundWithoutRedaction() {
    let found = Self.found(in: Self.exports(Self.planted(), Self.head), Self.planted())
    #expect(Set(found) == Set(Self.secrets))
  }

  @Test(arguments: [RecordRedactor.bodyLimit, 40])
  func noneIsLeftInAnyExportNorDecoded(_ bodyLimit: Int) {
    var redactor = Redacted.redactor()
    let records = Redacted.records(Self.planted(), bodyLimit: bodyLimit)
    #expect(Self.found(in: Self.exports(records, redactor.head(Self.head)), records) == [])
  }

  @Test func theMailStillDecodes() throws {
    #expect(Redacted.effects(Self.planted()) == Redacted.effects(Redacted.records(Self.planted())))
  }

  static func exports(_ records: [Record], _ head: TraceHead) -> [[UInt8]] {
    ExportFormat.table.map { format in
      var exporter = format.exporter(ExportInput(MemoryRecords(records, head: head), isRedacted: true))
      return exporter.all()
    }
  }

  /// What an export spells in another way: long base64 (swaks, attachments), JSON escapes, character references.
  static func decoded(_ export: [UInt8]) -> [[UInt8]] {
    var texts: [[UInt8]] = []
    let text = String(decoding: export, as: UTF8.self)
    for run in text.matches(of: #/[A-Za-z0-9+\/]{16,}={0,2}/#) {
      for start in 0..<4 {
        let digits = run.0.dropFirst(start)
        texts.append(Array(Data(base64Encoded: String(digits.prefix(digits.count & ~3))) ?? Data()))
      }
    }
    let lines = text.replacing("\n", with: "").matches(of: #/[A-Za-z0-9+\/]{60,}={0,2}/#)
    texts += lines.map { Array(Data(base64Encoded: String($0.0)) ?? Data()) }
    let unescaped = text.replacing(#/\\u00([0-9a-f]{2})/#) { match in
      String(UInt8(match.1, radix: 16).map { Character(Unicode.Scalar($0)) } ?? "?")
    }
    texts.append(Array(unescaped.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
    texts.append(Array(text.replacing("&lt;", with: "<").replacing("&amp;", with: "&").utf8))
    return texts
  }

  @Test func aSecretThatIsOnlyEncodedWouldBeFound() {
    let line = Data("write to wilhelmina today".utf8).base64EncodedString()
    let json = #"{"raw":"\u006d\u00c3\u00bcnchhausen"}"#
    let texts = (Self.decoded(Array(line.utf8)) + Self.decoded(Array(json.utf8))).map {
      String(decoding: $0, as: UTF8.self)
    }
    #expect(texts.contains { $0.contains("wilhelmina") })
    #expect(texts.contains { $0.contains("m\u{fc}nchhausen") })
  }

  private static func found(in exports: [[UInt8]], _ records: [Record]) -> [String] {
    var texts = exports + exports.flatMap(decoded)
    let source = MemoryRecords(records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    for i in index.messages.indices {
      let content = index.content(ofMessage: i, from: source)
      for header in content.headers {
        texts.append(EncodedWords(header.header.value, .builtIn).text(of: header.header.value))
      }
      let root = MIMEPart(headers: content.headers.map(\.header), body: content.body)
      for (part, _) in root.flattened { texts.append(part.decoded(from: content.body).bytes) }
      texts.append(content.body)
    }
    for record in records {
      if case .received(let received) = record.event { texts.append(received.packet.bytes) }
      if case .instructed(let instructed) = record.event, instructed.text.hasPrefix("raw ") {
        let digits = Array(instructed.text.dropFirst(4))
        texts.append(
          stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
          })
      }
    }
    let lower = texts.map { String(decoding: $0, as: UTF8.self).lowercased() }
    return secrets.filter { secret in lower.contains { $0.contains(secret.lowercased()) } }
  }
}
