import Dialogue
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// Says its lines, waiting for an answer behind each that has one.
private struct Lines: MTAScript {
  var lines: [Packet]
  var heard: [Packet] = []

  mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    if let due = dialogue.pending.owed {
      let end = due.came + .seconds(30)
      return now < end ? .wait(until: end) : .giveUp("nobody answers")
    }
    return lines.isEmpty ? .hangUp : .say(lines.removeFirst())
  }

  mutating func heard(_ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment)
  {
    heard.append(packet)
  }
}

/// Does one thing after the other, whatever is said to it.
private struct Moves: MTAScript {
  var moves: [MTAMove]

  mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    moves.isEmpty ? .hangUp : moves.removeFirst()
  }

  mutating func heard(_ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment)
  {}
}

/// A script that does what no MTA should.
@Suite struct OddMovesTests {
  private var turn = Turn()

  private mutating func session(_ moves: MTAMove...) -> PlayedSession<Moves> {
    let opened = Opened(peer: "unix:", local: "inet:1@127.0.0.1", milter: "inet:1@127.0.0.1")
    var session = PlayedSession(connection: 1, opened, Moves(moves: moves), patience: Patience(), &turn)
    session.milterConnected(&turn)
    turn.effects = Effects()
    return session
  }

  private var sent: [[UInt8]] {
    turn.effects.acts.compactMap { if case .sendBytes(let bytes, .milter) = $0 { bytes } else { nil } }
  }

  @Test mutating func aPacketLeavesPieceByPieceAndIsRecordedOnce() throws {
    let packet = Packet(code: 0x4F, payload: [1, 2, 3], from: .mta)
    var session = session(.sayPiecewise(packet, bytes: 3, pause: .milliseconds(10)))
    _ = session.goOn(room: 1000, &turn)
    #expect(sent == [[0, 0, 0]])
    turn.now = turn.now + .milliseconds(5)
    _ = session.goOn(room: 1000, &turn)
    #expect(sent.count == 1)
    for _ in 1...2 {
      turn.now = turn.now + .milliseconds(10)
      session.tick(&turn)
      _ = session.goOn(room: 1000, &turn)
    }
    #expect(sent == [[0, 0, 0], [4, 0x4F, 1], [2, 3]])
    let received = turn.effects.records.compactMap { record in
      if case .received(let received) = record.event { received.packet } else { nil }
    }
    #expect(received == [packet] && turn.effects.acts.contains(.finish(.milter)))
  }

  @Test mutating func bytesThatMakeNoPacketAreRecordedAsSuch() throws {
    var session = session(
      .sayBytes([0, 0, 0, 9, 0x4F]), .sayBytes([0x7F, 0xFF, 0xFF, 0xFF]),
      .sayBytes(Array("GET / HTTP/1.0\r\n".utf8)))
    _ = session.goOn(room: 1000, &turn)
    let reasons = turn.effects.records.compactMap { record in
      if case .passed(let passed) = record.event { passed.reason } else { nil }
    }
    #expect(reasons == [.incomplete, .oversized, .foreign] && sent.count == 3)
  }

  @Test mutating func aConnectionIsBrokenOff() {
    var session = session(.note("here"), .reset)
    _ = session.goOn(room: 1000, &turn)
    #expect(session.isOver && turn.effects.acts.contains(.reset(.milter)))
    let ends = turn.effects.records.count { if case .closed = $0.event { true } else { false } }
    #expect(ends == 2)
  }
}

@Suite struct PlayedSessionTests {
  private var turn = Turn()
  private var session: PlayedSession<Lines>

  init() {
    let opened = Opened(peer: "unix:", local: "inet:1@127.0.0.1", milter: "inet:1@127.0.0.1")
    let lines = Lines(lines: Letters.packets("O C Q"))
    session = PlayedSession(connection: 1, opened, lines, patience: Patience(), &turn)
  }

  /// What was asked for since the last time, as letters: packets by their code, `/` a half-close, `x` a close.
  private mutating func acts() -> String {
    defer { turn.effects.acts.removeAll() }
    return turn.effects.acts.map { act in
      switch act {
      case .send(let packet, .milter): String(decoding: [packet.code ?? 0x3F], as: UTF8.self)
      case .connectMilter: "+"
      case .finish(.milter): "/"
      case .close(.milter): "x"
      case .wake: ""
      default: "?"
      }
    }.joined()
  }

  private var ends: [String] {
    turn.effects.records.compactMap { record in
      if case .closed(let closed) = record.event { return "\(closed.leg) \(closed.how)" }
      return nil
    }
  }

  private var rules: [String] {
    turn.effects.records.compactMap { record in
      if case .found(let finding) = record.event { return finding.rule.id }
      return nil
    }
  }

  private mutating func hear(_ letters: String) {
    for packet in Letters.packets(letters) where packet.sender == .milter {
      session.received(packet, &turn)
    }
  }

  @Test mutating func saysALineAnAnswer() {
    #expect(acts() == "+")
    session.milterConnected(&turn)
    #expect(!session.goOn(room: 1000, &turn))
    #expect(acts() == "O")
    hear("O/O")
    #expect(!session.goOn(room: 1000, &turn))
    #expect(acts() == "C")
    hear("C/c")
    #expect(!session.goOn(room: 1000, &turn))
    #expect(acts() == "Q/")
    #expect(session.script.heard.count == 2)
    session.closed(.peer, &turn)
    #expect(acts() == "x" && session.isOver)
    #expect(ends == ["mta peer", "milter peer"])
    #expect(turn.effects.records.count { if case .received = $0.event { true } else { false } } == 5)
  }

  @Test mutating func stopsWhereThereIsNoRoom() {
    session.milterConnected(&turn)
    _ = acts()
    #expect(session.goOn(room: 0, &turn))
    #expect(acts() == "")
    #expect(session.goOn(room: 1, &turn))
    #expect(!session.goOn(room: 1, &turn))
    #expect(acts() == "O")
  }

  @Test mutating func givesUpOnAMilterThatIsSilent() {
    session.milterConnected(&turn)
    _ = session.goOn(room: 1000, &turn)
    turn.now = turn.now + .seconds(31)
    session.tick(&turn)
    _ = session.goOn(room: 1000, &turn)
    #expect(acts() == "+O/")
    turn.now = turn.now + .seconds(1)
    session.tick(&turn)
    #expect(acts() == "x" && session.isOver && ends.count == 2)
  }

  @Test mutating func toldOfAMilterThatIsNotThere() {
    session.milterUnreachable("connection refused", &turn)
    #expect(session.isOver && ends.count == 2)
    #expect(rules == [Finding(.unreachable, packet: nil, "").rule.id])
  }

  @Test mutating func leavesAStranger() {
    session.milterConnected(&turn)
    _ = session.goOn(room: 1000, &turn)
    _ = acts()
    let words = Array("HTTP/1.1 400 Bad Request\r\n".utf8)
    var inflow = Inflow()
    guard case .passing(_, let reason, let start) = inflow.next(in: words.span, at: 0) else {
      Issue.record("these are no words of a stranger")
      return
    }
    session.passed(Passed(sender: .milter, bytes: words, reason: reason), start: start, &turn)
    #expect(acts() == "/" && rules == ["F09"])
  }

  @Test mutating func aReplyBehindTheLastWordIsHeardStill() {
    session.milterConnected(&turn)
    _ = session.goOn(room: 1000, &turn)
    hear("O/O")
    _ = session.goOn(room: 1000, &turn)
    hear("C/c")
    _ = session.goOn(room: 1000, &turn)
    hear("C/c")
    #expect(session.script.heard.count == 2 && !rules.isEmpty)
  }
}
