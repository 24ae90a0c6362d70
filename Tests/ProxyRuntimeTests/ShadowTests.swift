import CommandLanguage
import Dialogue
import MTAConfiguration
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

/// Milters that get what the milter gets: whatever they do, mail passes byte by byte as it does without them.
@Suite struct ShadowTests {
  /// What a shadow does with a connection.
  enum Conduct: String, CaseIterable, Sendable {
    case agrees, disagrees, slow, absent, stopped, killed, resets, answersTwice, speaksAnotherProtocol, floods
    case claimsALongFrame
  }

  private static let mail: [(command: Packet, reply: Packet?)] = [
    (MTA.optNeg(), Milter.optNeg()), (MTA.connect(), Milter.continue), (MTA.helo(), Milter.continue),
    (MTA.macro("M", ["i": "4Xy"]), nil), (MTA.mail(), Milter.continue), (MTA.rcpt(), Milter.continue),
    (MTA.data, Milter.continue), (MTA.header("Subject", "one"), Milter.continue), (MTA.eoh, Milter.continue),
    (MTA.body(), Milter.continue), (MTA.bodyEOB, Milter.accept), (MTA.quit, nil),
  ]

  /// Plays the milter that the MTA has, and the MTA; each waits for the other, and for nobody else.
  private static func play(_ pair: TransparencyTests.Pair) throws {
    for (command, reply) in mail {
      try pair.mta.send(command.bytes)
      #expect(try pair.milter.receive(command.bytes.count) == command.bytes)
      guard let reply else { continue }
      try pair.milter.send(reply.bytes)
      #expect(try pair.mta.receive(reply.bytes.count) == reply.bytes)
    }
    pair.mta.finish()
    #expect(try pair.milter.receiveToEnd() == [])
    pair.milter.finish()
    #expect(try pair.mta.receiveToEnd() == [])
  }

  @Test(arguments: Conduct.allCases) func mailPassesAsItCameWhateverAShadowDoes(_ conduct: Conduct) throws {
    let listener = try conduct == .absent ? LoopbackSocket.deaf() : LoopbackSocket.listening()
    let pair = try TransparencyTests.Pair(shadows: [listener.port])
    let gate = try LoopbackSocket.listening()
    let opening = try LoopbackSocket.connected(toPort: gate.port)
    let shadow =
      conduct == .absent
      ? nil : Background { try Self.serve(try listener.accept(), conduct, behind: try gate.accept()) }
    try Self.play(pair)
    opening.finish()
    pair.proxy.ask(.stop)
    try pair.proxy.join()
    let records = pair.proxy.records()
    _ = try? shadow?.result()
    #expect(records.bytes(from: .mta) == Self.mail.flatMap(\.command.bytes))
    #expect(records.bytes(from: .milter) == Self.mail.flatMap { $0.reply?.bytes ?? [] })
    let opened = records.compactMap { if case .opened(let opened) = $0.event { opened } else { nil } }
    #expect(opened.map(\.shadowOf) == [nil, 1])
    if conduct == .agrees || conduct == .slow {
      #expect(records.bytes(from: .mta, connection: 2) == Self.mail.flatMap(\.command.bytes))
    }
    let found = records.compactMap { if case .found(let finding) = $0.event { finding.rule.id } else { nil } }
    #expect(found.contains("X01") == (conduct == .disagrees || conduct == .answersTwice))
  }

  /// - Parameter gate: open once the mail is through.
  private static func serve(
    _ socket: LoopbackSocket, _ conduct: Conduct, behind gate: LoopbackSocket
  ) throws {
    switch conduct {
    case .slow:
      _ = try gate.receiveToEnd()
      try answer(socket) { _ in [Milter.continue] }
    case .absent, .agrees: try answer(socket) { _ in [Milter.continue] }
    case .disagrees: try answer(socket) { $0 == 0x52 ? [Milter.reject] : [Milter.continue] }
    case .answersTwice:
      try answer(socket) { $0 == 0x4D ? [Milter.continue, Milter.reject] : [Milter.continue] }
    case .stopped: _ = try socket.receiveToEnd()
    case .killed:
      _ = try socket.receive(20)
      socket.end()
    case .resets:
      _ = try socket.receive(20)
      try socket.resetOnClose()
    case .speaksAnotherProtocol:
      try socket.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
      _ = try socket.receiveToEnd()
    case .floods:
      while true { try socket.send(Milter.progress.bytes + Milter.continue.bytes) }
    case .claimsALongFrame:
      try socket.send([0x3F, 0, 0, 0, 0x63, 1, 2])
      _ = try socket.receiveToEnd()
    }
  }

  /// Answers whole packets, until QUIT or the end.
  private static func answer(_ socket: LoopbackSocket, _ replies: (UInt8) -> [Packet]) throws {
    while true {
      let head = try socket.receive(4)
      guard head.count == 4 else { return }
      let frame = try socket.receive(head.reduce(0) { $0 << 8 | Int($1) })
      switch frame.first {
      case nil, 0x51: return
      case 0x44: continue
      case 0x4F: try socket.send(Milter.optNeg().bytes)
      case 0x45: try socket.send(Milter.accept.bytes)
      case let code?: for reply in replies(code) { try socket.send(reply.bytes) }
      }
    }
  }

  /// The milter does not hear of it; the MTA said it.
  @Test func whatARuleAnswersTheShadowGetsAllTheSame() throws {
    let (listener, milter) = (try LoopbackSocket.listening(), try LoopbackSocket.listening())
    var controls = ProxySettings()
    controls.rules = RuleBook([
      try Rule(parsing: "on rcpt do reject"),
      try Rule(parsing: "on mail do set mail.address <x@example.org>"),
    ])
    let proxy = try RunningProxy(
      milter: .inet(host: "127.0.0.1", port: milter.port, family: .any), grace: .seconds(5),
      controls: controls, shadows: [listener.port])
    let mta = try LoopbackSocket.connected(toPort: proxy.port)
    let behind = try milter.accept()
    let shadow = Background { try Self.serve(try listener.accept(), .agrees, behind: listener) }
    let edited = MTA.mail("<x@example.org>")
    for (command, leaves, reply) in [
      (MTA.optNeg(), MTA.optNeg(), Milter.optNeg()), (MTA.connect(), MTA.connect(), Milter.continue),
      (MTA.helo(), MTA.helo(), Milter.continue), (MTA.mail(), edited, Milter.continue),
      (MTA.rcpt(), nil, Milter.reject),
    ] as [(Packet, Packet?, Packet)] {
      try mta.send(command.bytes)
      if let leaves {
        #expect(try behind.receive(leaves.bytes.count) == leaves.bytes)
        try behind.send(reply.bytes)
      }
      #expect(try mta.receive(reply.bytes.count) == reply.bytes)
    }
    mta.finish()
    proxy.ask(.stop)
    _ = try behind.receiveToEnd()
    behind.finish()
    try proxy.join()
    try shadow.result()
    let said = proxy.records().bytes(from: .mta, connection: 2)
    #expect(said == [MTA.optNeg(), MTA.connect(), MTA.helo(), edited, MTA.rcpt()].flatMap(\.bytes))
  }

  @Test func everyTenthConnectionHasAShadow() throws {
    let listener = try LoopbackSocket.listening()
    let milter = try LoopbackSocket.listening()
    let proxy = try RunningProxy(
      milter: .inet(host: "127.0.0.1", port: milter.port, family: .any), shadows: [listener.port], rate: 0.1)
    for _ in 0..<20 {
      let mta = try LoopbackSocket.connected(toPort: proxy.port)
      let behind = try milter.accept()
      mta.finish()
      #expect(try behind.receiveToEnd() == [])
      behind.finish()
      #expect(try mta.receiveToEnd() == [])
    }
    let records = try proxy.stopped()
    let shadowed = records.compactMap { record -> Int? in
      if case .opened(let opened) = record.event { opened.shadowOf } else { nil }
    }
    #expect(shadowed.count == 2)
  }
}
