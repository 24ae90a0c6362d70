import MilterProtocol
import ProxyCore
import TraceModel

/// Effects in the words of a play.
enum PlayText {
  static func of(_ event: Record.Event) -> String {
    switch event {
    case .opened: "opened"
    case .received(let received):
      "\(received.number) \(received.packet.kind.name) from \(received.packet.sender.name)"
        + (received.forwarded ? ", forwarded" : "")
    case .passed(let passed):
      "\(passed.bytes.count) bytes \(passed.reason.rawValue) from \(passed.sender.name)"
    case .sent(let sent):
      "sent on \(sent.leg.name)" + (sent.original.map { " of \($0)" } ?? "")
        + (sent.packet.map { " \($0.kind.name)" } ?? "")
    case .held(let held): "held \(held.number)"
    case .released(let released): "released \(released.number) \(released.outcome.rawValue)"
    case .instructed(let instructed): "instructed \(instructed.text) \(instructed.refusal?.text ?? "done")"
    case .found(let finding): "finding \(finding.rule.id)" + (finding.packet.map { " on \($0)" } ?? "")
    case .noted(let text, _): "note \(text)"
    case .marked(let packet, let on): on ? "marked \(packet)" : "unmarked \(packet)"
    case .closed(let closed): "closed \(closed.leg.name): \(of(closed.how))"
    }
  }

  private static func of(_ ending: Closed.Ending) -> String {
    switch ending {
    case .peer: "by the peer"
    case .error(let name): name
    case .unreachable(let why): "unreachable, \(why)"
    case .ours(let why): "by us, \(why)"
    }
  }

  static func of(_ act: Effects.Act) -> String {
    switch act {
    case .forward(let leg): "forward to \(leg.name)"
    case .send(let packet, let leg): "send \(packet.kind.name) to \(leg.name)"
    case .sendBytes(let bytes, let leg): "send \(bytes.count) bytes to \(leg.name)"
    case .connectMilter: "connect milter"
    case .finish(let leg): "finish \(leg.name)"
    case .close(let leg): "close \(leg.name)"
    case .reset(let leg): "reset \(leg.name)"
    case .stopReading(let leg): "stop reading \(leg.name)"
    case .resumeReading(let leg): "resume reading \(leg.name)"
    case .wake(let time): time.map { "wake at \($0.microseconds / 1_000_000) s" } ?? "wake never"
    case .say(let words): "say \(words)"
    case .ask(let question): "ask \(question.adviser.name) about packet \(question.number)"
    }
  }
}
