import MilterProtocol
import ProxyCore
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

@Suite struct TransparencyTests {
  /// Both peers connected through a proxy.
  struct Pair {
    let proxy: RunningProxy
    let mta: LoopbackSocket
    let milter: LoopbackSocket

    /// - Parameter shadows: ports of milters that get the same.
    init(shadows: [UInt16] = []) throws {
      let listener = try LoopbackSocket.listening()
      proxy = try RunningProxy(
        milter: .inet(host: "127.0.0.1", port: listener.port, family: .any),
        grace: .seconds(shadows.isEmpty ? 0 : 5), shadows: shadows)
      mta = try LoopbackSocket.connected(toPort: proxy.port)
      milter = try listener.accept()
    }
  }

  @Test func aSessionPassesBothWaysAsItCame() throws {
    let pair = try Pair()
    let commands = [MTA.optNeg(), MTA.connect(), MTA.helo(), MTA.mail(), MTA.rcpt(), MTA.data, MTA.bodyEOB]
    let replies = [Milter.optNeg(), Milter.continue, Milter.continue, Milter.continue, Milter.reject]
    for command in commands {
      try pair.mta.send(command.bytes)
      #expect(try pair.milter.receive(command.bytes.count) == command.bytes)
    }
    for reply in replies {
      try pair.milter.send(reply.bytes)
      #expect(try pair.mta.receive(reply.bytes.count) == reply.bytes)
    }
    let records = try pair.proxy.stopped()
    #expect(records.bytes(from: .mta) == commands.flatMap(\.bytes))
    #expect(records.bytes(from: .milter) == replies.flatMap(\.bytes))
  }

  @Test func aPacketThatComesByteByByteLeavesWhole() throws {
    let pair = try Pair()
    let packet = MTA.mail("<alice@example.org>", "SIZE=100")
    for byte in packet.bytes { try pair.mta.send([byte]) }
    #expect(try pair.milter.receive(packet.bytes.count) == packet.bytes)
    let records = try pair.proxy.stopped()
    #expect(records.bytes(from: .mta) == packet.bytes)
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 1_048_576, 1_048_577, 3_000_000])
  func aBodyOfAnySizePasses(bytes: Int) throws {
    let pair = try Pair()
    var generator = SeededGenerator(seed: UInt64(bytes))
    let payload = generator.bytes(bytes...bytes)
    let packet = Packet(code: 0x42, payload: payload, from: .mta)
    let reading = Background { [milter = pair.milter] in try milter.receive(packet.bytes.count + 5) }
    try pair.mta.send(packet.bytes + MTA.bodyEOB.bytes)
    #expect(try reading.result() == packet.bytes + MTA.bodyEOB.bytes)
    let records = try pair.proxy.stopped()
    #expect(records.bytes(from: .mta) == packet.bytes + MTA.bodyEOB.bytes)
  }

  @Test(
    arguments: [
      ("length zero", [0, 0, 0, 0]),
      ("length zero, then a packet", [0, 0, 0, 0, 0, 0, 0, 1, 0x63]),
      ("unknown code", [0, 0, 0, 1, 0x3F]),
      ("payload where there is none", [0, 0, 0, 2, 0x63, 0]),
      ("cut short inside", [0, 0, 0, 3, 0x4D, 0x3C, 0x61]),
      ("absurd length", [0x7F, 0xFF, 0xFF, 0xFF, 0x63, 1, 2, 3]),
      ("another protocol", Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
    ] as [(String, [UInt8])])
  func whateverAPeerSendsPassesAsItCame(_ title: String, _ bytes: [UInt8]) throws {
    let pair = try Pair()
    try pair.mta.send(bytes)
    #expect(try pair.milter.receive(bytes.count) == bytes)
    try pair.milter.send(bytes)
    #expect(try pair.mta.receive(bytes.count) == bytes)
    let records = try pair.proxy.stopped()
    #expect(records.bytes(from: .mta) == bytes)
    #expect(records.bytes(from: .milter) == bytes)
  }

  @Test func whatIsCutShortByTheEndPassesBeforeIt() throws {
    let pair = try Pair()
    let bytes: [UInt8] = [0, 0, 0, 9, 0x4D, 0x3C]
    try pair.mta.send(bytes)
    pair.mta.finish()
    #expect(try pair.milter.receiveToEnd() == bytes)
    let records = try pair.proxy.stopped()
    #expect(records.bytes(from: .mta) == bytes)
  }

  /// Random frames and random bytes in random pieces, both ways at once.
  @Test(arguments: 0..<24) func anyStreamInAnyPiecesPassesBothWays(seed: UInt64) throws {
    let pair = try Pair()
    let streams = Leg.allCases.map { leg in
      var generator = SeededGenerator(seed: seed &* 2 &+ UInt64(leg.rawValue))
      return (leg, stream(&generator), generator)
    }
    let sending = streams.map { leg, stream, generator in
      Background { [socket = leg == .mta ? pair.mta : pair.milter] in
        var generator = generator
        var rest = stream[...]
        while !rest.isEmpty {
          let count = Int.random(in: 1...min(rest.count, 20_000), using: &generator)
          try socket.send(Array(rest.prefix(count)))
          rest = rest.dropFirst(count)
        }
        socket.finish()
      }
    }
    let receiving = Leg.allCases.map { leg in
      Background { [socket = leg == .mta ? pair.milter : pair.mta] in try socket.receiveToEnd() }
    }
    for work in sending { try work.result() }
    for (work, (_, stream, _)) in zip(receiving, streams) { #expect(try work.result() == stream) }
    let records = try pair.proxy.stopped()
    for (leg, stream, _) in streams { #expect(records.bytes(from: leg) == stream) }
  }

  private func stream(_ generator: inout SeededGenerator) -> [UInt8] {
    var stream: [UInt8] = []
    for _ in 0..<Int.random(in: 1...60, using: &generator) {
      let size = generator.chance(1, in: 10) ? 0...200_000 : 0...80
      stream += Packet(code: 0x42, payload: generator.bytes(size), from: .mta).bytes
      if generator.chance(1, in: 40) { stream += generator.bytes(1...9) }
    }
    return stream
  }
}
