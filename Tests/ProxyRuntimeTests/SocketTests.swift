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
    let timers = (mta: try Self.timers(to: mta.port), milter: try Self.timers(to: listener.port))
    #expect(timers.mta == [Self.keepAlive])
    #expect(timers.milter == [Self.keepAlive])
    for peer in [mta, milter] { peer.end() }
    try proxy.stopped()
  }

  /// Of a connection with SO_KEEPALIVE on which nothing is on its way (`get_tcp4_sock` in tcp_ipv4.c).
  private static let keepAlive = "02"

  /// The kinds of timers that run for connections to a port of this machine, from the kernel's table.
  private static func timers(to port: UInt16) throws -> [String] {
    let table = String(decoding: try wholeFile("/proc/net/tcp"), as: UTF8.self)
    return table.split(separator: "\n").dropFirst().compactMap { line in
      let columns = line.split(separator: " ")
      // What is left of a connection to an earlier owner of the port is none (06: TIME_WAIT).
      guard columns[3] != "06" else { return nil }
      return UInt16(columns[2].suffix(4), radix: 16) == port ? String(columns[5].prefix(2)) : nil
    }
  }
}
