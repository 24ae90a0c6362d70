import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Mails and findings in other orders, and lists that are cleared.
@Suite struct SortingTests {
  /// Three mails: the first is accepted after a second, the second is large and rejected at once, the third is put off.
  private static var records: [Record] {
    var play = Recording()
    play.greet()
    for (sender, size, wait, verdict) in [
      ("<a@example.org>", 10, Int64(1000), Milter.accept), ("<b@example.org>", 30_000, 1, Milter.reject),
      ("<c@example.org>", 300, 50, Milter.tempfail),
    ] {
      play.mail(from: sender, body: [String(repeating: "x", count: size)])
      play.wait(.milliseconds(wait))
      play.milter(verdict)
    }
    return play.records
  }

  private func start(_ records: [Record] = records, isLive: Bool = false) -> (Driver, MemoryRecords) {
    let source = MemoryRecords(records, head: Story.head)
    var driver = Driver(source, size: Size(columns: 120, rows: 30), isLive: isLive)
    driver.press("2")
    return (driver, source)
  }

  /// The letters of the senders, from the top.
  private func senders(_ driver: Driver) -> String {
    driver.text.compactMap { line in
      ["a", "b", "c"].first { line.contains("c1.") && line.contains("<\($0)@") }
    }.joined()
  }

  @Test func mailsAreSortedAndTheSelectedOneStaysSo() {
    var (driver, _) = start()
    #expect(senders(driver) == "abc")
    driver.press("j")
    let selected = driver.model.selectedPacket
    for (order, words) in [
      ("bca", "by size, the largest first"), ("acb", "by time to the verdict, the slowest first"),
      ("cba", "by outcome, what went wrong first"), ("abc", "by time, the newest last"),
    ] {
      driver.press("S")
      #expect(senders(driver) == order, "\(words)")
      #expect(driver.text.last?.contains("mails \(words)") == true)
      #expect(driver.model.selectedPacket == selected)
    }
  }

  /// A mail that comes takes its place; where the operator stands at the end of the usual order, the newest is selected.
  @Test func mailsThatComeTakeTheirPlace() {
    let all = Self.records
    let first = all.prefix { record in
      if case .received(let received) = record.event, received.packet.kind == .reply(.reject) {
        false
      } else {
        true
      }
    }
    var (driver, source) = start(Array(first), isLive: true)
    driver.press("G")
    for record in all[first.count...] { source.append(record) }
    driver.send(.appended)
    driver.settle()
    #expect(senders(driver) == "abc")
    #expect(
      driver.model.selectedPacket
        == driver.model.scene.trace.index.number(at: driver.model.scene.trace.count - 1))
    driver.press("S")
    #expect(senders(driver) == "bca")
  }

  @Test func findingsAreSorted() {
    var play = Recording()
    play.greet()
    for rule in [FindingRule.noQuit, .noQuit, .lengthAbsurd, .noQuit] {
      play.append(.found(Finding(rule, packet: 3, "so it is")))
    }
    var (driver, _) = start(play.records)
    driver.press("4")
    for (order, words) in [
      ("F02", ""), (FindingRule.noQuit.id, "findings by their first time, the earliest first"),
      (FindingRule.noQuit.id, "findings by count, the most frequent first"),
      ("F02", "findings by severity, the gravest first"),
    ] {
      #expect(
        driver.text[2].contains(" \(order) ") && driver.text[2].contains(order == "F02" ? " 1 " : " 3 "))
      #expect(words.isEmpty || driver.text.last?.contains(words) == true, "\(words)")
      driver.press("S")
    }
    driver.press("1 S")
    #expect(driver.text.last?.contains("only Messages and Findings are sorted") == true)
  }

  @Test func clearedListsBeginEmptyAndTheTraceKeepsAll() {
    let all = Self.records
    let cut = all.count / 2
    var (driver, source) = start(Array(all[..<cut]), isLive: true)
    driver.press("1 z Esc")
    #expect(driver.text.contains { $0.contains("MAIL") })
    driver.press("z y")
    #expect(driver.text.last?.contains("cleared; z shows all again") == true)
    #expect(driver.text.contains { $0.contains("cleared; what comes is shown here") })
    driver.press("2")
    #expect(senders(driver).isEmpty)
    #expect(driver.text.contains { $0.contains("no mail since the lists were cleared") })
    for record in all[cut...] { source.append(record) }
    driver.send(.appended)
    driver.settle()
    #expect(senders(driver).hasSuffix("c") && !senders(driver).contains("a"))
    driver.press("1")
    #expect(!driver.text.contains { $0.contains("<a@") } && driver.text.contains { $0.contains("<c@") })
    driver.press("4")
    let later = driver.text
    driver.press("z a")
    #expect(driver.text != later && driver.text.last?.contains("all is shown again") == true)
    driver.press("2")
    #expect(senders(driver) == "abc")
  }

  @Test func whoGoesToAPacketThatWasClearedSeesAllAgain() {
    var (driver, _) = start()
    driver.press("1 z y")
    #expect(driver.model.selectedPacket == nil)
    driver.enter("4")
    #expect(driver.model.selectedPacket == 4)
    #expect(driver.text.last?.contains("all is shown again, packet 4 among it") == true)
  }

  /// What is written is what is shown.
  @Test func whatWasClearedIsNotWritten() {
    var (driver, _) = start()
    driver.press("1 z y w")
    driver.type("x.mtrace")
    driver.press("Enter")
    #expect(driver.effects.isEmpty)
    #expect(driver.text.last?.contains("no packets are shown") == true)
  }
}
