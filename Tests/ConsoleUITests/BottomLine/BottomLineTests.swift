import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct BottomLineTests {
  struct Row: Sendable, CustomStringConvertible {
    var keys: String
    /// What the last line of the screen says again once the question is answered.
    var line: String
    var description: String { keys }
  }

  static let rows = [
    Row(keys: ": m a r", line: ":mar"), Row(keys: "f 2", line: "filter: 2"),
    Row(keys: "x", line: " letter or ↓ ↑ Enter choose  Esc leave"),
    Row(keys: "e", line: " Enter keep  Esc leave  Tab next field  Up the one before"),
  ]

  /// A file turns out to be there while somebody types already.
  @Test(arguments: rows) func aQuestionGivesBackWhatItCameOver(_ row: Row) throws {
    var play = Recording()
    play.open()
    let number = play.receive(MTA.optNeg(), forwarded: false)
    play.append(.held(Held(number: number, cause: .rule("hold"), deadline: nil)))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.press(row.keys)
    try #require(driver.text.last == row.line)
    driver.send(.exists(path: "a.mtrace", replace: .write(path: "a.mtrace", records: [0], replaces: true)))
    #expect(driver.text.last == " a.mtrace is there already. Replace it? y yes  n no")
    driver.send(.exists(path: "b.bin", replace: .save(path: "b.bin", bytes: [], replaces: true)))
    driver.press("n")
    #expect(driver.text.last == " a.mtrace is there already. Replace it? y yes  n no")
    driver.press("y")
    #expect(driver.effects == [.write(path: "a.mtrace", records: [0], replaces: true)])
    #expect(driver.text.last == row.line)
  }

  @Test func whatIsAskedAlreadyIsNotAskedOnceMore() {
    var driver = Driver(isLive: true)
    for _ in 0..<3 { driver.send(.suspending) }
    driver.press("y")
    #expect(driver.effects == [.suspend] && driver.model.question == nil)
  }
}
