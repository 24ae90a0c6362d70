import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct LiveTests {
  /// A source that the test fills bit by bit.
  private func start() -> (MemoryRecords, Driver) {
    let source = MemoryRecords([], head: Story.head)
    return (source, Driver(source, isLive: true))
  }

  private func append(_ count: Int, of records: [Record], to source: MemoryRecords) {
    for record in records.dropFirst(source.count).prefix(count) { source.append(record) }
  }

  @Test func anEmptyScreenSaysWhatItWaitsFor() {
    let (_, driver) = start()
    #expect(driver.text.contains { $0.contains("waiting for an MTA to connect to inet:8891@127.0.0.1") })
  }

  @Test func anEmptyScreenShowsTheLinesForTheMTAWhole() {
    var (source, driver) = start()
    driver.model.setUp = [
      SetUpLine("Postfix main.cf", "smtpd_milters = inet:127.0.0.1:8891"),
      SetUpLine("Sendmail sendmail.mc", "INPUT_MAIL_FILTER(`mitmilter', `S=inet:8891@127.0.0.1')dnl"),
    ]
    driver.model.setUpRemarks = ["warning: other machines can reach it"]
    for size in [Size(columns: 80, rows: 24), Size(columns: 120, rows: 36)] {
      driver.send(.resized(size))
      for words in driver.model.setUp.map(\.text) + driver.model.setUpRemarks {
        #expect(driver.text.contains { $0.hasSuffix(words) }, "\(words)")
      }
    }
    driver.press("Tab j Enter")
    append(2, of: Story.records, to: source)
    driver.send(.appended)
    #expect(!driver.text.contains { $0.contains("smtpd_milters") })
    #expect(driver.text.contains { $0.contains("Fields") })
    driver.enter("filter quit")
    #expect(!driver.text.contains { $0.contains("smtpd_milters") })
  }

  @Test func theTitleSaysThatNothingIsRecordedAnyMoreOrNothingMoreComes() {
    var (source, driver) = start()
    append(20, of: Story.records, to: source)
    driver.send(.appended)
    #expect(driver.text[0].contains("● REC"))
    driver.send(.streamChanged(.unrecorded))
    #expect(driver.text[0].contains("✖ NOT RECORDED"))
    driver.press("j p")
    #expect(driver.text[0].contains("✖ NOT RECORDED"))
    driver.press("p")
    driver.send(.streamChanged(.ended))
    #expect(driver.text[0].contains("■ ENDED"))
  }

  /// A packet that was passed by is taken in once it has what the filter asks for, in its place, and goes again.
  @Test func aFilterGoesWithWhatBecomesKnownLater() {
    var (source, driver) = start()
    append(60, of: Story.records, to: source)
    driver.send(.appended)
    driver.enter("marked or quit", at: "f")
    func mark(_ packet: Int, _ on: Bool = true) {
      source.append(Record(time: .zero, connection: 1, event: .marked(packet: packet, on: on)))
      driver.send(.appended)
    }
    mark(20)
    mark(10)
    driver.press("g")
    #expect(driver.model.selectedPacket == 10, "\(driver.text)")
    driver.press("j")
    #expect(driver.model.selectedPacket == 20)
    // What came while another filter was typed counts as well once that is given up.
    driver.press("f")
    mark(30)
    driver.press("Esc")
    driver.settle()
    driver.press("g j j")
    #expect(driver.model.selectedPacket == 30)
    for packet in [10, 20, 30] { mark(packet, false) }
    #expect(driver.text[1].hasSuffix("0 of 57, F follows"), "\(driver.text[1])")
  }

  /// A trace with a line that is no record.
  private final class Damaged: RecordSource {
    let whole = Story.source
    var head: TraceHead? { whole.head }
    var count: Int { whole.count }
    func record(at index: Int) -> Record? { index == 20 ? nil : whole.record(at: index) }
    func file(at index: Int) -> String? { nil }
  }

  @Test func whatCannotBeReadIsNotPassedOverInSilence() {
    let title = Driver(Damaged()).text[0]
    #expect(title.contains("▲ 1 line cannot be read"), "\(title)")
  }

  /// Whatever comes meanwhile: one looks at a mail from its first packet on, and is back at that mail afterwards.
  @Test func aMailIsOpenedAtItsStartAndIsSelectedWhenOneComesBack() {
    var (source, driver) = start()
    append(90, of: Story.records, to: source)
    driver.send(.appended)
    driver.settle()
    driver.press("2 g Enter")
    let mail = driver.model.filter?.text
    #expect(mail == "conn == 1 and msg == 1")
    #expect(driver.model.selectedPacket == driver.shownPackets().first)
    append(200, of: Story.records, to: source)
    driver.send(.appended)
    driver.settle()
    driver.press("q")
    #expect(driver.model.view == .messages && driver.model.filter == nil)
    driver.press("Enter")
    #expect(driver.model.filter?.text == mail)
  }

  /// Macros fold into a command that comes a moment later, whatever came in between, with a filter and without.
  @Test(arguments: ["", "mail or rcpt or macro"])
  func macrosFoldIntoWhatComesLater(_ filter: String) {
    var play = Recording()
    for connection in 1...3 {
      play.connection = connection
      play.greet()
    }
    for connection in 1...3 {
      play.connection = connection
      play.mta(MTA.macro("M", ["i": "\(connection)"]))
    }
    for connection in 1...3 {
      play.connection = connection
      play.mta(MTA.mail("<\(connection)@example.org>"))
    }
    var whole = Driver(MemoryRecords(play.records, head: Story.head))
    let source = MemoryRecords([], head: Story.head)
    var driver = Driver(source, isLive: true)
    for filter in [filter] where !filter.isEmpty {
      whole.enter(filter, at: "f")
      driver.enter(filter, at: "f")
    }
    for record in play.records {
      source.append(record)
      driver.send(.appended)
      driver.settle()
    }
    #expect(driver.shownPackets() == whole.shownPackets())
  }

  /// The MTA tells the queue id when part of the mail has passed.
  @Test func aFilterForAQueueIDTakesInWhatCameBeforeIt() {
    var whole = Driver()
    whole.enter("queue == \"4XyZ7k2\"", at: "f")
    var (source, driver) = start()
    driver.enter("queue == \"4XyZ7k2\"", at: "f")
    for record in Story.records {
      source.append(record)
      driver.send(.appended)
      driver.settle()
    }
    #expect(whole.shownPackets().count > 5)
    #expect(driver.shownPackets() == whole.shownPackets())
  }

  @Test func theNewestPacketStaysInSight() {
    var (source, driver) = start()
    append(40, of: Story.records, to: source)
    driver.send(.appended)
    let first = driver.model.selectedPacket
    #expect(driver.text[1].hasSuffix("38, following"))
    append(20, of: Story.records, to: source)
    driver.send(.appended)
    #expect((driver.model.selectedPacket ?? 0) > (first ?? 0))
    driver.press("k")
    let held = driver.model.selectedPacket
    append(99, of: Story.records, to: source)
    driver.send(.appended)
    #expect(driver.model.selectedPacket == held)
    #expect(driver.text[1].hasSuffix("79, 20 newer below, F follows"), "\(driver.text[1])")
    driver.enter("not quit", at: "f")
    #expect(
      driver.text[1].contains("not quit  ") && driver.text[1].hasSuffix(", F follows"), "\(driver.text[1])")
    driver.press("Esc F")
    #expect(driver.model.selectedPacket == 79 && driver.text[1].hasSuffix("79, following"))
    driver.press("k")
    #expect(driver.text[1].hasSuffix("79, F follows"))
  }

  @Test func aMailStaysSelectedWhileOthersCome() {
    let (source, start) = start()
    var driver = start
    driver.press("2")
    append(60, of: Story.records, to: source)
    driver.send(.appended)
    driver.settle()
    driver.press("g")
    let mail = driver.model.selectedPacket
    append(999, of: Story.records, to: source)
    driver.send(.appended)
    driver.settle()
    #expect(driver.model.list.count == 3 && driver.model.list.cursor == 0)
    #expect(driver.text[2].contains("c1.1"))
    #expect(mail != nil)
    driver.press("G")
    #expect(driver.model.list.cursor == 2)
  }

  @Test func mailsBelowInAListThatGrowsAreCounted() {
    var play = Recording()
    play.greet()
    for _ in 1...30 {
      play.mail()
      play.milter(Milter.accept)
    }
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.press("2")
    #expect(!driver.text[1].contains("newer"))
    #expect(driver.model.list.cursor == 29, "the newest is selected")
    driver.press("k k k")
    #expect(!driver.text[1].contains("newer"), "the newest is in sight")
    driver.press("g")
    let below = 30 - driver.model.list.visible.upperBound
    #expect(below > 0 && driver.text[1].hasSuffix("  \(below) newer below"), "\(driver.text[1])")
    driver.enter("rcpt", at: "f")
    driver.press("g")
    #expect(driver.text[1].hasSuffix("rcpt  30 of 30  \(below) newer below"), "\(driver.text[1])")
    driver.press("p")
    #expect(!driver.text[1].contains("newer"))
  }

  struct End: Sendable, CustomStringConvertible {
    var closed: Closed
    var hasQuit = false
    /// At the end of the last row; nil for nothing.
    var badge: String?
    var words: String
    var description: String { words }
  }

  static let ends = [
    End(closed: Closed(leg: .mta, how: .peer), badge: "✕ MTA closed", words: "closed by MTA"),
    End(closed: Closed(leg: .milter, how: .peer), badge: "✕ milter closed", words: "closed by milter"),
    End(closed: Closed(leg: .mta, how: .peer), hasQuit: true, words: "closed by MTA"),
    End(
      closed: Closed(leg: .milter, how: .error("ECONNRESET")), hasQuit: true, badge: "✕ milter reset",
      words: "reset by milter"),
    End(
      closed: Closed(leg: .milter, how: .unreachable("connection refused")), badge: "✕ milter unreachable",
      words: "milter unreachable: connection refused"),
    End(
      closed: Closed(leg: .mta, how: .ours("an instruction closed it")), badge: "✕ we closed",
      words: "closed by us: an instruction closed it"),
  ]

  @Test(arguments: ends) func theEndOfAConnectionShowsAtItsLastPacket(_ end: End) {
    var play = Recording()
    play.greet()
    if end.hasQuit { play.mta(MTA.quit) }
    let source = MemoryRecords(play.records)
    var driver = Driver(source, size: Size(columns: 100, rows: 60), isLive: true)
    #expect(!driver.text.contains { $0.contains("✕") || $0.contains("ended") })
    play.append(.closed(end.closed))
    // What follows from it says nothing new.
    play.append(.closed(Closed(leg: end.closed.leg.other, how: .ours("the other side is gone"))))
    for record in play.records.dropFirst(source.count) { source.append(record) }
    driver.send(.appended)
    let rows = driver.text.filter { $0.contains("✕") }
    #expect(rows.count == (end.badge == nil ? 0 : 1))
    #expect(rows.allSatisfy { $0.hasSuffix(end.badge ?? "") && $0.contains(" \(play.packet) ") })
    for keys in ["Tab", "h h"] {
      driver.press(keys)
      let line = driver.text.first { $0.hasPrefix("  ended ") }
      #expect(line?.hasSuffix(end.words) == true, "\(line ?? "no line")")
    }
  }

  @Test func aFrozenDisplayStandsStillWhileRecordsCome() {
    var (source, driver) = start()
    append(40, of: Story.records, to: source)
    driver.send(.appended)
    driver.press("p")
    driver.press("Esc")
    let before = driver.text
    append(99, of: Story.records, to: source)
    driver.send(.appended)
    #expect(Array(driver.text[2...11]) == Array(before[2...11]))
    #expect(driver.text[1].hasSuffix("38, 41 more"))
    #expect(driver.text[0].hasSuffix("FROZEN"))
    driver.press("p")
    #expect(driver.model.selectedPacket == 79)
  }

  @Test func aFrozenDisplaySaysWhichFilterIsOn() {
    var driver = Driver()
    driver.enter("filter rcpt")
    driver.press("p")
    #expect(driver.text.contains { $0.hasSuffix("rcpt  4 of 79, 0 more") })
  }

  @Test func aFilterOnAFrozenDisplayFiltersWhatIsFrozen() {
    var (source, driver) = start()
    append(40, of: Story.records, to: source)
    driver.send(.appended)
    driver.press("p")
    append(999, of: Story.records, to: source)
    driver.send(.appended)
    driver.enter("rcpt", at: "f")
    #expect(driver.text[1].hasSuffix("rcpt  2 of 38, 41 more"))
    #expect(driver.text[2].contains("<bob@example.net>") && driver.text[3].contains("<nobody@example.net>"))
    driver.press("2")
    #expect(driver.model.list.count == 1)
    driver.press("1 Esc")
    #expect(driver.model.filter == nil && driver.text[1].hasSuffix("38, 41 more"))
    #expect(driver.model.list.count < 38)
    driver.enter("rcpt", at: "f")
    driver.press("p")
    #expect(driver.text[1].hasSuffix("rcpt  4 of 79, following"))
  }

  @Test func aFilterThatIsComeBackToHasSeenEachRecordOnce() {
    var (source, driver) = start()
    append(40, of: Story.records, to: source)
    driver.send(.appended)
    driver.enter("rcpt and message.nrcpts == 1", at: "f")
    for (count, typed) in [(12, ""), (20, " or mail")] {
      driver.press("f")
      append(count, of: Story.records, to: source)
      driver.send(.appended)
      driver.type(typed)
      driver.press("Esc")
    }
    append(999, of: Story.records, to: source)
    driver.send(.appended)
    driver.settle()
    let count = driver.model.list.count
    driver.press("f Enter")
    #expect(driver.model.list.count == count)
  }

  @Test func macrosWhoseCommandComesAfterTheFreezeKeepTheirRow() {
    var (source, driver) = start()
    let records = Story.records
    let macros = records.firstIndex { record in
      if case .received(let received) = record.event {
        received.packet.kind == .command(.macro)
      } else {
        false
      }
    }
    append((macros ?? 0) + 1, of: records, to: source)
    driver.send(.appended)
    driver.press("p")
    append(9, of: records, to: source)
    driver.send(.appended)
    #expect(driver.text[2...11].contains { $0.contains("MACRO") })
  }

  @Test func macrosThatComeBeforeTheirCommandFoldOnceItIsThere() {
    var (source, driver) = start()
    let records = Story.records
    let macros = records.firstIndex { record in
      if case .received(let received) = record.event {
        received.packet.kind == .command(.macro)
      } else {
        false
      }
    }
    append((macros ?? 0) + 1, of: records, to: source)
    driver.send(.appended)
    #expect(driver.text.contains { $0.contains("MACRO") })
    append(1, of: records, to: source)
    driver.send(.appended)
    #expect(!driver.text[2...11].contains { $0.contains("MACRO") })
    #expect(driver.text.contains { $0.contains("CONNECT") && $0.hasSuffix("+5") })
  }
}
