import Glibc
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

/// Many connections, and peers that are slow.
@Suite struct LoadTests {
  @Test(arguments: Leg.allCases) func aSlowReaderStopsTheOtherPeerWithoutLosingAByte(reader: Leg) throws {
    let pair = try TransparencyTests.Pair()
    let (source, sink) = reader == .milter ? (pair.mta, pair.milter) : (pair.milter, pair.mta)
    let packet = Packet(code: 0x42, payload: [UInt8](repeating: 0x61, count: 65_535), from: .mta).bytes
    // Nobody reads: the source is stopped when buffers of the system and of the proxy are full.
    var sent = 0
    var stream: [UInt8] = []
    while true {
      if stream.count - sent < packet.count { stream += packet }
      let count = source.sendWithoutWaiting(Array(stream[sent...]))
      sent += count
      if count == 0, !source.canBeWritten(within: 300) { break }
      if sent > 400_000_000 { break }
    }
    #expect(sent < 400_000_000)
    let rest = Background { [sent, stream] in
      try source.send(Array(stream[sent...]))
      source.finish()
    }
    #expect(try sink.receiveToEnd() == stream)
    try rest.result()
    let kept = try pair.proxy.stopped().bytes(from: reader.other)
    #expect(kept == stream)
  }

  @Test func twoHundredConnectionsAtOnceKeepTheirBytesApart() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(milterPort: listener.port)
    let mtas = try (0..<200).map { _ in try LoopbackSocket.connected(toPort: proxy.port) }
    for (number, mta) in mtas.enumerated() { try mta.send(MTA.helo("client-\(1000 + number)").bytes) }
    let size = MTA.helo("client-1000").bytes.count
    var seen: Set<[UInt8]> = []
    for _ in mtas {
      let milter = try listener.accept()
      let name = try milter.receive(size)
      seen.insert(name)
      try milter.send(name)
    }
    for (number, mta) in mtas.enumerated() {
      #expect(try mta.receive(size) == MTA.helo("client-\(1000 + number)").bytes)
    }
    #expect(seen.count == mtas.count)
    try proxy.stopped()
  }

  @Test func aBusyConnectionLeavesOthersTheirTurn() throws {
    let listener = try LoopbackSocket.listening()
    let proxy = try RunningProxy(milterPort: listener.port)
    let busy = try LoopbackSocket.connected(toPort: proxy.port)
    let sink = try listener.accept()
    let quiet = try LoopbackSocket.connected(toPort: proxy.port)
    let other = try listener.accept()
    let body = Packet(code: 0x42, payload: [UInt8](repeating: 0x61, count: 65_535), from: .mta).bytes
    let pouring = Background {
      for _ in 0..<300 { try busy.send(body) }
      busy.finish()
    }
    let draining = Background { try sink.receiveToEnd().count }
    for _ in 0..<50 {
      try quiet.send(MTA.helo().bytes)
      #expect(try other.receive(MTA.helo().bytes.count) == MTA.helo().bytes)
    }
    try pouring.result()
    #expect(try draining.result() == 300 * body.count)
    try proxy.stopped()
  }
}

extension LoopbackSocket {
  fileprivate func canBeWritten(within milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&waiting, 1, milliseconds) == 1
  }
}
