import MilterProtocol
import TestSupport
import Testing

/// Findings about the time that packets take: 40 ms again and again, a tenth of the patience, a milter that grows slower.
@Suite struct TimingTests {
  private static func timing(_ findings: [Finding]) -> [String] {
    findings.filter { ["W09", "W10", "W11"].contains($0.rule.id) }.map { "\($0.rule.id)@\($0.packet ?? 0)" }
  }

  /// Milliseconds from each packet to the one before, then the packets that get a finding.
  private func played(_ packets: [Packet], _ waits: [Int64], from start: Int) -> [String] {
    var play = LegPlay()
    for (i, packet) in packets.enumerated() {
      // Each takes a millisecond by itself.
      if i >= start { play.wait(.milliseconds(waits[(i - start) % waits.count] - 1)) }
      play.play(packet)
    }
    return Self.timing(play.findings)
  }

  private static let mail = Letters.packets("O/O C/c M/c R/c T/c L/c N/c E/hhhhhhc Q")

  /// Packets 17 to 22 stand behind another packet of the milter.
  @Test(
    arguments: [
      (waits: [40], findings: ["W09@19"]),
      (waits: [43], findings: ["W09@19"]),
      (waits: [1], findings: []),
      (waits: [25], findings: []),
      (waits: [60], findings: []),
      // Of every kind: a milter that computes.
      (waits: [40, 25, 70], findings: []),
      // Others are no reason against it where they are few.
      (waits: [25, 40, 40, 40], findings: ["W09@20"]),
    ] as [(waits: [Int64], findings: [String])])
  func packetsOfTheMilterFortyMillisecondsApart(waits: [Int64], findings: [String]) {
    #expect(played(Self.mail, waits, from: 16) == findings)
  }

  @Test func commandsFortyMillisecondsBehindTheirMacros() {
    let packets = Letters.packets("O/O DC C/c DH H/c DM M/c DR R/c Q")
    var play = LegPlay()
    for packet in packets {
      if packet.sender == .mta, packet.kind != .command(.macro) { play.wait(.milliseconds(41)) }
      play.play(packet)
    }
    #expect(Self.timing(play.findings) == ["W09@10"])
  }

  /// Behind a reply the client is waited for, whose answers may take as long.
  @Test func commandsFortyMillisecondsBehindRepliesAreTheClients() {
    var play = LegPlay()
    for packet in Letters.packets("O/O C/c H/c M/c R/c R/c R/c T/c A M/c R/c T/c A Q") {
      if packet.sender == .mta { play.wait(.milliseconds(41)) }
      play.play(packet)
    }
    #expect(Self.timing(play.findings) == [])
  }

  @Test func repliesThatAllTakeFortyMilliseconds() {
    var play = LegPlay()
    for packet in Letters.packets("O/O C/c H/c M/c R/c T/c L/c Q") {
      if packet.sender == .milter { play.wait(.milliseconds(40)) }
      play.play(packet)
    }
    #expect(Self.timing(play.findings) == ["W09@12"])
  }

  /// A filter that asks somebody 40 ms away does that at one stage or two.
  @Test func repliesAtOneStageThatTakeFortyMilliseconds() {
    var play = LegPlay("O/O C/c H/c")
    for packet in Letters.packets("M/c R/c R/c R/c R/c R/c R/c R/c T/c") {
      if packet.sender == .milter, play.places.last?.stage == .rcpt { play.wait(.milliseconds(40)) }
      play.play(packet)
    }
    #expect(Self.timing(play.findings) == [])
  }

  @Test func aTenthOfThePatienceIsNotedOnceAStage() {
    var play = LegPlay("O/O DC")
    func reply(to command: Packet, after span: Moment.Span) {
      play.play(command)
      play.wait(span)
      play.play(Milter.continue)
    }
    reply(to: MTA.connect(), after: .milliseconds(2900))
    reply(to: MTA.helo(), after: .milliseconds(3100))
    reply(to: MTA.helo(), after: .milliseconds(3100))
    reply(to: MTA.mail(), after: .milliseconds(3100))
    #expect(Self.timing(play.findings) == ["W10@7", "W10@11"])
    #expect(play.findings.filter { $0.rule.id == "W01" }.isEmpty)
  }

  /// Eight mails, then as many with so many milliseconds each.
  @Test(
    arguments: [
      (first: 20, then: 45, finds: true), (first: 20, then: 39, finds: false),
      (first: 2, then: 8, finds: false), (first: 2, then: 12, finds: true),
    ] as [(first: Int64, then: Int64, finds: Bool)])
  func aMilterThatGrowsSlower(first: Int64, then: Int64, finds: Bool) {
    #expect(Self.grown([(8, first), (8, then)]) == finds)
    #expect(!Self.grown([(8, first), (7, then)]))
    // One quick mail, and it is not slower for good.
    #expect(!Self.grown([(8, first), (7, then), (1, first), (7, then)]))
  }

  private static func grown(_ runs: [(mails: Int, milliseconds: Int64)]) -> Bool {
    var play = LegPlay("O/O C/c")
    for (mails, milliseconds) in runs {
      for _ in 0..<mails {
        play.play(Letters.packets("M/c R/c T/c L/c N/c E"))
        play.wait(.milliseconds(milliseconds - 1))
        play.play(Milter.accept)
      }
    }
    return timing(play.findings).contains { $0.hasPrefix("W11") }
  }
}
