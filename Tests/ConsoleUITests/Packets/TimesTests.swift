import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Where the screen says how long something took, and of whose patience.
@Suite struct TimesTests {
  private func page(_ play: Recording, _ keys: String) -> [String] {
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 148, rows: 60))
    driver.press(keys)
    return driver.text
  }

  /// A mail whose content comes 120 ms after DATA was answered.
  private func handedOver(version: String = "Postfix 3.7.11") -> Recording {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(MTA.macro("C", ["v": version]), MTA.connect())
    play.ask(MTA.mail())
    play.ask(MTA.rcpt())
    play.ask(MTA.data)
    play.wait(.milliseconds(119))
    play.mta(MTA.header())
    return play
  }

  @Test func theHandoverOfPostfixIsNamed() {
    let words = "120ms after DATA: the client sent the mail, then smtpd handed over to cleanup"
    #expect(page(handedOver(), "G Enter").contains { $0.contains(words) })
    #expect(!page(handedOver(version: "8.17.1"), "G Enter").contains { $0.contains("cleanup") })
    // Of the first packet only.
    var play = handedOver()
    play.milter(Milter.continue)
    play.mta(MTA.header("To", "b@c"))
    #expect(!page(play, "G Enter").contains { $0.contains("handed over") })
  }

  @Test func aMailSaysWhoTookItsTime() {
    var play = handedOver()
    play.wait(.milliseconds(8999))
    play.milter(Milter.continue)
    play.ask(MTA.eoh)
    play.mta(MTA.bodyEOB)
    play.wait(.milliseconds(44_999))
    play.milter(Milter.accept)
    let lines = page(play, "G Enter l l")
    let words =
      "milter 54s  slowest 45s at BODYEOB, 15% of the 300 s that Postfix waits · MTA and client 12"
    #expect(lines.contains { $0.contains(words) }, "\(lines.filter { $0.contains("milter ") })")
    #expect(lines.contains { $0.contains("smtpd to cleanup") && $0.contains("120ms") })
  }

  @Test func statsHaveTheShareOfThePatience() {
    var play = handedOver()
    play.wait(.milliseconds(44_999))
    play.milter(Milter.continue)
    let lines = page(play, "6")
    #expect(lines.contains { $0.contains("Share of the MTA's patience") })
    // 45 of 300 s.
    #expect(lines.contains { $0.hasPrefix("  HEADER") && $0.hasSuffix("!15%") }, "\(lines)")
    #expect(!page(handedOver(), "6").contains { $0.contains("patience") })
  }
}
