import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// A number from a file is any number (see ``NumberStorm``): all that the screen shows of one is drawn.
@Suite struct NumberStormTests {
  /// Every view from its first to its last line, with every tab of the detail, in every form of time.
  private static let walk =
    "1 G k g j Enter Tab l l l l l l Tab q t G t g t 2 G Enter d q q 3 G Enter q 4 G g Enter q 5 6 j 1 / 9 Enter n n ] ["

  @Test(arguments: 1...10, [true, false]) func everyViewIsDrawn(_ seed: UInt64, _ isLive: Bool) {
    var storm = NumberStorm(seed: seed)
    var driver = Driver(storm.trace(), size: Size(columns: 120, rows: 36), isLive: isLive)
    driver.send(.tick(Moment(microseconds: seed % 2 == 0 ? .max : .min)))
    for key in Self.walk.split(separator: " ") {
      driver.press(String(key))
      #expect(driver.frame().size.rows == 36)
    }
    driver.enter("goto 9223372036854775807")
    driver.enter("filter took > 1s or n > 3 or time < 5s")
    #expect(driver.frame().size.rows == 36)
  }
}
