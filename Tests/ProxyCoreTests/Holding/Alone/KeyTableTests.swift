import MilterProtocol
import TestSupport
import Testing

@testable import ProxyCore

@Suite struct KeyTableTests {
  @Test func itCountsEachValueUntilItsTimeIsOver() {
    var table = KeyTable()
    let span = Moment.Span.seconds(10)
    #expect(table.count([1], at: .zero, over: span) == 1)
    #expect(table.count([2], at: .zero, over: span) == 1)
    #expect(table.count([1], at: .zero + .seconds(9), over: span) == 2)
    #expect(table.count([1], at: .zero + .seconds(10), over: span) == 1)
    #expect(table.count([1], at: .zero + .seconds(19), over: span) == 2)
    #expect(table.count([1], at: .zero + .seconds(1000), over: nil) == 3)
  }

  @Test func itIsBoundedAndTakesValuesAgainOnceOthersAreOver() {
    var table = KeyTable()
    func value(_ number: Int) -> [UInt8] { Array(String(number).utf8) }
    for number in 0..<KeyTable.limit { _ = table.count(value(number), at: .zero, over: .seconds(10)) }
    #expect(table.count(value(-1), at: .zero + .seconds(5), over: .seconds(10)) == nil)
    #expect(table.count(value(0), at: .zero + .seconds(5), over: .seconds(10)) == 2)
    #expect(table.count(value(-1), at: .zero + .seconds(10), over: .seconds(10)) == 1)
  }
}
