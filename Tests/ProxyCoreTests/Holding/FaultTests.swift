import CommandLanguage
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// What a broken peer does, where somebody asked for it.
@Suite struct FaultTests {
  /// As a relay, of a packet that passes.
  private func sent(_ instruction: String, on packet: String = "mta RCPT", after last: String = "MAIL") throws
    -> [Effects.Act]
  {
    let book = Playbook(controls: Beginnings.watched())
    let kind = packet.split(separator: " ")[1].lowercased()
    return try book.acts(
      "rule on \(kind) do \(instruction)\n\(packet)", after: Beginnings.upTo(last)
    ).filter { if case .wake = $0 { false } else { true } }
  }

  /// As the milter, of the answer.
  private func answered(_ instruction: String, _ change: (inout ProxySettings.MilterRole) -> Void = { _ in })
    throws -> [Effects.Act]
  {
    var controls = ProxySettings()
    var role = ProxySettings.MilterRole(verdict: .accept)
    change(&role)
    controls.role = role
    return try Playbook(controls: controls).acts(
      "rule on rcpt do \(instruction)\nmta RCPT", after: "opened\nmta OPTNEG\nmta CONNECT\nmta HELO\nmta MAIL"
    ).filter { if case .wake = $0 { false } else { true } }
  }

  private static let rcpt = MTA.rcpt().bytes
  private static func frame(_ bytes: [UInt8], from leg: Leg = .mta) -> Effects.Act {
    .send(Packet(frame: bytes, from: leg), to: leg.other)
  }

  // MARK: - The packet itself

  @Test func aFrameIsCutAndItsLengthSaysMore() throws {
    #expect(
      try sent("truncate 7") == [.sendBytes(Array(Self.rcpt.prefix(7)), to: .milter)])
  }

  @Test func lessThanALengthFieldIsNoPacketAndStillLeaves() throws {
    #expect(try sent("truncate 2") == [.sendBytes([0, 0], to: .milter)])
    #expect(try sent("truncate 0").isEmpty)
  }

  @Test func aPayloadIsShortenedWithItsLength() throws {
    var expected = Array(Self.rcpt.dropLast())
    expected[3] -= 1
    #expect(try sent("shorten 1") == [.sendBytes(expected, to: .milter)])
    let all = try sent("shorten 1000")
    #expect(all == [.sendBytes([0, 0, 0, 1, 0x52], to: .milter)])
  }

  @Test func bytesFollowThePayloadWithTheLength() throws {
    var expected = Self.rcpt + [0xFF, 0]
    expected[3] += 2
    #expect(try sent("append ff 00") == [.sendBytes(expected, to: .milter)])
  }

  @Test func bytesOfAFrameAreOthers() throws {
    var expected = Self.rcpt
    expected[4] = 0x5A
    #expect(try sent("corrupt 4 5a") == [.sendBytes(expected, to: .milter)])
    // What would stand behind the end does not.
    #expect(try sent("corrupt 100000 5a") == [.sendBytes(Self.rcpt, to: .milter)])
  }

  @Test func oneFaultComesOnTopOfTheOther() throws {
    let bytes = Array((Self.rcpt.prefix(4) + [0x5A]).prefix(5))
    #expect(try sent("corrupt 4 5a; truncate 5") == [.sendBytes(bytes, to: .milter)])
  }

  @Test func aCommandLeavesTwiceAndTheSecondAnswerGoesNowhere() {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo("MAIL"),
      """
      rule on rcpt do duplicate
      mta RCPT
        record 9 RCPT from mta
        record instructed duplicate done
        record sent on milter of 9
        record sent on milter RCPT
        send 23 bytes to milter
        send RCPT to milter
      milter CONTINUE
        record 11 CONTINUE from milter, forwarded
        forward to mta
      milter CONTINUE
        record 12 CONTINUE from milter
        record released 12 dropped
      """)
  }

  @Test func aPacketLeavesInPiecesOneAfterTheOther() {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo("MAIL"),
      """
      rule on rcpt do split 3 1s
      mta RCPT
        record 9 RCPT from mta
        record instructed split 3 1s done
        record sent on milter of 9
        send 8 bytes to milter
        wake at 1 s
      at 1 s
      tick
        send 8 bytes to milter
        wake at 2 s
      at 2 s
      tick
        send 7 bytes to milter
      """)
  }

  @Test func twoPacketsLeaveAsOne() throws {
    let acts = try Playbook(controls: Beginnings.watched()).acts(
      "rule on addheader do coalesce\nmilter ADDHEADER\nmilter ACCEPT",
      after: Beginnings.upTo("BODY") + "\nmta BODYEOB")
    let both = Milter.addHeader().bytes + Milter.accept.bytes
    #expect(acts.contains(.sendBytes(both, to: .mta)))
  }

  @Test func whatNothingComesBehindLeavesAloneAfterASecond() throws {
    let beginning = Beginnings.upTo("MAIL") + "\nrule on rcpt do coalesce\nmta RCPT"
    let book = Playbook(controls: Beginnings.watched())
    #expect(try book.performed("at 1 s\ntick", after: beginning).contains("send 23 bytes to milter"))
    #expect(try !book.performed("tick", after: beginning).contains("send"))
  }

  @Test func aPacketLeavesBehindTheNext() throws {
    let acts = try Playbook(controls: Beginnings.watched()).acts(
      "rule on addheader do reorder\nmilter ADDHEADER\nmilter ACCEPT",
      after: Beginnings.upTo("BODY") + "\nmta BODYEOB")
    #expect(
      acts.filter { if case .send = $0 { true } else { false } }
        == [.send(Milter.accept, to: .mta), .send(Milter.addHeader(), to: .mta)])
  }

  @Test func whatNothingOvertakesLeavesAfterASecond() throws {
    let beginning = Beginnings.upTo("MAIL") + "\nrule on rcpt do reorder\nmta RCPT"
    let play = try Playbook(controls: Beginnings.watched()).performed("at 1 s\ntick", after: beginning)
    #expect(play.contains("note nothing came within 1 s that it could leave behind"))
    #expect(play.contains("sent on milter of 9"))
  }

  // MARK: - More, and nothing

  @Test func aVerdictTooManyReachesTheMTABehindTheFirst() {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo("MAIL") + "\nmta RCPT",
      """
      rule on reply and stage == rcpt do extra accept
      milter CONTINUE
        record 10 CONTINUE from milter
        record instructed extra accept done
        record sent on mta of 10
        record sent on mta ACCEPT
        record finding R02 on 11
        send 5 bytes to mta
        send ACCEPT to mta
      """)
  }

  @Test func aModificationComesInFrontWhereverThatIs() throws {
    let acts = try sent("extra add-header X-Early \"{client.address}\"")
    #expect(
      acts == [
        .send(Milter.addHeader("X-Early", "192.0.2.7"), to: .mta), .sendBytes(Self.rcpt, to: .milter),
      ])
  }

  @Test func bytesGoWithThePacketUnlessSaidOtherwise() throws {
    let ours: [UInt8] = [0, 0, 0, 1, 0x5A]
    #expect(try sent("extra 00 00 00 01 5a") == [.sendBytes(Self.rcpt, to: .milter), Self.frame(ours)])
    #expect(
      try sent("extra mta 000000015a") == [
        .sendBytes(Self.rcpt, to: .milter), Self.frame(ours, from: .milter),
      ])
  }

  @Test func aStormIsAsManyAsAreAskedFor() throws {
    let acts = try sent("progress storm 5")
    #expect(acts.filter { $0 == .send(Milter.progress, to: .mta) }.count == 5)
  }

  @Test func silenceIsForGoodAndNoAnswerIsMadeUp() {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo("MAIL"),
      """
      rule on rcpt do silence
      mta RCPT
        record 9 RCPT from mta
        record instructed silence done
        record released 9 dropped
      mta ABORT
        record 10 ABORT from mta
        record finding R03 on 9
        record finding S11 on 10
        record released 10 dropped
      """)
  }

  // MARK: - Ends

  @Test func aConnectionBreaksWithinAPacket() throws {
    #expect(
      try sent("close milter reset after 6") == [
        .sendBytes(Array(Self.rcpt.prefix(6)), to: .milter), .reset(.milter), .finish(.mta),
      ])
  }

  @Test func itIsRefusedForThePeerToWhichNothingGoes() throws {
    let book = Playbook(controls: Beginnings.watched())
    let play = try book.performed(
      "rule on rcpt do close mta after 3\nmta RCPT", after: Beginnings.upTo("MAIL"))
    #expect(play.contains("what leaves for packet 9 does not go to the MTA"))
  }

  // MARK: - As the milter

  @Test func bytesInPlaceOfOurAnswerAreTheAnswer() throws {
    let ours: [UInt8] = [0, 0, 0, 1, 0x5A]
    #expect(try answered("raw 00 00 00 01 5a") == [Self.frame(ours, from: .milter)])
  }

  @Test func theyAreSentAlsoWhereNoAnswerIsDue() throws {
    let acts = try answered("raw 00 00 00 01 63") { $0.protocolFlags = [.noReplyRcpt] }
    #expect(acts == [.send(Milter.continue, to: .mta)])
  }

  @Test(
    arguments: [
      ("truncate 4", [[0, 0, 0, 1]]), ("extra continue", [[0, 0, 0, 1, 0x63], [0, 0, 0, 1, 0x63]]),
      ("reject; extra tempfail", [[0, 0, 0, 1, 0x72], [0, 0, 0, 1, 0x74]]),
      ("append 00", [[0, 0, 0, 2, 0x63, 0]]), ("silence", []),
      ("duplicate", [[0, 0, 0, 1, 0x63], [0, 0, 0, 1, 0x63]]),
      ("raw 00 00 00 01 74; corrupt 3 09", [[0, 0, 0, 9, 0x74]]),
    ] as [(String, [[UInt8]])])
  func faultsAreOfOurAnswer(instruction: String, frames: [[UInt8]]) throws {
    let sent = try answered(instruction).compactMap { act -> [UInt8]? in
      switch act {
      case .send(let packet, .mta): packet.bytes
      case .sendBytes(let bytes, .mta): bytes
      default: nil
      }
    }
    #expect(sent == frames)
  }

  @Test func whatTheMTAGoesOnToAskIsAnswered() throws {
    var controls = ProxySettings()
    controls.role = ProxySettings.MilterRole(verdict: .accept)
    let acts = try Playbook(controls: controls).acts(
      "mta ABORT\nmta MAIL",
      after: "opened\nmta OPTNEG\nmta HELO\nmta MAIL\nrule on rcpt do truncate 4\nmta RCPT")
    #expect(acts.contains(.send(Milter.continue, to: .mta)))
  }

  // MARK: - The operator

  @Test func aFaultOfWhatWaitsIsTakenBack() throws {
    let book = Playbook(controls: Beginnings.watched())
    let play = "say truncate 5 on 9\nsay revert on 9\nsay forward on 9"
    let acts = try book.acts(play, after: Beginnings.upTo("MAIL") + "\nrule on rcpt do hold\nmta RCPT")
    #expect(acts.contains(.send(MTA.rcpt(), to: .milter)))
  }

  @Test(arguments: [
    ("extra tempfail", "send TEMPFAIL to mta"), ("extra milter 000000015a", "send CODE-5A to milter"),
    ("extra 000000015a", "say to whom: extra mta, or extra milter"),
    ("silence", "say for whom: silence mta"), ("close mta reset", "reset mta"),
    ("truncate 3", "no packet is chosen"), ("progress storm 1", "send PROGRESS to mta"),
  ])
  func theConnectionHasFaultsToo(said: String, seen: String) throws {
    let book = Playbook(controls: Beginnings.watched())
    let play = try book.performed("say \(said)", after: Beginnings.upTo("MAIL"))
    #expect(play.contains(seen), "\(play)")
  }
}
