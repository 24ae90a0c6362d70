import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// What a shadow makes of the same mails, in the list of mails and on the page of one.
@Suite struct ShadowScreenTests {
  private static var source: MemoryRecords {
    var play = Recording()
    for connection in 1...2 {
      play.connection = connection
      let port = 8891 + connection
      play.append(
        .opened(
          Opened(
            peer: "unix:", local: "inet:8891@127.0.0.1", milter: "inet:\(port)@127.0.0.1",
            shadowOf: connection == 2 ? 1 : nil)))
      play.mta(MTA.optNeg())
      play.milter(Milter.optNeg())
      play.ask(MTA.connect())
      play.ask(MTA.helo())
      play.mail(id: "4XyA")
      if connection == 2 {
        play.milter(Milter.addHeader("X-Spam", "yes"), Milter.reply("550 5.7.1 spam"))
        for (rule, packet) in [(FindingRule.shadowChanges, play.packet - 1), (.shadowDecides, play.packet)] {
          play.append(.found(Finding(rule, packet: packet, "the milter says something else")))
        }
      } else {
        play.milter(Milter.accept)
      }
      play.mail(from: "<carol@example.org>", id: "4XyB")
      play.milter(Milter.accept)
      play.mta(MTA.quit)
      play.close()
    }
    return MemoryRecords(play.records)
  }

  @Test(arguments: [Size(columns: 80, rows: 24), Size(columns: 120, rows: 36)])
  func theListOfMailsTellsWhatAShadowDidOtherwise(_ size: Size) {
    var driver = Driver(Self.source, size: size)
    driver.press("2 Esc 2")
    expectScreen(driver.frame(), "Screens/messages-shadow-\(size.columns)x\(size.rows)")
  }
}
