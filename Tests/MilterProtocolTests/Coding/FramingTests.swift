import MilterProtocol
import TestSupport
import Testing

@Suite struct FramingTests {
  @Test func framesAreCutWithoutTheirNeighbours() {
    let stream = MTA.helo("a").bytes + MTA.data.bytes + [0, 0]
    #expect(next(stream) == .complete(bytes: 7))
    #expect(next(stream, at: 7) == .complete(bytes: 5))
    #expect(next(stream, at: 12) == .incomplete(wanted: 4))
    #expect(next(stream, at: stream.count) == .incomplete(wanted: 4))
  }

  @Test func aFrameCutShortAnywhereIsIncomplete() {
    let frame = MTA.mail("<a@b>", "SIZE=1").bytes
    for cut in 0..<frame.count {
      let wanted = cut < 4 ? 4 : frame.count
      #expect(next(Array(frame.prefix(cut))) == .incomplete(wanted: wanted))
    }
  }

  @Test func lengthZeroIsAFrameOfFourBytes() {
    #expect(next(hex("00000000 41")) == .complete(bytes: 4))
  }

  @Test(arguments: [("00100001", false), ("00100002", true), ("7fffffff", true), ("ffffffff", true)])
  func aLengthAboveTheCeilingIsOversized(_ length: String, oversized: Bool) {
    let length = hex(length).span.bigEndian32(at: 0)
    let frame = (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) }
    #expect(next(frame) == (oversized ? .oversized(length: length) : .incomplete(wanted: 4 + Int(length))))
  }

  @Test func theCeilingIsTheCallers() {
    let stream = hex("00000009 48")
    #expect(Framing.next(in: stream.span, ceiling: 8) == .oversized(length: 9))
    #expect(Framing.next(in: stream.span, ceiling: 9) == .incomplete(wanted: 13))
  }

  private func next(_ bytes: [UInt8], at offset: Int = 0) -> Framing.Next {
    Framing.next(in: bytes.span, at: offset)
  }
}

@Suite struct WrongPeerTests {
  @Test(arguments: [
    ("GET /ping HTTP/1.0\r\n", WrongPeer.http), ("\u{16}\u{3}\u{1}\u{2}\u{0}", .tls),
    ("EHLO client.example.org\r\n", .smtpClient), ("220 mx.example.org ESMTP", .smtpServer),
    ("zPING\u{0}", .clamdClient), ("nPING\n", .clamdClient), ("PING\n", .clamdClient),
    ("PONG\n", .clamdServer), ("UNKNOWN COMMAND\n", .clamdServer), ("SSH-2.0-OpenSSH", .ssh),
    ("PROXY TCP4 192.0.2.1", .proxyProtocol), ("PING SPAMC/1.2\r\n", .spamdClient),
    ("request=smtpd_access_policy\n", .postfixPolicy), ("+OK ready", .mailboxServer),
    ("-ERR what\r\n", .mailboxServer), ("* BYE gone\r\n", .mailboxServer),
    ("a1 LOGIN x y\r\n", .mailboxClient),
    ("USER bob\r\n", .mailboxClient), ("<13>Nov 28 postfix: x", .syslog), ("<!doctype html>\n", .html),
    ("<html><head>", .html), ("\u{3}\u{0}\u{0}\u{13}\u{E}", .remoteDesktop),
    ("-ERR unknown command 'O'", .redis), ("COMMAND READ TIMED OUT\n", .clamdServer),
    ("J\u{0}\u{0}\u{0}\u{A}8.0.36", .mySQL), ("0\u{C}\u{2}\u{1}\u{1}`", .ldap), ("get / http/1.0", .http),
  ])
  func aStrangerIsNamedByItsFirstBytes(_ text: String, peer: WrongPeer) {
    let first = bytes(text)
    #expect(recognized(first) == peer)
    guard case .oversized = Framing.next(in: first.span) else {
      Issue.record("framing takes \(text) for a packet")
      return
    }
  }

  @Test func aMilterConnectionIsNoStranger() {
    for packet in [MTA.optNeg(), Milter.optNeg(), Milter.continue] {
      #expect(recognized(packet.bytes) == nil)
    }
    for text in ["", "GET", "<13", "<1234>", "a001 NOTHING", "\u{3}\u{0}\u{0}\u{13}\u{E}\u{1}\u{0}"] {
      let first = bytes(text)
      #expect(recognized(first) == nil)
    }
  }

  private func recognized(_ bytes: [UInt8]) -> WrongPeer? { WrongPeer.recognized(in: bytes.span) }
}
