import Dialogue
import MilterProtocol
import Sending
import TestSupport
import Testing

/// What a replayed MTA says, by what the milter answers; rows are written as they are said.
@Suite struct ReplayedMTATests {
  private final class Packets: RecordedPackets {
    let all: [Packet]
    init(_ all: [Packet]) { self.all = all }
    func said(_ line: ReplayedMTA.Line) -> Packet? { line.change?.packet ?? line.row.map { all[$0] } }
  }

  private static let session: [(Packet, ReplyKind?)] = [
    (MTA.optNeg(), .optNeg), (MTA.connect(), .continue), (MTA.helo(), .continue), (MTA.mail(), .continue),
    (MTA.rcpt("<one@example.net>"), .continue), (MTA.rcpt("<two@example.net>"), .reject),
    (MTA.data, .continue),
    (MTA.header(), .continue), (MTA.header("To", "x"), .continue), (MTA.eoh, .continue),
    (MTA.body(), .continue),
    (MTA.body(), .continue), (MTA.bodyEOB, .accept), (MTA.mail("<next@example.org>"), .continue),
    (MTA.abort, nil),
    (MTA.quit, nil),
  ]

  /// Names of what is said; `answers` says what the milter does where it is not what was recorded, by the command's place.
  private static func play(
    _ answers: [Int: Packet] = [:], silent: Int? = nil, optNeg: Packet = Milter.optNeg(),
    in session: [(Packet, ReplyKind?)] = session, makesUpEnds: Bool = false
  ) -> [String] {
    let packets = Packets(session.map { $0.0 })
    let lines = session.enumerated().map { place, line in
      var kind: CommandKind?
      if case .command(let command) = line.0.kind { kind = command }
      return ReplayedMTA.Line(row: place, kind: kind, stage: kind?.stage, time: .zero, verdict: line.1)
    }
    var script = ReplayedMTA(lines, from: packets, start: nil, makesUpEnds: makesUpEnds)
    var dialogue = Dialogue()
    var said: [String] = []
    var number = 0
    var now = Moment.zero
    func travel(_ packet: Packet) -> Placement {
      number += 1
      return dialogue.travelled(packet, Dissection(packet).shape, number: number, .through, at: now)
    }
    while said.count < 50 {
      switch script.next(dialogue, at: now) {
      case .say(let packet, _):
        said.append(packet.kind.name)
        _ = travel(packet)
        let place = session.firstIndex { $0.0 == packet }
        if let place, place == silent || session[place].1 == nil { continue }
        let recorded = place.flatMap { session[$0].1 }
        let verdict =
          recorded == .reject ? Milter.reject : recorded == .accept ? Milter.accept : Milter.continue
        let answer = place == 0 ? optNeg : place.flatMap { answers[$0] } ?? verdict
        let placement = travel(answer)
        script.heard(answer, number: number, placement, dialogue, at: now)
      case .wait(let until): now = until ?? now
      case .hangUp: return said
      case .giveUp(let why): return said + [why.text]
      case .sayPiecewise, .sayBytes, .note, .reset: return said + ["?"]
      }
    }
    return said
  }

  private static let whole = session.map { $0.0.kind.name }

  @Test func whereTheMilterSaysTheSameAllIsSaid() { #expect(Self.play() == Self.whole) }

  @Test func theRestOfAMailThatIsOverIsLeftOut() {
    let rest = ["MAIL", "ABORT", "QUIT"]
    #expect(Self.play([3: Milter.reject]) == Array(Self.whole[...3]) + rest)
    #expect(Self.play([7: Milter.accept]) == Array(Self.whole[...7]) + rest)
    #expect(Self.play([6: Milter.tempfail]) == Array(Self.whole[...6]) + rest)
  }

  @Test func withoutARecipientThereIsNoMail() {
    #expect(Self.play([4: Milter.reject]) == Array(Self.whole[...5]) + ["MAIL", "ABORT", "QUIT"])
    // The other one is taken instead.
    #expect(Self.play([4: Milter.reject, 5: Milter.continue]) == Self.whole)
  }

  @Test func aRefusedClientHasNoSession() {
    #expect(Self.play([1: Milter.reject]) == ["OPTNEG", "CONNECT", "QUIT"])
  }

  @Test func whatIsSkippedOrSwitchedOffIsLeftOut() {
    #expect(Self.play([7: Milter.skip]).filter { $0 == "HEADER" }.count == 1)
    let without = Self.play(optNeg: Milter.optNeg(.current, [.noHelo, .noBody]))
    #expect(without == Self.whole.filter { $0 != "HELO" && $0 != "BODY" })
  }

  @Test func whereSomethingIsChangedAMailComesToItsEnd() {
    // The recorded milter took it at the first header.
    let short: [(Packet, ReplyKind?)] =
      Self.session[..<7] + [(MTA.header(), .accept), (MTA.abort, nil), (MTA.quit, nil)]
    let names = short.map { $0.0.kind.name }
    #expect(Self.play([7: Milter.continue], in: short) == names)
    #expect(
      Self.play([7: Milter.continue], in: short, makesUpEnds: true)
        == Array(names[...7]) + ["EOH", "BODYEOB", "ABORT", "QUIT"])
    #expect(Self.play(in: short, makesUpEnds: true) == names)
  }

  @Test func aMilterThatDoesNotAnswerIsLeft() {
    let said = Self.play(silent: 7)
    #expect(said.dropLast() == Self.whole[...7])
    #expect(said.last?.hasPrefix("no answer to HEADER within ") == true)
  }
}
