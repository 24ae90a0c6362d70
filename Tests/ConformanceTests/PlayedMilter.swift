import Conformance
import Dialogue
import MilterProtocol
import ProxyCore
import Sending
import TraceModel

/// A milter of few words without a socket, and connections to it.
struct PlayedMilter {
  enum Reaction {
    case say([Packet])
    case close
    /// It is gone, and so is whoever comes behind.
    case die
  }

  /// What it makes of a packet.
  var react: (Packet) -> Reaction
  private(set) var isGone = false
  private(set) var heard: [Packet] = []
  private var turn = Turn()

  init(_ react: @escaping (Packet) -> Reaction) { self.react = react }

  /// Answers CONTINUE to whatever has an answer, and OPTNEG with those flags, as far as they are offered.
  static func obliging(_ packet: Packet, steps: ProtocolFlags = []) -> Reaction {
    guard case .command(let kind) = packet.kind else { return .close }
    if kind == .optNeg {
      guard case .command(.optNeg(let offer)) = PacketValue(decoding: packet), offer.version > 1 else {
        return .close
      }
      let answer = OptNeg(
        version: min(6, offer.version), actions: offer.actions.intersection(.current),
        protocolFlags: steps.intersection(offer.protocolFlags))
      return .say([Packet(encoding: Reply.optNeg(answer))])
    }
    guard let stage = kind.stage, !steps.promisesNoReply(at: stage) else { return .say([]) }
    return .say([Packet(encoding: Reply.verdict(.continue))])
  }

  var now: Moment { turn.now }

  mutating func pass(_ time: Moment) { turn.now = max(turn.now, time) }

  /// Plays a connection to its end. Returns its records.
  mutating func connect(_ script: TrialMTA, number: Int) -> [Record] {
    let opened = Opened(peer: "unix:", local: "inet:1@127.0.0.1", milter: "inet:1@127.0.0.1")
    var session = PlayedSession(connection: number, opened, script, patience: Patience(), &turn)
    if isGone {
      session.milterUnreachable("connection refused", &turn)
      return take()
    }
    session.milterConnected(&turn)
    var wakes: Moment?
    var inbox: [UInt8] = []
    var steps = 0
    while !session.isOver, steps < 100_000 {
      steps += 1
      let hasMore = session.goOn(room: 1 << 20, &turn)
      let acts = turn.effects.acts
      turn.effects.acts = []
      for act in acts where !session.isOver {
        switch act {
        case .send(let packet, _): hear(packet, &session)
        case .sendBytes(let bytes, _):
          inbox += bytes
          switch Framing.next(in: inbox.span) {
          case .complete(let count):
            hear(Packet(frame: Array(inbox[..<count]), from: .mta), &session)
            inbox.removeFirst(count)
          case .incomplete: break
          case .oversized: session.closed(.peer, &turn)
          }
        case .finish: session.closed(.peer, &turn)
        case .wake(let time): wakes = time
        default: break
        }
      }
      if !acts.contains(where: { if case .wake = $0 { false } else { true } }), !hasMore, let time = wakes {
        turn.now = max(turn.now, time)
        session.tick(&turn)
      }
    }
    return take()
  }

  private mutating func hear(_ packet: Packet, _ session: inout PlayedSession<TrialMTA>) {
    heard.append(packet)
    switch react(packet) {
    case .say(let replies): for reply in replies { session.received(reply, &turn) }
    case .close: session.closed(.peer, &turn)
    case .die:
      isGone = true
      session.closed(.error("ECONNRESET"), &turn)
    }
  }

  private mutating func take() -> [Record] {
    defer { turn.effects.records = [] }
    turn.effects.acts = []
    return turn.effects.records
  }

  // MARK: - The checklist

  static let session = SendingSession(as: .postfix)

  static var mail: SentMail {
    SentMail(
      from: Envelope(address: Array("<a@example.org>".utf8)),
      to: [Envelope(address: Array("<b@example.net>".utf8))],
      queueID: Array("4ABC".utf8), TakenMail(TrialMail.builtIn, as: .postfix))
  }

  /// What the checklist says of it, by fault.
  mutating func reports(only ids: Set<String>? = nil) -> [String: TrialReport] {
    var checklist = MilterChecklist(Self.session, Self.mail, only: ids)
    var reports: [TrialReport] = []
    var number = 0
    /// Connections that are held, until the next has been made.
    var open: [(Int, TrialMTA)] = []
    while true {
      switch checklist.next(at: now) {
      case .done:
        reports += checklist.takeReports()
        return Dictionary(uniqueKeysWithValues: reports.map { ($0.id, $0) })
      case .wait(let time):
        pass(time)
        guard let (first, script) = open.popLast() else { continue }
        checklist.take(connect(script, number: first), ofConnection: first, at: now)
      case .play(let script):
        number += 1
        open.append((number, script))
      }
      reports += checklist.takeReports()
    }
  }
}
