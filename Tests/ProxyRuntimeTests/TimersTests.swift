import MilterProtocol
import Testing

@testable import ProxyRuntime

@Suite struct TimersTests {
  private func moment(_ microseconds: Int64) -> Moment { Moment(microseconds: microseconds) }

  @Test func comeDueInTheOrderOfTheirTimes() {
    var timers = Timers()
    for (slot, time) in [5, 3, 9, 1, 7].enumerated() { timers.set(moment(Int64(time)), for: slot) }
    #expect(timers.next == moment(1))
    var due: [Int] = []
    while let slot = timers.due(at: moment(7)) { due.append(slot) }
    #expect(due == [3, 1, 0, 4])
    #expect(timers.next == moment(9))
  }

  @Test func aTimeThatWasTakenBackOrReplacedDoesNotCome() {
    var timers = Timers()
    timers.set(moment(1), for: 0)
    timers.set(nil, for: 0)
    timers.set(moment(1), for: 1)
    timers.set(moment(5), for: 1)
    #expect(timers.due(at: moment(4)) == nil)
    #expect(timers.due(at: moment(5)) == 1)
    #expect(timers.due(at: moment(9)) == nil)
  }

  @Test func attemptsComeLessAndLessOften() {
    var backoff = Backoff()
    let pauses = (0..<9).map { _ in backoff.pause() }
    #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 500, 500].map { Moment.Span.milliseconds($0) })
  }

  @Test func timesThatWereTakenBackDoNotPileUp() {
    var timers = Timers()
    for slot in 0..<10_000 {
      timers.set(moment(Int64(slot) + 1_000), for: slot)
      timers.set(nil, for: slot)
    }
    #expect(timers.pending < 200)
  }
}
