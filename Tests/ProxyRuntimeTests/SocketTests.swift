import ProxyRuntime
import TestSupport
import Testing

/// What the system does for a connection, as its peers and the kernel's tables show it.
@Suite struct SocketTests {
  typealias Pair = TransparencyTests.Pair

  /// The milter's system keeps the second of two small replies back until the first is acknowledged, which without a word
  /// from us takes 40 ms (`TCP_DELACK_MIN` in tcp.h). The first ones on a connection are acknowledged at once by itself.
  @Test func aSecondReplyComesWhenItIsSent() throws {
    let pair = try Pair()
    var gaps: [Duration] = []
    for _ in 0..<40 {
      try pair.mta.send(MTA.header("Subject", "twice").bytes)
      _ = try pair.milter.receive(MTA.header("Subject", "twice").bytes.count)
      try pair.milter.send(Milter.continue.bytes)
      try pair.milter.send(Milter.continue.bytes)
      _ = try pair.mta.receive(Milter.continue.bytes.count)
      let first = ContinuousClock.now
      _ = try pair.mta.receive(Milter.continue.bytes.count)
      gaps.append(first.duration(to: .now))
    }
    // Of a machine that is busy one in ten is enough to tell.
    #expect(gaps.suffix(10).min() ?? .seconds(1) < .milliseconds(20))
    try pair.proxy.stopped()
  }

  @Test func aPeerThatIsGoneIsNoticedByTheKernel() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(milterPort: listener.port)
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    let milter = try listener.accept()
    #expect(try Self.timers(of: mta) == [Self.keepAlive])
    #expect(try Self.timers(of: milter) == [Self.keepAlive])
    for peer in [mta, milter] { peer.end() }
    try proxy.stopped()
  }

  /// Of a connection with SO_KEEPALIVE on which nothing is on its way (`get_tcp4_sock` in tcp_ipv4.c).
  private static let keepAlive = "02"

  /// The kinds of timers that run at the proxy's end of a connection, from the kernel's table. Both ports tell it: of a
  /// listener's port others may be left, of an earlier owner.
  private static func timers(of peer: LoopbackSocket) throws -> [String] {
    let table = String(decoding: try wholeFile("/proc/net/tcp"), as: UTF8.self)
    return table.split(separator: "\n").dropFirst().compactMap { line in
      let columns = line.split(separator: " ")
      let (own, other) = (UInt16(columns[1].suffix(4), radix: 16), UInt16(columns[2].suffix(4), radix: 16))
      return own == peer.peerPort && other == peer.port ? String(columns[5].prefix(2)) : nil
    }
  }
}
