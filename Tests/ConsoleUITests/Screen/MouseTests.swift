import Cells
import ConsoleUI
import TestSupport
import Testing

@Suite struct MouseTests {
  @Test(arguments: [Size(columns: 80, rows: 24), Size(columns: 120, rows: 36), Size(columns: 44, rows: 24)])
  func viewsAndTabsAreWhereTheirNamesStand(_ size: Size) {
    var driver = Driver(size: size)
    var views: [ListView] = []
    for column in 0..<size.columns {
      driver.click(Point(column: column, row: 0))
      if driver.model.view != views.last { views.append(driver.model.view) }
      let after = driver.text[0].dropFirst(column)
      for view in ListView.allCases where after.hasPrefix("\(view.rawValue) \(view.title)") {
        #expect(driver.model.view == view, "column \(column)")
      }
    }
    #expect(views == ListView.allCases)
    driver.press("1")
    var tabs: [DetailTab] = []
    let rule = driver.model.layout.rule
    for column in rule.column..<rule.endColumn {
      driver.click(Point(column: column, row: rule.endRow - 1))
      if driver.model.tab != tabs.last { tabs.append(driver.model.tab) }
      let after = driver.text[rule.endRow - 1].dropFirst(column)
      for tab in DetailTab.allCases where after.hasPrefix(tab.title) {
        #expect(driver.model.tab == tab, "column \(column)")
      }
    }
    #expect(tabs == DetailTab.allCases)
  }

  @Test func aClickSelectsAndASecondOneOpens() {
    var driver = Driver()
    driver.click(Point(column: 30, row: 5))
    #expect(driver.model.list.cursor == 3 && driver.model.focus == .list)
    driver.click(Point(column: 30, row: 5))
    #expect(driver.model.focus == .detail)
    driver.click(Point(column: 30, row: 8))
    #expect(driver.model.list.cursor == 6 && driver.model.focus == .list)
  }

  @Test func theWheelScrollsWhatIsUnderIt() {
    var driver = Driver()
    driver.send(.key(.mouse(Key.Mouse(.wheelDown, .press, at: Point(column: 3, row: 4)))))
    #expect(driver.model.list.cursor == 3 && driver.model.detail.list.cursor == 0)
    driver.send(.key(.mouse(Key.Mouse(.wheelDown, .press, at: Point(column: 3, row: 20)))))
    #expect(driver.model.list.cursor == 3 && driver.model.detail.list.cursor == 3)
    driver.press("?")
    let top = driver.text[1]
    driver.send(.key(.mouse(Key.Mouse(.wheelDown, .press, at: Point(column: 3, row: 20)))))
    #expect(driver.text[1] != top)
  }

  @Test func theNewestIsLeftAloneByAClickFurtherUp() {
    var driver = Driver(isLive: true)
    #expect(driver.model.settings.follow)
    driver.click(Point(column: 30, row: 5))
    #expect(!driver.model.settings.follow)
  }

  @Test func whatAsksForKeysIsNotClickedAway() {
    for keys in [":", "?", "x", "w"] {
      var driver = Driver()
      driver.press(keys)
      let before = driver.text
      driver.click(Point(column: 30, row: 5))
      #expect(driver.text == before, "\(keys)")
    }
  }

  @Test func itIsOffUntilAskedFor() {
    var driver = Driver()
    #expect(!driver.model.settings.mouse)
    driver.enter("set mouse on")
    #expect(driver.model.settings.mouse)
    driver.enter("set mouse off")
    #expect(!driver.model.settings.mouse)
  }
}
