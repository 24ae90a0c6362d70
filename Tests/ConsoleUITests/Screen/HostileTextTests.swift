import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Mail is hostile text: whatever is in it, the screen shows it inert and its columns stay where they are.
@Suite struct HostileTextTests {
  struct Row: Sendable, CustomStringConvertible {
    var name: String
    var text: [UInt8]
    var description: String { name }
  }

  static let rows = [
    Row(name: "every byte but NUL", text: Array(1...255)),
    Row(name: "a title by OSC", text: bytes("\u{1b}]0;owned\u{7}")),
    Row(name: "a clipboard by OSC 52", text: bytes("\u{1b}]52;c;b3duZWQ=\u{1b}\\")),
    Row(name: "C1 in UTF-8", text: bytes("\u{9b}31m\u{9d}0;x\u{9c}\u{85}")),
    Row(name: "C1 bare", text: [0x9b, 0x33, 0x31, 0x6d, 0x9d]),
    Row(name: "bidi", text: bytes("\u{202e}exe.txt\u{2066}a\u{2069}\u{200f}")),
    Row(
      name: "overlong and broken", text: [0xc0, 0xaf, 0xe0, 0x80, 0x9b, 0xf8, 0x88, 0xed, 0xa0, 0x80, 0xff]),
    Row(name: "zero width", text: bytes("a\u{200b}b\u{200d}c\u{feff}d\u{2060}")),
    Row(name: "a family joined", text: bytes("👩\u{200d}👩\u{200d}👧 x")),
    Row(name: "marks without end", text: bytes("e" + String(repeating: "\u{301}", count: 300))),
    Row(name: "wide and narrow", text: bytes("漢字かな交じり文 mixed ﾊﾝｶｸ")),
    Row(name: "line ends", text: bytes("a\r\nb\nc\rd\u{2028}e\u{2029}f")),
    Row(name: "20,000 characters", text: Array(repeating: UInt8(ascii: "x"), count: 20_000)),
    Row(name: "20,000 escapes", text: Array(repeating: 0x1b, count: 20_000)),
  ]

  /// The text wherever a peer can put it: host name, HELO, addresses, macros, headers, body, reply.
  static func story(_ text: [UInt8]) -> MemoryRecords {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    let pair = MacroSet.Pair(name: text, value: text)
    play.mta(Packet(encoding: Command.macro(MacroSet(command: UInt8(ascii: "C"), pairs: [pair]))))
    play.ask(
      Packet(encoding: Command.connect(Connect(hostname: text, family: .inet(port: 25, address: text)))))
    play.ask(Packet(encoding: Command.helo(name: text)))
    play.mta(
      Packet(
        encoding: Command.macro(
          MacroSet(
            command: UInt8(ascii: "M"), pairs: [MacroSet.Pair(name: bytes("i"), value: text), pair]))))
    play.ask(Packet(encoding: Command.mail(Envelope(address: text, arguments: [text]))))
    play.ask(Packet(encoding: Command.rcpt(Envelope(address: text, arguments: [text]))))
    play.ask(Packet(encoding: Command.header(Header(name: bytes("Subject"), value: text))))
    play.ask(Packet(encoding: Command.header(Header(name: text, value: text))))
    play.ask(Packet(encoding: Command.body(text)))
    play.ask(Packet(encoding: Command.unknown(line: text)))
    play.mta(MTA.bodyEOB)
    play.milter(Packet(encoding: Reply.modification(.quarantine(reason: text))))
    play.milter(Packet(encoding: Reply.modification(.insHeader(index: 0, Header(name: text, value: text)))))
    play.milter(Packet(encoding: Reply.verdict(.replyCode(bytes("550 5.7.1 ") + text))))
    play.append(.noted(text: Sentence(others: String(decoding: text, as: UTF8.self)), packet: 5))
    return MemoryRecords(play.records, head: Story.head)
  }

  /// A mail that waits at the desk, the text in all that is taken apart there, and a rule of that name.
  static func desk(_ text: [UInt8]) -> Driver {
    var play = Recording()
    play.greet()
    let names = [
      "_", "{tls_version}", "{cipher}", "{verify}", "{cert_subject}", "{auth_type}", "{auth_authen}", "i",
    ]
    let pairs = names.map { MacroSet.Pair(name: bytes($0), value: text) }
    play.mta(Packet(encoding: Command.macro(MacroSet(command: UInt8(ascii: "M"), pairs: pairs))))
    play.ask(Packet(encoding: Command.mail(Envelope(address: text))))
    play.ask(Packet(encoding: Command.rcpt(Envelope(address: text))))
    let value = text.filter { $0 != 0x22 && $0 != 0x28 && $0 != 0x5C }
    let headers: [(String, [UInt8])] = [
      ("From", text), ("Subject", text),
      ("Received-SPF", value + bytes(" (") + value + bytes(") a=") + value),
      (
        "Authentication-Results",
        value + bytes(";dkim=") + value + bytes(" (") + value + bytes(") p.x=") + value
      ),
      ("ARC-Authentication-Results", bytes("i=") + value + bytes(";") + value + bytes("=pass")),
      (
        "DKIM-Signature",
        bytes("d=") + value + bytes(";s=") + value + bytes(";h=") + value + bytes(";t=") + value
      ),
      ("ARC-Seal", bytes("cv=") + value), ("ARC-Message-Signature", value),
      ("Content-Type", bytes("multipart/mixed; boundary=b")),
    ]
    for (name, value) in headers {
      play.ask(Packet(encoding: Command.header(Header(name: bytes(name), value: value))))
    }
    play.ask(MTA.eoh)
    let part =
      bytes("--b\r\nContent-Type: ") + value + bytes("; name=\"") + value + bytes("\"\r\n\r\n") + text
    let plain = bytes("\r\n--b\r\n\r\n") + text + bytes("\r\n--b--\r\n")
    play.ask(Packet(encoding: Command.body(part + plain)))
    play.hold(MTA.bodyEOB)
    var driver = Driver(
      MemoryRecords(play.records, head: Story.head), size: Size(columns: 100, rows: 36), isLive: true,
      milter: nil)
    driver.press("Esc :")
    for byte in text.prefix(200) { driver.send(.key(.character(Unicode.Scalar(byte)))) }
    driver.press("Enter Esc")
    return driver
  }

  @Test(arguments: rows) func isInertOnTheDesk(_ row: Row) {
    var driver = Self.desk(row.text)
    for keys in [
      "3", "Enter", "^D", "^D", "^D", "q", "v", "Esc", "e", "Esc", "R", "Enter", "5", "Esc 2", "z", "Esc *",
    ] {
      driver.press(keys)
      check(driver.frame())
    }
  }

  @Test(arguments: rows) func isInertEverywhere(_ row: Row) {
    var driver = Driver(Self.story(row.text), size: Size(columns: 100, rows: 30))
    for view in ["1", "2", "6"] {
      driver.press("Esc \(view)")
      for _ in 0..<5 {
        driver.press("l")
        for keys in ["0 3 j", "0 4 j", "^D", "Enter ^D", "Esc g"] {
          driver.press(keys)
          check(driver.frame())
        }
      }
    }
  }

  @Test(arguments: rows) func columnsStayWhereTheyAre(_ row: Row) {
    let plain = Driver(Self.story(bytes("plain")), size: Size(columns: 100, rows: 30)).frame()
    let frame = Driver(Self.story(row.text), size: Size(columns: 100, rows: 30)).frame()
    for line in 2..<14 {
      for column in 0..<44 {
        #expect(
          frame[Point(column: column, row: line)].base == plain[Point(column: column, row: line)].base)
      }
    }
  }

  /// No cell holds what a terminal could obey or an eye could miss, and no row is shorter or longer than it says.
  private func check(_ frame: Frame) {
    for cell in frame.cells {
      guard let base = cell.base else { continue }
      let isControl = base.value < 0x20 || (0x7f..<0xa0).contains(base.value)
      let isHidden = base.properties.isDefaultIgnorableCodePoint || base.properties.generalCategory == .format
      if isControl || isHidden { Issue.record("U+\(String(base.value, radix: 16)) is on the screen") }
    }
  }
}
