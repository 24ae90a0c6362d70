import MTAConfiguration
import MilterProtocol
import ProxyRuntime
import Synchronization
import TestSupport
import Testing

/// What a probe sees of peers of all kinds, over real sockets.
@Suite struct MilterProbeTests {
  private static let span = Moment.Span.milliseconds(800)

  private func probe(_ peer: ScriptedPeer, as mta: MeasuredMTA = .postfix) -> ProbedMilter {
    MilterProbe.run(
      .inet(host: "127.0.0.1", port: peer.port, family: .any), as: mta, within: Self.span)
  }

  @Test func aMilterIsAskedEveryStageAndTheMailIsAbortedBeforeItsEnd() throws {
    for mta in MeasuredMTA.allCases {
      let peer = try ScriptedPeer { $0 == .optNeg ? Milter.optNeg() : Milter.continue }
      let seen = probe(peer, as: mta)
      #expect(seen.ending == .finished)
      #expect(seen.answer?.version == 6)
      #expect(
        seen.steps.map(\.stage) == [.negotiation, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body])
      #expect(seen.steps.dropFirst().allSatisfy { $0.outcome == .replied(.continue) && $0.took != nil })
      #expect(seen.findings.isEmpty)
      let commands = peer.commands
      #expect(!commands.contains(.bodyEOB))
      #expect(commands.suffix(2) == [.abort, .quit])
    }
  }

  @Test func whatIsSwitchedOffIsNotSentAndWhatIsSilentIsNotWaitedFor() throws {
    let peer = try ScriptedPeer {
      switch $0 {
      case .optNeg: Milter.optNeg(.current, [.noConnect, .noBody, .noReplyHelo, .noReplyHeaders])
      case .helo, .header: nil
      default: Milter.continue
      }
    }
    let seen = probe(peer)
    #expect(seen.ending == .finished)
    let outcomes = Dictionary(uniqueKeysWithValues: seen.steps.map { ($0.stage, $0.outcome) })
    #expect(outcomes[.connect] == .switchedOff)
    #expect(outcomes[.body] == .switchedOff)
    #expect(outcomes[.helo] == .noReply)
    #expect(outcomes[.header] == .noReply)
    #expect(!peer.commands.contains(.body))
  }

  @Test func aRefusalEndsTheMailAndIsNoFault() throws {
    let peer = try ScriptedPeer {
      switch $0 {
      case .optNeg: Milter.optNeg()
      case .rcpt: Milter.reply("550 5.7.1 not here")
      default: Milter.continue
      }
    }
    let seen = probe(peer)
    #expect(seen.ending == .finished)
    #expect(seen.steps.last?.outcome == .refused(bytes("550 5.7.1 not here")))
    #expect(!peer.commands.contains(.data))
  }

  @Test func aSecondReplyIsSeen() throws {
    let peer = try ScriptedPeer(replies: {
      switch $0 {
      case .optNeg: [Milter.optNeg()]
      case .mail: [Milter.continue, Milter.continue]
      default: [Milter.continue]
      }
    })
    #expect(probe(peer).findings.contains { $0.severity == .error })
  }

  @Test(arguments: [
    ("HTTP/1.1 400 Bad Request\r\n\r\n", WrongPeer.httpServer), ("220 mx.example.net ESMTP\r\n", .smtpServer),
    ("UNKNOWN COMMAND\n", .clamdServer), ("* OK IMAP4 ready\r\n", .mailboxServer),
  ])
  func anotherProtocolIsNamed(_ row: (words: String, peer: WrongPeer)) throws {
    let peer = try ScriptedPeer(saying: row.words)
    #expect(probe(peer).ending == .wrongPeer(row.peer))
  }

  @Test func whoHangsUpIsAskedAsABrowserWould() throws {
    let peer = try ScriptedPeer(sayingToText: "HTTP/1.0 404 Not Found\r\n\r\n")
    #expect(probe(peer).ending == .wrongPeer(.httpServer))
  }

  @Test func whoSaysNothingIsNotWaitedForForEver() throws {
    let peer = try ScriptedPeer { _ in nil }
    let clock = Clock()
    #expect(probe(peer).ending == .silent(at: .negotiation))
    #expect(clock.now - .zero < Self.span + .seconds(5))
  }

  @Test func whoHangsUpAtAStageIsSeen() throws {
    let peer = try ScriptedPeer(hangingUpAt: .rcpt)
    #expect(probe(peer).ending == .closed(at: .rcpt))
  }

  @Test func nobodyIsThere() throws {
    let deaf = try LoopbackSocket.deaf()
    let seen = MilterProbe.run(.inet(host: "127.0.0.1", port: deaf.port, family: .any), as: .postfix)
    #expect(seen.ending == .unreachable(.refused))
    let folder = try TemporaryFolder()
    let missing = MilterProbe.run(.unix(path: folder.file("none")), as: .postfix)
    #expect(missing.ending == .unreachable(.noSuchFile))
  }
}

/// A peer on a free port of the loopback interface; each connection is answered on a thread of its own.
private final class ScriptedPeer: Sendable {
  private let listener: LoopbackSocket
  private let heard = Heard()

  var port: UInt16 { listener.port }
  /// Commands of all connections but macros, in order.
  var commands: [CommandKind] { heard.kinds.withLock { $0 } }

  convenience init(_ reply: @escaping @Sendable (CommandKind) -> Packet?) throws {
    try self.init(replies: { kind in reply(kind).map { [$0] } ?? [] })
  }

  init(replies: @escaping @Sendable (CommandKind) -> [Packet]) throws {
    listener = try LoopbackSocket.listening()
    serve { [heard] peer in try Self.converse(peer, heard, replies, until: nil) }
  }

  init(hangingUpAt last: CommandKind) throws {
    listener = try LoopbackSocket.listening()
    serve { [heard] peer in
      try Self.converse(
        peer, heard, { $0 == .optNeg ? [Milter.optNeg()] : [Milter.continue] }, until: last)
    }
  }

  init(saying words: String) throws {
    listener = try LoopbackSocket.listening()
    serve { peer in
      try peer.send(bytes(words))
      _ = try peer.receiveToEnd()
    }
  }

  /// Hangs up on what does not begin like text.
  init(sayingToText words: String) throws {
    listener = try LoopbackSocket.listening()
    serve { peer in
      guard try peer.receive(1) == [UInt8(ascii: "G")] else { return }
      try peer.send(bytes(words))
    }
  }

  private func serve(_ talk: @escaping @Sendable (LoopbackSocket) throws -> Void) {
    let listener = listener
    _ = Background {
      while true {
        let peer = try listener.accept()
        _ = Background { try talk(peer) }
      }
    }
  }

  private static func converse(
    _ peer: LoopbackSocket, _ heard: Heard,
    _ replies: (CommandKind) -> [Packet], until last: CommandKind?
  ) throws {
    while true {
      let head = try peer.receive(4)
      guard head.count == 4 else { return }
      let length = head.reduce(0) { $0 << 8 | Int($1) }
      let packet = Packet(frame: head + (try peer.receive(length)), from: .mta)
      guard case .command(let kind) = packet.kind, kind != .macro else { continue }
      heard.kinds.withLock { $0.append(kind) }
      if kind == last || kind == .quit { return }
      if kind == .abort { continue }
      try peer.send(replies(kind).flatMap(\.bytes))
    }
  }
}

private final class Heard: Sendable {
  let kinds = Mutex<[CommandKind]>([])
}
