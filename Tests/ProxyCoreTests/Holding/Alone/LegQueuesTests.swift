import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import ProxyCore

/// What waits in both directions, by itself.
@Suite struct LegQueuesTests {
  private static func entry(_ number: Int, _ packet: Packet) -> LegQueue.Entry {
    LegQueue.Entry(number: number, packet, Dissection(packet))
  }

  private func queues(_ packets: Packet...) -> LegQueues {
    var queues = LegQueues()
    for (number, packet) in packets.enumerated() {
      queues[packet.sender].append(Self.entry(number + 1, packet))
    }
    return queues
  }

  @Test func theTurnIsThatOfACommandWithItsMacros() {
    let alone = queues(MTA.macro("M", ["i": "1"]))
    #expect(alone[.mta].turn == nil)
    #expect(alone[.mta].kept == nil)
    var whole = queues(MTA.macro("M", ["i": "1"]), MTA.mail(), MTA.rcpt())
    #expect(whole[.mta].turn == 1)
    #expect(!whole.keepsSomething)
    // What keeps the macros keeps their command.
    _ = whole.hold(.mta, 0, .operator, at: .zero)
    #expect(whole[.mta].kept == 0)
    #expect(whole.keepsSomething)
  }

  @Test func whatIsKeptBehindTheFrontKeepsNothingYet() {
    var queues = queues(MTA.mail(), MTA.rcpt())
    _ = queues.hold(.mta, 1, .operator, at: .zero)
    #expect(queues[.mta].kept == nil)
    _ = queues[.mta].removeFirst()
    #expect(queues[.mta].kept == queues[.mta].entries.startIndex)
  }

  @Test func aPacketIsFoundInEitherDirection() throws {
    let queues = queues(MTA.mail(), Milter.continue, MTA.rcpt())
    #expect(try #require(queues.place(of: 2)).leg == .milter)
    #expect(try #require(queues.place(of: 3)).leg == .mta)
    #expect(queues.place(of: 4) == nil)
  }

  @Test func aReleaseIsRecordedOnceAndOnlyOfWhatGoesOn() {
    var queues = queues(MTA.mail(), MTA.rcpt())
    let first = queues.hold(.mta, 0, .rule("r"), at: .zero)
    let again = queues.hold(.mta, 0, .operator, at: .zero)
    #expect(first && !again)
    let released = [queues.release(.mta, 0, .operator), queues.release(.mta, 0, .operator)]
    #expect(released == [Released(number: 1, outcome: .forwarded, cause: .operator), nil])
    _ = queues.hold(.mta, 1, .operator, at: .zero)
    queues[.mta].entries[1].fate = .drop
    let dropped = queues.release(.mta, 1, .timeout)
    #expect(dropped == nil, "what is dropped is recorded when it is")
    #expect(queues[.mta].entries[1].cause == .timeout)
  }

  @Test func aStepStopsOneAndNotWhatWasLetGo() {
    var queues = queues(MTA.mail(), MTA.rcpt())
    queues.isStepping = true
    _ = queues.hold(.mta, 0, .operator, at: .zero)
    _ = queues.release(.mta, 0, .operator)
    let released = queues.stepStops(.mta, 0)
    #expect(!released)
    let first = queues.stepStops(.mta, 1)
    let second = queues.stepStops(.mta, 1)
    #expect(first && !second)
  }

  @Test func aDelayIsOverAtItsMoment() {
    var queues = queues(MTA.mail())
    queues[.mta].entries[0].notBefore = Moment(microseconds: 5)
    queues.passDelays(.mta, upTo: 0, at: Moment(microseconds: 4))
    #expect(queues.keepsSomething)
    queues.passDelays(.mta, upTo: 0, at: Moment(microseconds: 5))
    #expect(!queues.keepsSomething)
  }

  @Test func whatIsHeldGoesBackToHowItCame() {
    var queues = queues(MTA.mail(), MTA.rcpt())
    for index in 0...1 { queues[.mta].entries[index].current = MTA.rcpt("<other@example.net>") }
    queues[.mta].entries[0].fate = .drop
    _ = queues.hold(.mta, 0, .operator, at: .zero)
    queues.revertHeld()
    #expect(!queues[.mta].entries[0].isEdited && !queues[.mta].entries[0].fate.isDrop)
    #expect(queues[.mta].entries[1].isEdited, "a rule's edit of what is not held stays")
  }

  @Test func ofALostMilterWhatIsBehindItsLastVerdictGoes() {
    var queues = queues(Milter.addHeader(), Milter.continue, Milter.addHeader(), Milter.progress)
    let gone = queues[.milter].removeBehindVerdicts().map(\.number)
    #expect(gone == [3, 4])
    #expect(queues[.milter].entries.map(\.number) == [1, 2])
    var none = self.queues(Milter.addHeader())
    let all = none[.milter].removeBehindVerdicts().map(\.number)
    #expect(all == [1])
  }

  @Test func aSenderWhosePacketsPileUpWaitsUntilAQuarterIsLeft() {
    var queues = LegQueues()
    var turn = Turn()
    let chunk = MTA.raw("B", [UInt8](repeating: 0x61, count: 1 << 18))
    for number in 1...17 { queues[.mta].append(Self.entry(number, chunk)) }
    queues.throttle(&turn)
    queues.throttle(&turn)
    #expect(turn.effects.acts == [.stopReading(.mta)], "once")
    while queues[.mta].entries.count > 4 { _ = queues[.mta].removeFirst() }
    queues.throttle(&turn)
    #expect(turn.effects.acts == [.stopReading(.mta)], "four of 256 KiB are still too many")
    _ = queues[.mta].removeFirst()
    queues.throttle(&turn)
    #expect(turn.effects.acts == [.stopReading(.mta), .resumeReading(.mta)])
  }

  /// Whatever is held and let go, everything leaves in its order, and what it costs is what is there.
  @Test(arguments: 0..<200) func nothingOvertakesAndNothingIsLost(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var queues = LegQueues()
    var waiting: [Leg: [Int]] = [.mta: [], .milter: []]
    for number in 1...60 {
      let packet = generator.packet()
      queues[packet.sender].append(Self.entry(number, packet))
      waiting[packet.sender, default: []].append(number)
      let leg = generator.element(of: Leg.allCases)
      let indices = queues[leg].entries.indices
      if let index = indices.randomElement(using: &generator) {
        if generator.chance(1, in: 2) { _ = queues.hold(leg, index, .operator, at: .zero) }
        if generator.chance(1, in: 3) { _ = queues.release(leg, index, .operator) }
      }
      if queues[leg].turn != nil, queues[leg].kept == nil {
        let left = queues[leg].removeFirst().number
        let first = waiting[leg]?.removeFirst()
        #expect(left == first)
      }
      #expect(queues[leg].cost == queues[leg].entries.reduce(0) { $0 + $1.cost })
    }
    for leg in Leg.allCases {
      let left = queues[leg].removeAll().map(\.number)
      #expect(left == waiting[leg])
    }
    #expect(queues.isEmpty && queues[.mta].cost == 0)
  }
}
