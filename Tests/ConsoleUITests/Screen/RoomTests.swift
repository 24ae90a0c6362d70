import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Nothing is drawn over anything else, and what was typed outlives a new size.
@Suite struct RoomTests {
  static let sizes = ScreenTests.sizes
  static let places = [
    "Esc", "2", "3", "4", "5", "6", "l", "l l", "l l l", "h", "h h", "2 l l", "4 l l", "Tab", "2 Tab", "?",
    "p", "g / n o b o d y Enter",
  ]

  @Test(arguments: places, sizes) func everythingHasItsRoom(_ keys: String, _ size: Size) {
    for isLive in [false, true] {
      var driver = Driver(size: size, isLive: isLive)
      driver.press(keys)
      driver.model.forgetStatus()
      let (text, layout) = (driver.text, driver.model.layout)
      // The state in the title is whole.
      if isLive {
        let state = keys == "p" ? "FROZEN" : "● REC"
        #expect(text[0].hasSuffix(" " + state), "\(text[0])")
      }
      // So are the keys: none is cut, and help is always there.
      let bottom = text[size.rows - 1]
      #expect(bottom.hasSuffix("? help  : type"), "\(bottom)")
      #expect(!bottom.contains("…"), "\(bottom)")
      // Nothing lies over the line between two panes.
      let frame = driver.frame()
      for row in 0..<(layout.divider.isEmpty ? 0 : layout.divider.rows) {
        let place = Point(column: layout.divider.column, row: layout.divider.row + row)
        #expect(frame[place].base == "│" || frame[place].base == "├")
      }
    }
  }

  @Test(arguments: sizes) func outcomesAreWholeWords(_ size: Size) {
    var driver = Driver(size: size)
    driver.press("2 Esc 2")
    let list = driver.text.dropFirst(2).prefix(3).map { String($0.prefix(driver.model.layout.list.columns)) }
    for (line, words) in zip(list, [["ok −1 rcpt", "accepted, 1 refused"], ["quarantined"], ["rejected"]]) {
      #expect(words.contains { line.contains($0) }, "\(line)")
    }
  }

  @Test(arguments: sizes) func aNewSizeKeepsWhatWasTyped(_ size: Size) {
    for (keys, typed) in [
      ("f", "rcpt and reply"), (":", "goto 12"), ("/", "nobody"), (";", "look at this"), ("i", "bodyeob"),
    ] {
      var driver = Driver(isLive: true)
      driver.press(keys + " ^U")
      driver.type(typed)
      for other in [Size(columns: 20, rows: 5), Size(columns: 1, rows: 1), size] {
        driver.send(.resized(other))
      }
      #expect(driver.model.prompt?.editor.text == typed, "\(keys)")
      #expect(driver.text[size.rows - 1].contains(typed.suffix(6)), "\(keys)")
    }
    var driver = Driver(size: size)
    driver.press("x Down Down")
    let cursor = driver.model.menu?.cursor
    for other in [Size(columns: 20, rows: 5), Size(columns: 1, rows: 1), size] {
      driver.send(.resized(other))
    }
    #expect(cursor != nil && driver.model.menu?.cursor == cursor)
  }

  @Test(arguments: sizes) func aNewSizeKeepsWhatWasTypedIntoAForm(_ size: Size) throws {
    var play = Recording()
    play.open()
    let number = play.receive(MTA.header("Subject", " hello"), forwarded: false)
    play.append(.held(Held(number: number, cause: .rule("hold"), deadline: nil)))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.press("e Down ^U")
    driver.type("changed")
    for other in [Size(columns: 20, rows: 5), Size(columns: 1, rows: 1), size] {
      driver.send(.resized(other))
    }
    #expect(driver.text.contains { $0.contains("changed") })
    driver.press("Enter")
    let asked = try Instruction(parsing: "set header.value changed")
    #expect(driver.effects == [.instruct(asked, packet: number)])
  }

  @Test func whatASelectedChoiceDoesIsWholeAt80Columns() {
    let story = DeskStory()
    var driver = Driver.desk(story, story.source)
    driver.press("v")
    let count = driver.model.menu?.items.count ?? 0
    #expect(count > 3)
    for _ in 0..<count {
      driver.press("Down")
      guard let menu = driver.model.menu, let cursor = menu.cursor else { break }
      let remark = String(decoding: menu.items[cursor].remark.plainBytes, as: UTF8.self)
      let words = remark.split(separator: " ")
      let flat = driver.text.joined(separator: " ").split(separator: " ").filter { $0 != "│" }.joined(
        separator: " ")
      #expect(flat.contains(words.joined(separator: " ")), "\(remark)")
    }
  }

  @Test func aSlowReplyIsToldWithoutColours() {
    var driver = Driver(size: Size(columns: 80, rows: 100))
    driver.press("G")
    #expect(driver.text.contains { $0.contains(" !2.4s ") && $0.contains("accept") })
    #expect(!driver.text.contains { $0.contains("!1.0ms") })
  }
}

extension ConsoleModel {
  /// The words at the bottom go, and the keys come back.
  fileprivate mutating func forgetStatus() {
    _ = update(.key(.mouse(Key.Mouse(.left, .press, at: Point(column: 0, row: 900)))))
  }
}
