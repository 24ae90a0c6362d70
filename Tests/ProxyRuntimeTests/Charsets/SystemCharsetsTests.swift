import Foundation
import Mail
import MilterProtocol
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

/// Texts of mails through the system's iconv, as Python's codecs read them (`Fixtures/charsets.py`).
@Suite struct SystemCharsetsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let coded: [UInt8]
    let text: String
    var testDescription: String { "\(name) \(text.prefix(12))" }
  }

  static let rows: [Row] = Fixtures.text("charsets.tsv")
    .split(separator: "\n").map { line in
      let fields = line.split(separator: "\t").map(String.init)
      return Row(
        name: fields[0], coded: hex(fields[1]), text: String(decoding: hex(fields[2]), as: UTF8.self))
    }

  private let charsets = Charsets.ofSystem

  private func read(_ bytes: [UInt8], _ name: String) -> String? {
    charsets.utf8(bytes, from: Charset(name.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func everySetIsReadAsPythonReadsIt() {
    #expect(Self.rows.count > 250)
    for row in Self.rows { #expect(read(row.coded, row.name) == row.text, "\(row.testDescription)") }
  }

  /// Every set of the table is there, and has its rows; those without a codec in Python have none.
  @Test func everySetOfTheTableIsThere() {
    let tested = Set(Self.rows.map { Charset($0.name.utf8).name })
    for name in Charset.registered {
      #expect(read(bytes("a"), name) != nil, "\(name)")
      #expect(tested.contains(name) || name == "viscii", "\(name)")
    }
  }

  @Test func theyAreListedInTheDocs() throws {
    let page = try String(
      contentsOf: Fixtures.project.appendingPathComponent("docs/desk.md"), encoding: .utf8)
    let listed = try #require(page.firstMatch(of: #/<!-- charsets -->([^<]*)<!-- \/charsets -->/#)).1
    #expect(
      listed.split { ", \n".contains($0) }.joined(separator: " ") == Charset.registered.joined(separator: " ")
        + ".")
  }

  @Test func setsForWhichPythonHasNoCodec() {
    #expect(read(hex("1b2e461b4e61 1b2428433021 1b2842"), "iso-2022-jp-2") == "α가")
    #expect(read(hex("5669ae74"), "viscii") == "Việt")
  }

  @Test func encodedWordsOfAnySetAreRead() {
    func text(_ value: String) -> String {
      let value = bytes(value)
      return String(decoding: EncodedWords(value, charsets).text(of: value), as: UTF8.self)
    }
    #expect(text("=?koi8-r?B?8NLJ18XU?=") == "Привет")
    #expect(text("=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?= a") == "こんにちは a")
    #expect(text("=?gb2312?B?xOO6ww==?= =?GBK?Q?=CA=C0=BD=E7?=") == "你好世界")
    #expect(text("=?windows-1251*ru?Q?=CF=F0?=") == "Пр")
    // A character cut in two between words, and an escape that only the first has.
    #expect(text("=?shift_jis?B?gg==?= =?shift_jis?B?sQ==?=") == "こ")
    #expect(text("=?iso-2022-jp?B?GyRCJDM=?= =?iso-2022-jp?B?JHMbKEI=?=") == "こん")
    // Sets of one value side by side.
    #expect(text("=?koi8-r?Q?=F0?= =?iso-8859-7?Q?=E1?= =?utf-8?Q?=C3=BC?=") == "Пαü")
    #expect(text("=?x-nobody-knows?Q?=F0?=") == "=?x-nobody-knows?Q?=F0?=")
  }

  @Test func namesOfFilesAreRead() {
    func name(_ disposition: String, _ type: String = "a/b") -> String? {
      let headers = [
        Header(name: bytes("Content-Type"), value: bytes(type)),
        Header(name: bytes("Content-Disposition"), value: bytes(disposition)),
      ]
      return MIMEPart(headers: headers, body: []).fileName(charsets).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    #expect(name("attachment; filename*=koi8-r'ru'%F0%D2.txt") == "Пр.txt")
    // Cut within a character; the language is named once.
    #expect(name("attachment; filename*0*=shift_jis''%82; filename*1*=%B1; filename*2=.txt") == "こ.txt")
    #expect(name("attachment; filename=\"=?euc-kr?B?x9GxuQ==?=.txt\"") == "한국.txt")
    #expect(name("attachment", "a/b; name=\"=?koi8-r?Q?=F0?=\"") == "П")
    #expect(name("attachment; filename*=x-none''%F0a") == "\u{FFFD}a")
  }

  @Test func bodiesAreRead() {
    let headers = [
      Header(name: bytes("Content-Type"), value: bytes("text/plain; charset=\"EUC-KR\"")),
      Header(name: bytes("Content-Transfer-Encoding"), value: bytes("base64")),
    ]
    let body = bytes("vsiz58fPvLy/5A0K")
    let text = MIMEPart(headers: headers, body: body).text(from: body, charsets)
    #expect(text.map { String(decoding: $0, as: UTF8.self) } == "안녕하세요\r\n")
  }

  @Test func whatIsNoCharacterBecomesAReplacement() {
    #expect(read([0x41, 0xFF, 0x42], "euc-kr") == "A\u{FFFD}B")
    #expect(read([0x82], "shift_jis") == "\u{FFFD}")
    #expect(read([0x41, 0x81], "gb18030") == "A\u{FFFD}")
    // Half of a pair is one, and what follows is read in step.
    #expect(read([0xDC, 0x00, 0x00, 0x41], "utf-16be") == "\u{FFFD}A")
    #expect(read([0x00, 0x41, 0x00], "utf-16be") == "A\u{FFFD}")
    #expect(read([0x1B, 0x24], "iso-2022-jp") == "\u{FFFD}")
    #expect(read([], "gb18030") == "")
  }

  /// Each text begins afresh, whatever state the last one left.
  @Test func noTextSeesTheOneBefore() {
    for _ in 0..<2 {
      #expect(read([0x1B, 0x24, 0x42, 0x24, 0x33], "iso-2022-jp") == "こ")
      #expect(read(bytes("$3"), "iso-2022-jp") == "$3")
      #expect(read([0xFE, 0xFF, 0x00, 0x41], "utf-16") == "A")
      #expect(read([0xFF, 0xFE, 0x41, 0x00], "utf-16") == "A")
      #expect(read(bytes("+AEE"), "utf-7") == "A")
      #expect(read(bytes("AEE"), "utf-7") == "AEE")
      // A letter that might have got a point is not kept back for ever.
      #expect(read([0xE0], "windows-1255") == "א")
    }
  }

  @Test func hostileTextEndsAndStaysInBounds() {
    var generator = SeededGenerator(seed: 13)
    let telling: [UInt8] = [
      0x1B, 0x24, 0x28, 0x40, 0x42, 0x4A, 0x0E, 0x0F, 0x2B, 0x2D, 0x81, 0x30, 0xFE, 0xFF, 0xD8, 0x00,
    ]
    for name in Charset.registered {
      for round in 0..<60 {
        let count = Int.random(in: 0...300, using: &generator)
        let bytes = (0..<count).map { _ in
          round % 2 == 0
            ? UInt8.random(in: 0...255, using: &generator)
            : telling[Int.random(in: 0..<telling.count, using: &generator)]
        }
        let text = charsets.utf8(bytes, from: Charset(name.utf8))
        #expect(text.map { $0.count <= 3 * count + 64 } == true, "\(name)")
        if !["utf-8", "us-ascii"].contains(name), let text {
          #expect(Array(String(decoding: text, as: UTF8.self).utf8) == text, "\(name) gives UTF-8")
        }
      }
    }
  }

  @Test func onlyOneTextOfAMegabyteIsConverted() {
    let long = [UInt8](repeating: 0xC1, count: Charsets.limit + 10_000)
    #expect(charsets.utf8(long, from: Charset("koi8-r".utf8))?.count == Charsets.limit * 2)
  }

  /// What iconv would take from anybody: suffixes, paths, sets that are not on the list.
  @Test(arguments: [
    "koi8-r//IGNORE", "UTF-8//TRANSLIT", "../../tmp/x", "/tmp/evil", "ISO-2022-CN-EXT", "IBM1364", "",
    "koi8-r\0",
    "IBM037", "iso-2022-jp-3", "gb18030//",
  ]) func noMailChoosesWhatIsLoaded(_ name: String) {
    let known = Charset(name.utf8)
    #expect(name.isEmpty ? known.name == "us-ascii" : charsets.utf8([0x41], from: known) == nil)
  }
}
