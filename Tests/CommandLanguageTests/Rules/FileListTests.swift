import CommandLanguage
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Lists of rules that are kept in files.
@Suite struct FileListTests {
  static let texts = [
    "on rcpt and rcpt.address in @addresses.txt do reject",
    "on connect and client.address in @/etc/mitmilter/networks do reject",
    "on rcpt and not (rcpt.address in @\"two words.txt\") do reject",
    "on rcpt and (rcpt.address in @a or mail or message.from in @b) do reject",
  ]

  @Test(arguments: texts) func aRulePrintsAsItIsWritten(text: String) throws {
    let rule = try Rule(parsing: text)
    #expect(try Rule(parsing: rule.text) == rule)
    #expect(!rule.condition.files.isEmpty)
    #expect(rule.condition.reading([:]) == nil)
  }

  static let rows: [(condition: String, file: String, matched: [Int])] = [
    ("rcpt and rcpt.address", "a@example.org\nBob@Example.NET\n", [13]),
    ("rcpt and rcpt.address", "  <bob@example.net> \r\neve@example.com", [13, 16]),
    ("rcpt and rcpt.address", "# bob@example.net\n\nbob@example.org", []),
    ("rcpt and rcpt.address", "", []),
    ("connect and client.address", "198.51.100.0/24\n192.0.2.0/24\n", [4]),
    ("connect and client.address", "192.0.2.7\n", [4]),
    ("connect and client.address", "192.0.3.0/24\n", []),
    ("connect and macro[\"j\"]", "mx.example.net\n", [4]),
    ("helo and macro[\"client_addr\"]", "2001:db8::/32\n", [7]),
    ("helo and helo.name", "mail.example.org", [7]),
  ]

  @Test(arguments: rows.indices) func anEntryIsALine(index: Int) throws {
    let row = Self.rows[index]
    let rule = try Rule(parsing: "on \(row.condition) in @f do mark")
    let read = try #require(rule.condition.reading(["f": Array(row.file.utf8)]))
    #expect(read.text == rule.condition.text)
    #expect(SamplePlay.shared.matched(by: Matcher(read)) == row.matched)
    #expect(SamplePlay.shared.matched(by: Matcher(read.spelledOut)) == row.matched)
  }

  static let refused = [
    ("on rcpt and message.size in @f do reject", "a file lists texts"),
    ("on rcpt and rcpt.address in @ do reject", "expected the name of a file"),
    ("on rcpt and rcpt.address == @f do reject", "unexpected '@'"),
  ]

  @Test(arguments: refused) func whatIsNoListIsRefused(text: String, why: String) {
    let error = #expect(throws: SyntaxError.self) { try Rule(parsing: text) }
    #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
  }

  static let mistakes: [(condition: String, file: String, lines: [Int])] = [
    (
      "connect and client.address",
      "192.0.2.0/33\n# x\n10.0.0.1\nfoo\n2001:db8::/32\nIPv6:::1\nunknown\n/run/x\n", [1, 4]
    ),
    (
      "rcpt and rcpt.address", "a@b.example\nc@d.example, e@f.example\n\"g h\"@i.example\n<j@k.example>\n",
      [2]
    ),
    ("header and header.value", "a, b\n\u{1}x\n", [2]),
    ("bodyeob and message.subject", "any text, at all\n", []),
  ]

  @Test(arguments: mistakes.indices) func anEntryThatNoValueCanBeIsNamed(index: Int) throws {
    let row = Self.mistakes[index]
    let rule = try Rule(parsing: "on \(row.condition) in @f do mark")
    #expect(rule.condition.mistakes(in: ["f": Array(row.file.utf8)]).map(\.line) == row.lines)
  }

  @Test func anEmptyListIsNamed() throws {
    let rule = try Rule(parsing: "on rcpt and (rcpt.address in @a or message.from in @b) do mark")
    let read = try #require(rule.condition.reading(["a": Array("# none\n".utf8), "b": Array("x@y".utf8)]))
    #expect(read.emptyFiles == ["a"])
  }

  @Test func theNameOfAFileIsToldFromAList() {
    let error = #expect(throws: SyntaxError.self) {
      try Rule(parsing: "on rcpt and rcpt.address in addresses.txt do reject")
    }
    #expect(error?.message.contains("a file with an entry a line is written with @") == true)
    #expect(error?.description.contains("in @addresses.txt do reject") == true)
  }

  /// Nobody reads files for a filter.
  @Test func aFilterHasNoFiles() {
    for isFilter in [true, false] {
      let error = #expect(throws: SyntaxError.self) {
        let text = "rcpt.address in @addresses.txt"
        _ = isFilter ? try Expression(filter: text) : try Expression(parsing: text)
      }
      #expect(error?.message == "a list from a file is for rules")
    }
  }
}
