import ConsoleUI
import TestSupport
import Testing

/// Every view and tab at the sizes that operators have.
@Suite struct ScreenTests {
  static let sizes = [
    Size(columns: 80, rows: 24), Size(columns: 120, rows: 36), Size(columns: 200, rows: 60),
    Size(columns: 40, rows: 10),
  ]

  private func hold(_ name: String, _ size: Size, _ drive: (inout Driver) -> Void) {
    var driver = Driver(size: size)
    drive(&driver)
    expectScreen(driver.frame(), "Screens/\(name)-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes) func timeline(_ size: Size) {
    hold("timeline", size) { $0.press("Esc g") }
  }
}
