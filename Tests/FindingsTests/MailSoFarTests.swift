import MilterProtocol
import TestSupport
import Testing

@Suite struct MailSoFarTests {
  static let rows: [(String, [Packet], [String])] = [
    ("an address as it came", [Milter.delRcpt("<bob@example.net>")], ["V04"]),
    ("an address without brackets", [Milter.delRcpt("bob@example.net")], ["V04"]),
    ("another case", [Milter.delRcpt("<Bob@example.net>")], ["V01"]),
    ("a recipient refused by the milter", [Milter.delRcpt("<eve@example.net>")], ["V01"]),
    ("a recipient that is there", [Milter.addRcpt("bob@example.net")], ["V05"]),
    ("a recipient in place of another", [Milter.delRcpt("<bob@example.net>"), Milter.addRcpt("<c@d>")], []),
    ("a second Subject", [Milter.addHeader("subject", "x")], ["H09"]),
    ("a second Received", [Milter.addHeader("Received", "x")], []),
    ("a change in place", [Milter.chgHeader(2, "received", "new")], []),
    ("a change beyond", [Milter.chgHeader(3, "Received", "new")], ["H05"]),
    ("a change in blanks", [Milter.chgHeader(1, "Subject", " a  test")], ["H11"]),
    ("the same value", [Milter.chgHeader(1, "Subject", "a test")], []),
    (
      "deletions ascending", [Milter.chgHeader(1, "Received", ""), Milter.chgHeader(2, "Received", "")],
      ["H07"]
    ),
    (
      "deletions descending", [Milter.chgHeader(2, "Received", ""), Milter.chgHeader(1, "Received", "")], []
    ),
  ]

  @Test(arguments: rows) func anEditIsComparedWithTheMail(_ title: String, edits: [Packet], ids: [String]) {
    let mail =
      [
        MTA.mail(), Milter.continue, MTA.rcpt(), Milter.continue, MTA.rcpt("<eve@example.net>"),
        Milter.reject,
      ]
      + [MTA.data, Milter.continue]
      + [("Received", "one"), ("Received", "two"), ("Subject", "a test")].flatMap {
        [MTA.header($0.0, $0.1), Milter.continue]
      } + [MTA.eoh, Milter.continue, MTA.bodyEOB]
    #expect(lint(Letters.packets("O/O C/c") + mail + edits + [Milter.continue]).ids() == ids)
  }

  @Test func aNewMessageStartsAfresh() {
    let packets = Letters.packets("O/O C/c M/c R/c T/c L/c N/c E/-c M/c R/c T/c L/c N/c E/c")
    #expect(lint(packets).ids() == ["V04"])
  }

  /// A sender of many headers, and a milter that changes each, would have all other mail wait.
  @Test(arguments: [(10, ["V04", "H05"]), (1500, [])])
  func aMailIsLookedIntoSoManyTimes(changes: Int, ids: [String]) {
    let headers = Array(repeating: [MTA.header("X-Many", "value"), Milter.continue], count: 2000).joined()
    let mail = Letters.packets("O/O C/c M/c R/c T/c") + headers + [MTA.eoh, Milter.continue, MTA.bodyEOB]
    let edits = Array(repeating: Milter.chgHeader(1, "X-Many", "another"), count: changes)
    let last = [Milter.chgHeader(5, "Subject", "x"), Milter.delRcpt("<bob@example.net>"), Milter.continue]
    #expect(Set(lint(mail + edits + last).ids()) == Set(ids))
  }

  /// What is remarked on by comparison with the mail.
  private func lint(_ packets: [Packet]) -> [Finding] {
    let families: Set<String> = ["V01", "V04", "V05", "H05", "H07", "H09", "H11"]
    var play = LegPlay()
    play.play(packets)
    return play.findings.filter { families.contains($0.rule.id) }
  }
}
