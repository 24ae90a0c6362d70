import Cells
import ConsoleUI
import Mail
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Connections that end before a packet came: a line of their own, where they ended.
@Suite struct SilentConnectionTests {
  /// c1 comes and goes before c2's packets, c3 between c2's macros and their command, c4 behind everything.
  private static func play() -> Recording {
    var play = Recording()
    silent(1, Closed(leg: .mta, how: .peer), in: &play)
    play.connection = 2
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.mta(MTA.macro("C", ["j": "mx"]))
    silent(3, Closed(leg: .milter, how: .unreachable("connection refused")), in: &play)
    play.connection = 2
    play.ask(MTA.connect())
    silent(4, Closed(leg: .mta, how: .peer), in: &play)
    return play
  }

  private static func silent(_ number: Int, _ closed: Closed, in play: inout Recording) {
    play.connection = number
    play.open()
    play.append(.closed(closed))
    if closed.leg == .milter {
      play.append(.found(Finding(.unreachable, packet: nil, "connection refused")))
    }
    play.append(.closed(Closed(leg: closed.leg.other, how: .ours("the other side is gone"))))
  }

  private func start() -> Driver {
    Driver(MemoryRecords(Self.play().records), size: Size(columns: 100, rows: 40))
  }

  /// The names of connections in the list, top to bottom.
  private func names(_ driver: Driver) -> [String] {
    driver.text.dropFirst(2).prefix { !$0.hasPrefix("─") }.compactMap { line in
      line.split(separator: " ").first { $0.first == "c" && $0.dropFirst().first?.isNumber == true }
    }.map(String.init)
  }

  @Test func eachHasALineWhereItEnded() {
    let driver = start()
    #expect(names(driver) == ["c1", "c2", "c2", "c3", "c2", "c2", "c4"])
    #expect(
      driver.text.contains {
        $0.contains("c1          ✕ closed by MTA  without a packet, from inet:50000@")
      })
    #expect(
      driver.text.contains {
        $0.contains("✕ milter unreachable: connection refused  without") && $0.hasSuffix("✖")
      })
  }

  @Test func comingOneByOneTheyStandInTheSameOrder() {
    let whole = names(start())
    let source = MemoryRecords()
    var driver = Driver(source, size: Size(columns: 100, rows: 40), isLive: true)
    for record in Self.play().records {
      source.append(record)
      driver.send(.appended)
      driver.settle()
    }
    #expect(names(driver) == whole)
    // Following: the newest line is the selected one.
    #expect(driver.text.contains { $0.hasPrefix("─ connection c4") })
  }

  @Test func itsDetailTellsBothEndsAndWhatIsRemarked() {
    var driver = start()
    driver.press("g j j j")
    #expect(driver.text.contains { $0.hasPrefix("─ connection c3") })
    for words in [
      "inet:50000@127.0.0.1  to  inet:8891@127.0.0.1", "milter unreachable: connection refused", "✖ W08 ",
    ] {
      #expect(driver.text.contains { $0.contains(words) }, "\(words)")
    }
    #expect(driver.model.selectedPacket == nil)
    driver.press("g")
    #expect(driver.text.contains { $0.hasPrefix("─ connection c1") })
    driver.press("Enter")
    #expect(driver.model.focus == .detail)
    driver.press("m q j")
    #expect(driver.model.selectedPacket == 1)
  }

  @Test func aFilterTakesPacketsOnly() {
    var driver = start()
    driver.enter("filter optneg")
    #expect(names(driver) == ["c2", "c2"])
    driver.press("Esc q")
    #expect(names(driver).count == 7)
  }

  @Test func enterAtItsFindingGoesThere() {
    var driver = start()
    driver.enter("filter optneg")
    driver.press("4 Enter")
    #expect(driver.model.view == .timeline && driver.model.filter == nil)
    #expect(driver.text.contains { $0.hasPrefix("─ connection c3") })
    driver.press("g ]")
    #expect(driver.text.contains { $0.hasPrefix("─ connection c3") })
  }

  @Test func aSearchFindsIt() {
    var driver = start()
    driver.enter("unreachable", at: "/")
    #expect(driver.text.contains { $0.hasPrefix("─ connection c3") })
  }

  @Test func anExcerptHasIt() {
    var driver = start()
    driver.enter("write part.mtrace")
    guard case .write(_, let records, _)? = driver.effects.last else {
      Issue.record("nothing is written")
      return
    }
    #expect(Set(records).isSuperset(of: [0, 1, 2]))
    #expect(records.count == Self.play().records.count)
  }

  @Test func unfoldingKeepsTheOrder() {
    var driver = start()
    driver.enter("set macros unfolded")
    #expect(names(driver) == ["c1", "c2", "c2", "c2", "c3", "c2", "c2", "c4"])
    driver.enter("goto 4")
    #expect(driver.model.selectedPacket == 4)
    driver.press("k")
    #expect(driver.text.contains { $0.hasPrefix("─ connection c3") })
  }
}
