import Glibc
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

/// How connections end, as the peers see it.
@Suite struct EndingTests {
  typealias Pair = TransparencyTests.Pair

  @Test func theMTAsEndReachesTheMilterBehindTheLastPacket() throws {
    let pair = try Pair()
    try pair.mta.send(MTA.quit.bytes)
    pair.mta.finish()
    #expect(try pair.milter.receiveToEnd() == MTA.quit.bytes)
    pair.milter.finish()
    #expect(try pair.mta.receiveToEnd() == [])
    try pair.proxy.awaitEndings()
    #expect(try pair.proxy.stopped().endings() == [.mta: .peer, .milter: .peer])
  }

  @Test func aMilterMayStillAnswerBehindTheMTAsEnd() throws {
    let pair = try Pair()
    try pair.mta.send(MTA.bodyEOB.bytes)
    pair.mta.finish()
    #expect(try pair.milter.receiveToEnd() == MTA.bodyEOB.bytes)
    try pair.milter.send(Milter.accept.bytes)
    pair.milter.finish()
    #expect(try pair.mta.receiveToEnd() == Milter.accept.bytes)
    try pair.proxy.stopped()
  }

  @Test func theMilterMayEndFirst() throws {
    let pair = try Pair()
    try pair.milter.send(Milter.tempfail.bytes)
    pair.milter.finish()
    #expect(try pair.mta.receiveToEnd() == Milter.tempfail.bytes)
    pair.mta.finish()
    #expect(try pair.milter.receiveToEnd() == [])
    try pair.proxy.awaitEndings()
    #expect(try pair.proxy.stopped().endings() == [.mta: .peer, .milter: .peer])
  }

  @Test func aBrokenConnectionBreaksTheOtherOne() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(milterPort: listener.port)
    var mta: LoopbackSocket? = try LoopbackSocket.connected(toPort: proxy.port)
    let milter = try listener.accept()
    try mta?.send(MTA.helo().bytes)
    #expect(try milter.receive(MTA.helo().bytes.count) == MTA.helo().bytes)
    try mta?.resetOnClose()
    mta = nil
    let error = #expect(throws: LoopbackSocket.Failure.self) { try milter.receiveToEnd() }
    #expect(error?.code == ECONNRESET)
    try proxy.awaitEndings()
    #expect(
      try proxy.stopped().endings() == [
        .mta: .error("ECONNRESET"), .milter: .ours("the connection to the MTA broke"),
      ])
  }

  @Test func whatTheMilterSaidBeforeItDiedReachesTheMTA() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(milterPort: listener.port)
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    var milter: LoopbackSocket? = try listener.accept()
    try milter?.send(Milter.reject.bytes)
    #expect(try mta.receive(Milter.reject.bytes.count) == Milter.reject.bytes)
    milter = nil
    #expect(try mta.receiveToEnd() == [])
    // The milter's system answers what comes now with a reset.
    try mta.send(MTA.mail().bytes)
    _ = try? mta.receiveToEnd()
    try proxy.awaitEndings()
    let endings = try proxy.stopped().endings()
    #expect(endings[.milter] == .peer)
    #expect(endings[.mta] == .ours("the connection to the milter broke"))
  }

  @Test func theMTASeesAnEndWhereNoMilterListens() throws {
    let deaf = try LoopbackSocket.deaf()
    let proxy = try RunningProxy(milterPort: deaf.port)
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    #expect(try mta.receiveToEnd() == [])
    #expect(
      try proxy.message() == "cannot reach the milter at inet:\(deaf.port)@127.0.0.1: connection refused;"
        + " the MTA sees a closed connection")
    let endings = try proxy.stopped().endings()
    #expect(endings[.milter] == .unreachable("connection refused"))
    #expect(endings[.mta] == .ours("the milter is unreachable"))
  }

  @Test func theNextConnectionTriesTheMilterAnew() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("milter")
    let proxy = try RunningProxy(milter: .unix(path: path))
    #expect(try LoopbackSocket.connected(toPort: proxy.port).receiveToEnd() == [])
    let listener = try LoopbackSocket.listening(at: path)
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    try mta.send(MTA.optNeg().bytes)
    #expect(try listener.accept().receive(MTA.optNeg().bytes.count) == MTA.optNeg().bytes)
    try proxy.stopped()
  }

  @Test func aFullBacklogOfAUnixMilterIsWaitedFor() throws {
    let folder = try TemporaryFolder()
    let listener = try LoopbackSocket.listening(at: folder.file("milter"), backlog: 0)
    let proxy = try RunningProxy(milter: .unix(path: folder.file("milter")))
    let mtas = try (0..<5).map { _ in try LoopbackSocket.connected(toPort: proxy.port) }
    for mta in mtas { try mta.send(MTA.quit.bytes) }
    for _ in mtas { #expect(try listener.accept().receive(5) == MTA.quit.bytes) }
    try proxy.stopped()
  }

  /// Milliseconds for a milter that owes nothing, and as long as usual for one that does.
  private static let impatient: Lingering = {
    var lingering = Lingering()
    lingering.settled = .milliseconds(20)
    return lingering
  }()

  @Test func aMilterThatNeverClosesIsLetGo() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(
      milter: .inet(host: "127.0.0.1", port: listener.port, family: .any), grace: .seconds(60),
      lingering: Self.impatient)
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    let milter = try listener.accept()
    try mta.send(MTA.quit.bytes)
    mta.finish()
    #expect(try milter.receiveToEnd() == MTA.quit.bytes)
    try proxy.awaitEndings()
    // Its connection is all that the proxy would wait for.
    proxy.ask(.stop)
    try proxy.join()
    #expect(
      proxy.records().endings() == [
        .mta: .peer, .milter: .ours("the milter did not close within 0 s of the MTA's end"),
      ])
  }

  @Test func aReplyThatIsOwedIsWaitedForBehindTheMTAsEnd() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(
      milter: .inet(host: "127.0.0.1", port: listener.port, family: .any), lingering: Self.impatient)
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    let milter = try listener.accept()
    try mta.send(MTA.bodyEOB.bytes)
    mta.finish()
    #expect(try milter.receiveToEnd() == MTA.bodyEOB.bytes)
    // One that owes nothing is let go meanwhile.
    let other = try LoopbackSocket.connected(toPort: proxy.port)
    let otherMilter = try listener.accept()
    other.finish()
    #expect(try otherMilter.receiveToEnd() == [])
    #expect(try other.receiveToEnd() == [])
    try milter.send(Milter.accept.bytes)
    milter.finish()
    #expect(try mta.receiveToEnd() == Milter.accept.bytes)
    #expect(try proxy.stopped().endings() == [.mta: .peer, .milter: .peer])
  }

  @Test func aNewConnectionGoesBeforeALateReply() throws {
    let listener = try LoopbackSocket.listening()
    // Files for two connections beside what the program itself needs.
    let proxy = try RunningProxy(
      milter: .inet(host: "127.0.0.1", port: listener.port, family: .any), openFiles: 32 + 2 * 2)
    let first = try LoopbackSocket.connected(toPort: proxy.port)
    let late = try listener.accept()
    try first.send(MTA.bodyEOB.bytes)
    first.finish()
    #expect(try late.receiveToEnd() == MTA.bodyEOB.bytes)
    let others = try (0..<2).map { _ in try LoopbackSocket.connected(toPort: proxy.port) }
    let milters = try others.map { _ in try listener.accept() }
    #expect(try first.receiveToEnd() == [])
    let records = try proxy.stopped()
    let why: Sentence = "the milter did not close after the MTA's end, and new connections wait"
    #expect(records.endings(connection: 1) == [.mta: .peer, .milter: .ours(why)])
    #expect(records.endings(connection: 2)[.milter] == .ours("mitmilter ends"))
    for milter in milters { milter.end() }
  }

  @Test func anOrderlyStopLetsConnectionsEndByThemselves() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(milterPort: listener.port, grace: .seconds(60))
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    let milter = try listener.accept()
    proxy.ask(.stop)
    try mta.send(MTA.helo().bytes)
    #expect(try milter.receive(MTA.helo().bytes.count) == MTA.helo().bytes)
    mta.finish()
    #expect(try milter.receiveToEnd() == [])
    milter.finish()
    #expect(try mta.receiveToEnd() == [])
    try proxy.join()
    #expect(throws: LoopbackSocket.Failure.self) { try LoopbackSocket.connected(toPort: proxy.port) }
  }

  @Test func aStopAtOnceClosesEverything() throws {
    let pair = try Pair()
    try pair.mta.send(MTA.quit.bytes)
    #expect(try pair.milter.receive(5) == MTA.quit.bytes)
    let records = try pair.proxy.stopped()
    #expect(try pair.milter.receiveToEnd() == [])
    #expect(try pair.mta.receiveToEnd() == [])
    #expect(records.endings() == [.mta: .ours("mitmilter ends"), .milter: .ours("mitmilter ends")])
  }
}

extension RunningProxy {
  /// Waits until both legs of the first connection have ended.
  func awaitEndings() throws {
    for leg in Leg.allCases {
      try awaitRecord { event in
        if case .closed(let closed) = event { closed.leg == leg } else { false }
      }
    }
  }
}
