import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

@Suite struct SessionMachineTests {
  /// A session up to the milter's answer, for plays that are about what comes after.
  static let beginning = """
    opened
      record opened
      connect milter
      wake at 30 s
    milter connected
      wake never
    mta OPTNEG
      record 1 OPTNEG from mta, forwarded
      forward to milter
    milter OPTNEG
      record 2 OPTNEG from milter, forwarded
      forward to mta

    """

  @Test func everyPacketIsRecordedAndForwardedAsItCame() {
    expectPlay(
      Self.beginning + """
        mta CONNECT
          record 3 CONNECT from mta, forwarded
          forward to milter
        milter CONTINUE
          record 4 CONTINUE from milter, forwarded
          forward to mta
        mta QUIT
          record 5 QUIT from mta, forwarded
          forward to milter
        mta ends
          record closed mta: by the peer
          finish milter
        milter ends
          record closed milter: by the peer
          finish mta
        """)
  }

  @Test func whatTheMTASaysWhileConnectingIsTaken() {
    expectPlay(
      """
      opened
        record opened
        connect milter
        wake at 30 s
      mta OPTNEG
        record 1 OPTNEG from mta, forwarded
        forward to milter
      milter connected
        wake never
      """)
  }

  @Test func theMTASeesACloseWhereTheMilterIsOutOfReach() {
    expectPlay(
      """
      opened
        record opened
        connect milter
        wake at 30 s
      milter unreachable
        record closed milter: unreachable, connection refused
        record finding W08
        record closed mta: by us, the milter is unreachable
        close milter
        wake never
        close mta
      mta ends
      """)
  }

  @Test func aMilterThatDoesNotAcceptInTimeIsOutOfReach() {
    expectPlay(
      """
      opened
        record opened
        connect milter
        wake at 30 s
      at 30 s
      tick
        record closed milter: unreachable, no answer within 30 s
        record finding W08
        record closed mta: by us, the milter is unreachable
        close milter
        close mta
      milter connected
      """)
  }

  @Test func aMilterThatClosesFirstIsPassedOnAsAnEnd() {
    expectPlay(
      Self.beginning + """
        milter ends
          record closed milter: by the peer
          record finding W05
          finish mta
        mta ends
          record closed mta: by the peer
          finish milter
        """)
  }

  @Test func aBrokenConnectionIsPassedOnAsOne() {
    expectPlay(
      Self.beginning + """
        mta breaks ECONNRESET
          record closed mta: ECONNRESET
          record finding S10
          record closed milter: by us, the connection to the MTA broke
          close mta
          reset milter
        milter ends
        """)
  }

  @Test func whatAPeerSaidBeforeItTookNothingMoreIsStillPassedOn() {
    expectPlay(
      Self.beginning + """
        milter is deaf
        milter REJECT
          record 3 REJECT from milter, forwarded
          record finding R02 on 3
          forward to mta
        milter ends
          record closed milter: by the peer
          record finding W05
          record closed mta: by us, the connection to the milter broke
          close milter
          reset mta
        """)
  }

  @Test func aPeerThatTakesNothingMoreAfterItsEndBreaksTheOtherLeg() {
    expectPlay(
      Self.beginning + """
        mta ends
          record closed mta: by the peer
          record finding S10
          finish milter
        milter CONTINUE
          record 3 CONTINUE from milter, forwarded
          record finding R18 on 3
          forward to mta
        mta is deaf
          record closed milter: by us, the connection to the MTA broke
          close mta
          reset milter
        """)
  }

  @Test func bytesThatMakeNoPacketAreRecordedAndPass() {
    expectPlay(
      Self.beginning + """
        mta passes oversized
          record 5 bytes oversized from mta
          record finding F02
          forward to milter
        milter passes incomplete
          record 4 bytes incomplete from milter
          forward to mta
        milter ends
          record closed milter: by the peer
          record finding F06
          record finding W05
          finish mta
        """)
  }

  @Test func aPeerOfAnotherProtocolIsNamedAndPasses() {
    expectPlay(
      """
      opened
        record opened
        connect milter
        wake at 30 s
      milter connected
        wake never
      mta passes foreign
        record 4 bytes foreign from mta
        record finding F09
        forward to milter
      milter ends
        record closed milter: by the peer
        finish mta
      mta ends
        record closed mta: by the peer
        finish milter
      """)
  }

  @Test func whatIsOddIsAFindingBehindItsPacketAndPassesAllTheSame() {
    expectPlay(
      Self.beginning + """
        mta EMPTY
          record 3 EMPTY from mta, forwarded
          record finding F01 on 3
          forward to milter
        milter ACCEPT
          record 4 ACCEPT from milter, forwarded
          record finding R02 on 4
          forward to mta
        """)
  }

  @Test func theEndOfTheProgramClosesBothLegs() {
    expectPlay(
      Self.beginning + """
        the program ends
          record closed mta: by us, mitmilter ends
          record closed milter: by us, mitmilter ends
          close mta
          close milter
        """)
  }

  @Test func numbersAreSharedByAllConnectionsOfATrace() {
    var turn = Turn()
    let ends = Opened(peer: "unix:", local: "unix:", milter: nil)
    var first = SessionMachine(connection: 1, ends, &turn)
    var second = SessionMachine(connection: 2, ends, &turn)
    first.received(MTA.quit, &turn)
    second.received(MTA.quit, &turn)
    first.received(MTA.quit, &turn)
    let numbers = turn.effects.records.compactMap { record in
      if case .received(let received) = record.event { [record.connection, received.number] } else { nil }
    }
    #expect(numbers == [[1, 1], [2, 2], [1, 3]])
  }

  @Test func aDifferenceBetweenPlaysIsShownLineByLine() {
    #expect(difference(from: "a\nb\nc", to: "a\nx\nc\nd") == "  a\n- b\n+ x\n  c\n+ d")
  }
}
