import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// A mail that lost all its recipients has no verdict of its own; who refused them is said all the same.
@Suite struct RefusedRecipientsTests {
  private func exported(_ format: ExportFormat) -> String {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail("<alice@example.org>"))
    play.mta(MTA.rcpt("<bob@example.net>"))
    play.milter(Milter.reply("550 5.1.1 no such user"))
    play.mta(MTA.abort)
    play.close()
    play.close(.milter)
    var exporter = format.exporter(ExportInput(MemoryRecords(play.records)))
    return String(decoding: exporter.all(), as: UTF8.self)
  }

  @Test(arguments: [
    ("jsonl", #""outcome":"rejected","by":"milter""#), ("json", #""outcome":"rejected","by":"milter""#),
    ("report", "### Message 1.1: rejected by milter"),
    ("html", #"<span class="bad">rejected</span> by milter"#),
  ])
  func whoRefusedThemIsSaid(_ name: String, _ words: String) throws {
    #expect(exported(try #require(ExportFormat.named(name))).contains(words))
  }
}
