import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct ExportingTests {
  private func exported(_ line: String, _ driver: Driver = Driver()) -> [ConsoleEffect] {
    var driver = driver
    driver.enter(line)
    return driver.effects
  }

  private func request(_ format: String, _ rows: [UInt32]?, _ file: String, redacts: Bool? = nil)
    -> ConsoleEffect
  {
    var request = ExportRequest(format: format, file: file)
    request.rows = rows
    request.redacts = redacts
    return .export(request, replaces: false)
  }

  @Test func withoutAFilterEverythingShownIsEverything() {
    #expect(exported("export report bug.md") == [request("report", nil, "bug.md")])
    #expect(exported("export trace shown --redact x") == [request("trace", nil, "x", redacts: true)])
  }

  @Test func aFilterChooses() {
    var driver = Driver()
    driver.enter("conn == 1 and optneg", at: "f")
    driver.enter("export html part.html")
    #expect(driver.effects == [request("html", [0, 1], "part.html")])
  }

  @Test func aPacketComesWithItsMacros() {
    var driver = Driver()
    driver.enter("goto 5")
    let row = driver.model.trace.index.row(number: 5) ?? 0
    let macros = driver.model.trace.index.macroRows(of: row)
    driver.enter("export html packet p.html")
    #expect(driver.effects == [request("html", (macros + [row]).map { UInt32($0) }, "p.html")])
  }

  /// Findings that are about no packet go out with a filter that asks about findings, and with no other.
  @Test(arguments: [(#"finding == "W08""#, true), (#"finding == "N01""#, nil), ("conn == 1", false)])
  func aFilterForFindingsTakesThoseWithoutAPacket(_ filter: String, _ isKept: Bool?) throws {
    var play = Recording()
    play.greet()
    play.append(.found(Finding(.unreachable, packet: nil, "connection refused")))
    var driver = Driver(MemoryRecords(play.records))
    driver.enter(filter, at: "f")
    driver.enter("export report part.md")
    guard let isKept else { return #expect(driver.effects.isEmpty) }
    guard case .export(let request, _)? = driver.effects.first else { throw NoExport() }
    #expect((request.filter != nil) == isKept)
    #expect(request.rows?.isEmpty == isKept)
  }

  private struct NoExport: Error {}

  @Test func aMailIsAllItsPackets() throws {
    var driver = Driver()
    driver.press("2 j")
    driver.enter("export eml message m.eml")
    let index = driver.model.trace.index
    let rows = index.rows(ofMessage: 1).map { UInt32($0) }
    #expect(driver.effects == [request("eml", rows, "m.eml")])
  }

  @Test(arguments: [
    ("export reprt x.md", "there is no format 'reprt'; the formats are report, html, trace, eml"),
    ("export report marked x.md", "no packet has a mark; m marks one"),
    ("export report message x.md", "packet 1 belongs to no mail"),
  ])
  func whatCannotBeIsRefused(_ line: String, _ words: String) {
    var driver = Driver()
    driver.press("g")
    driver.enter(line)
    #expect(driver.effects == [])
    #expect(driver.model.status?.text == words)
  }

  @Test func theMenusEndAtThePromptWithTheWholeLine() {
    var driver = Driver()
    driver.press("2 4 G x")
    #expect(driver.model.menu?.title == "Export as")
    driver.press("r")
    #expect(driver.model.menu?.title == "Export what as report")
    driver.press("m")
    #expect(driver.model.prompt?.editor.text == "export report message story-c1.1.md")
    driver.press("Enter")
    guard case .export(let request, replaces: false)? = driver.effects.last else {
      Issue.record("no export")
      return
    }
    #expect(request.file == "story-c1.1.md")
  }

  @Test func aNameThatIsNotGivenIsProposedAndNeverThatOfTheTrace() {
    var driver = Driver()
    driver.enter("export trace")
    #expect(driver.effects == [])
    #expect(driver.model.prompt?.editor.text == "export trace shown story-all.mtrace")
  }

  @Test func whatIsThereGoesOnlyWhenTheOperatorSaysSo() {
    var driver = Driver()
    driver.enter("export report bug.md")
    guard case .export(let request, _)? = driver.effects.last else { return }
    driver.send(.exists(path: "bug.md", replace: .export(request, replaces: true)))
    #expect(driver.model.question?.words == "bug.md is there already. Replace it?")
    driver.press("y")
    #expect(driver.effects.last == .export(request, replaces: true))
  }
}
