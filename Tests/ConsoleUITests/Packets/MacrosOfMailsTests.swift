import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// What the pages of a packet say by macros: whose they are, who logged in, whom a mail is for.
@Suite struct MacrosOfMailsTests {
  /// The page beside the packet, after those keys.
  private func page(_ play: Recording, _ keys: String) -> [String] {
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 200, rows: 60))
    driver.press(keys)
    return driver.text
  }

  private func twoMails(_ second: Packet?) -> Recording {
    var play = Recording()
    play.greet()
    play.ask(MTA.macro("M", ["{mail_addr}": "a@b", "{auth_authen}": "alice"]), MTA.mail("<a@b>"))
    play.ask(MTA.bodyEOB)
    play.mta(MTA.abort)
    if let second { play.mta(second) }
    play.ask(MTA.mail("<c@d>"))
    return play
  }

  @Test func valuesOfAnEarlierMailAreMarked() {
    let stale = page(twoMails(nil), "G l Enter")
    #expect(stale.contains { $0.contains("for MAIL, of an earlier mail (packet 9) and still in force") })
    let fresh = page(twoMails(MTA.macro("M", ["{mail_addr}": "c@d"])), "G l Enter")
    #expect(fresh.contains { $0.contains("for MAIL") } && !fresh.contains { $0.contains("earlier mail") })
  }

  @Test func anotherValueIsOneThatDiffers() {
    var play = Recording()
    play.greet()
    play.ask(MTA.macro("M", ["i": "4XyZ", "{x}": "one"]), MTA.mail())
    play.ask(MTA.macro("R", ["i": "4XyZ", "{x}": "two"]), MTA.rcpt())
    let page = page(play, "G l Enter")
    #expect(page.count { $0.contains("RCPT has another") } == 1)
    #expect(page.contains { $0.contains("one  older; RCPT has another") })
  }

  @Test(
    arguments: [
      (["{auth_authen}": "alice", "{auth_type}": "PLAIN"], "alice  by PLAIN"), (["i": "1"], "not logged in"),
      ([:], "not logged in"),
    ] as [(KeyValuePairs<String, String>, String)])
  func itIsSaidWhoLoggedIn(_ macros: KeyValuePairs<String, String>, words: String) {
    var play = Recording()
    play.greet()
    play.ask(MTA.macro("M", macros), MTA.mail())
    #expect(page(play, "G l l Enter").contains { $0.contains("login") && $0.contains(words) })
  }

  @Test func aCertificateIsNoLogin() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(MTA.connect())
    play.ask(MTA.macro("H", ["{cert_subject}": "client.example", "{cert_issuer}": "CA"]), MTA.helo())
    play.ask(MTA.macro("M", ["i": "1"]), MTA.mail())
    #expect(page(play, "G l l Enter").contains { $0.contains("client certificate, no login") })
  }

  @Test func whoAskedForNoLoginKnowsOfNone() {
    var play = Recording()
    play.greet(Milter.optNeg(symbols: [(2, "i")]))
    play.ask(MTA.macro("M", ["i": "1"]), MTA.mail())
    #expect(page(play, "G l l Enter").contains { $0.contains("not known: the milter asked") })
  }

  @Test func headersThatTheMilterAddsVouchForTheMail() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    play.ask(MTA.header("From", "a@b"))
    play.mta(MTA.bodyEOB)
    play.milter(Milter.insHeader(1, "Authentication-Results", "mx.example.org"))
    play.milter(Milter.insHeader(1, "Authentication-Results", "mx.example.org; spf=fail"), Milter.accept)
    let page = page(play, "G l l Enter")
    #expect(page.contains { $0.contains("added") && $0.contains("by the milter") })
    #expect(page.contains { $0.contains("mx.example.org  has no result") })
    #expect(page.contains { $0.contains("spf") && $0.contains("fail") })
  }

  @Test func macrosStandInForADeclinedEnvelope() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg(.current, [.noMail, .noRcpt]))
    play.ask(MTA.connect())
    play.mta(MTA.macro("M", ["{mail_addr}": "alice@a"]), MTA.macro("R", ["{rcpt_addr}": "bob@b"]))
    play.ask(MTA.header("Subject", "x"))
    let list = page(play, "2")
    #expect(list.contains { $0.contains("alice@a {mail") && $0.contains("bob@b {rcpt") })
    let message = page(play, "G l l Enter")
    #expect(message.contains { $0.contains("alice@a  by {mail_addr}: the milter declined MAIL") })
    #expect(message.contains { $0.contains("bob@b  by {rcpt_addr}: the milter declined RCPT") })
  }
}
