import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct AskingTests {
  @Test func marksAndNotesAreAskedForAndShowOnceTheyAreRecords() {
    let source = Story.source
    var driver = Driver(source)
    driver.press("2 4 G")
    driver.press("m")
    driver.enter("why?", at: ";")
    #expect(driver.effects == [.instruct(.mark, packet: 24), .instruct(.note("why?"), packet: 24)])
    source.append(Record(time: .zero, connection: 1, event: .marked(packet: 24, on: true)))
    source.append(Record(time: .zero, connection: 1, event: .noted(text: "why?", packet: 24)))
    driver.send(.appended)
    let row = driver.text.first { $0.contains("no such user") }
    #expect(row?.hasPrefix("▌") == true)
    #expect(row?.hasSuffix("✎") == true)
    #expect(driver.text.contains { $0.contains("✎ why?") })
    driver.press("m")
    #expect(driver.effects.last == .instruct(.unmark, packet: 24))
  }

  /// PROGRESS and modifications are on the way to an answer, and none.
  @Test func anAnswerIsTheReplyThatSettles() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail("<a@example.org>"))
    play.mta(MTA.bodyEOB)
    play.milter(Milter.progress)
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 120, rows: 36))
    driver.enter("bodyeob", at: "f ^U")
    driver.press("g")
    #expect(!driver.text.contains { $0.contains("answered by") })
    play.milter(Milter.addHeader(), Milter.accept)
    driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 120, rows: 36))
    driver.enter("bodyeob", at: "f ^U")
    driver.press("g")
    #expect(driver.text.contains { $0.contains("answered by") && $0.contains("ACCEPT") })
  }

  @Test func sessionSaysWhatBecameOfTheOffer() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    func shown() -> String? {
      var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 120, rows: 36))
      driver.press("1 G h h Enter")
      return driver.text.first { $0.contains("offered") }
    }
    #expect(shown()?.contains("no answer yet") == true)
    play.close()
    play.close(.milter)
    #expect(shown()?.contains("never answered") == true)
  }

  @Test func writingTakesTheRecordsOfWhatIsShown() {
    var driver = Driver()
    driver.enter("conn == 1 and optneg", at: "f")
    driver.enter("part.mtrace", at: "w")
    #expect(driver.effects == [.write(path: "part.mtrace", records: [0, 1, 2, 71], replaces: false)])
    let replace = ConsoleEffect.write(path: "part.mtrace", records: [0, 1, 2], replaces: true)
    driver.send(.exists(path: "part.mtrace", replace: replace))
    driver.press("y")
    #expect(driver.effects.last == .write(path: "part.mtrace", records: [0, 1, 2], replaces: true))
  }

  /// What a shell would obey when it is pasted is copied as escapes.
  @Test func copyingGivesNothingThatATerminalObeys() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail("<a@example.org>"))
    play.ask(MTA.rcpt("<b@example.org>"))
    play.ask(MTA.header("X-Trick", "hi\u{1b}[201~\rid\r"))
    play.ask(MTA.header("X-Folded", "one\r\n\ttwo"))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 120, rows: 36))
    func copied(_ header: String) -> String? {
      driver.enter("header.name == \"\(header)\"", at: "f ^U")
      driver.press("g Tab j j y Tab")
      guard case .copy(let bytes)? = driver.effects.last else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(copied("X-Trick") == #"hi\x1b[201~\rid\r"#)
    #expect(copied("X-Folded") == "one\n\ttwo")
  }

  @Test func copyingTakesTheSelectedValue() {
    var driver = Driver()
    driver.press("2 3 G")
    driver.press("Enter j y")
    #expect(driver.effects == [.copy(bytes("<nobody@example.net>"))])
  }

  @Test func quittingAsksWhileConnectionsAreOpen() {
    var driver = Driver(isLive: true)
    driver.press("Q")
    #expect(driver.effects == [])
    #expect(driver.model.question?.words == "1 connection still open. Quit and end them?")
    driver.press("n Q y")
    #expect(driver.effects == [.quit])
  }

  @Test func aRecordedTraceIsLeftAtOnce() {
    var driver = Driver()
    driver.press("Q")
    #expect(driver.effects == [.quit])
  }

  @Test func quittingAsksWhileNotesAndMarksAreInNoFile() {
    let source = Story.source
    var driver = Driver(source)
    driver.press("2 4 G m")
    #expect(driver.model.status?.text == "packet 24 marked; kept only when written: w")
    source.append(Record(time: .zero, connection: 1, event: .marked(packet: 24, on: true)))
    driver.send(.appended)
    driver.press("2 3 G")
    driver.enter("why?", at: ";")
    #expect(driver.model.status?.text == "packet 23 noted; kept only when written: w")
    source.append(Record(time: .zero, connection: 1, event: .noted(text: "why?", packet: 23)))
    driver.send(.appended)
    driver.press("Q")
    #expect(
      driver.model.question?.words
        == "Notes or marks on 2 packets are unwritten; w writes. Quit?")
    #expect(driver.text.last?.hasSuffix("y yes  n no") ?? false)
    driver.press("n")
    driver.enter("part.mtrace", at: "w")
    guard case .write(_, let records, _)? = driver.effects.last else {
      Issue.record("nothing was written")
      return
    }
    driver.send(.wrote(records: [], words: "wrote 0 records"))
    driver.press("Q n")
    #expect(!driver.effects.contains(.quit))
    driver.send(.wrote(records: records, words: "wrote \(records.count) records to part.mtrace"))
    driver.press("Q")
    #expect(driver.model.question == nil && driver.effects.last == .quit)
  }

  @Test func aMarkTakenOffAgainLeavesNothingToWrite() {
    let source = Story.source
    var driver = Driver(source)
    driver.press("2 4 G m")
    source.append(Record(time: .zero, connection: 1, event: .marked(packet: 24, on: true)))
    driver.send(.appended)
    driver.press("m Q")
    #expect(driver.effects.last == .quit)
  }

  @Test func keysCanBeBound() {
    var driver = Driver()
    driver.enter("bind x filter rcpt")
    driver.press("x")
    #expect(driver.model.filter?.text == "rcpt")
    driver.enter("unbind x")
    driver.press("Esc x")
    #expect(driver.model.filter == nil)
    driver.enter("bind x nonsense")
    #expect(driver.model.prompt != nil)
  }

  @Test func enterOnALineThatDoesNotHoldSaysWhatIsWrongAndInWhichColumn() {
    for (line, words) in [
      ("bind", "^ column 5: "), ("bind nokey quit", "^ column 6: 'nokey' names no key"),
      ("set time noon", "^ column 10: expected clock, start, delta"),
    ] {
      var driver = Driver()
      driver.press(":")
      driver.type(line)
      #expect(!driver.text.contains { $0.contains("^ column") }, "\(line)")
      driver.press("Enter")
      #expect(driver.text.contains { $0.contains(words) }, "\(line): \(driver.text.suffix(4))")
      driver.type("x")
      #expect(!driver.text.contains { $0.contains("^ column") }, "\(line)")
    }
  }

  @Test func configLinesSayWhereTheyAreWrong() {
    var model = Driver().model
    #expect(model.configure("set time delta") == nil)
    #expect(model.settings.time == .delta)
    #expect(model.configure("bind ^X filter rcpt") == nil)
    let wrong = [
      ("set time noon", 10, "expected clock, start, delta, there was 'noon'"),
      ("bind nokey quit", 6, "'nokey' names no key; x, ^X, F5, PgUp, Alt-x do"),
      ("bind x filter rcptt ==", 15, ""), ("screen down", 1, "expected set, bind, unbind or a rule"),
      ("bind x screen dwon", 15, ""),
    ]
    for (line, column, message) in wrong {
      let fault = model.configure(line)
      #expect(fault.map { $0.range.lowerBound + 1 } == column, "\(line)")
      if !message.isEmpty { #expect(fault?.message == message) }
    }
  }
}
