import MilterProtocol
import Testing

/// One sign a severity, for `show` and the screen alike.
@Suite struct SeveritySignTests {
  @Test func eachSeverityHasASignOfItsOwn() {
    #expect(Finding.Severity.allCases.map(\.sign) == ["●", "▲", "✖"])
  }
}
