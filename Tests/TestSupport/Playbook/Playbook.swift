import MilterProtocol
import ProxyCore
import TraceModel

/// A play for a ``SessionMachine``: events stand at the margin, the effects that are expected under them, indented.
///
/// ```
/// opened
///   record opened
///   connect milter
///   wake at 30 s
/// milter connected
///   wake never
/// mta HELO
///   record 1 HELO from mta, forwarded
///   forward to milter
/// ```
///
/// Events: `opened`, `milter connected`, `milter unreachable`, `mta NAME` and `milter NAME` (a packet of the cast), `mta passes
/// REASON` (four bytes), `mta ends`, `mta breaks ERROR`, `mta is deaf`, `tick`, `the program ends`; `at 5 s` sets the time.
package struct Playbook {
  /// Packets by the name they have in the play; those of ``standardCast`` are always there.
  package var cast: [String: Packet] = [:]

  /// What the operator has set.
  package var controls: Controls

  package init(cast: [String: Packet] = [:], controls: Controls = Controls()) {
    self.cast = cast
    self.controls = controls
  }

  package static let standardCast: [String: Packet] = [
    "mta OPTNEG": MTA.optNeg(), "mta CONNECT": MTA.connect(), "mta HELO": MTA.helo(), "mta MAIL": MTA.mail(),
    "mta RCPT": MTA.rcpt(), "mta DATA": MTA.data, "mta HEADER": MTA.header(), "mta EOH": MTA.eoh,
    "mta BODY": MTA.body(), "mta BODYEOB": MTA.bodyEOB, "mta ABORT": MTA.abort, "mta QUIT": MTA.quit,
    "mta EMPTY": Packet(frame: [0, 0, 0, 0], from: .mta),
    "milter OPTNEG": Milter.optNeg(), "milter CONTINUE": Milter.continue, "milter ACCEPT": Milter.accept,
    "milter REJECT": Milter.reject,
  ]

  /// The play as it goes: every line of `script` that is an event, with what the machine does about it.
  package func performed(_ script: String) throws(BadLine) -> String {
    var machine = SessionMachine(connection: 1)
    var effects = Effects()
    var controls = controls
    var now = Moment.zero
    var lines: [String] = []
    for line in script.split(separator: "\n") where !line.hasPrefix(" ") {
      lines.append(String(line))
      if let seconds = line.hasPrefix("at ") ? Int64(line.dropFirst(3).prefix { $0 != " " }) : nil {
        now = Moment(microseconds: seconds * 1_000_000)
      } else {
        try perform(String(line), at: now, on: &machine, under: &controls, into: &effects)
      }
      lines += effects.records.map { "  record \(PlayText.of($0.event))" }
      lines += effects.acts.map { "  \(PlayText.of($0))" }
      effects.records.removeAll()
      effects.acts.removeAll()
    }
    return lines.joined(separator: "\n")
  }

  /// A line of a play that is no event.
  package struct BadLine: Error, CustomStringConvertible {
    package let line: String
    package var description: String { "no such event: '\(line)'" }
  }

  private func perform(
    _ line: String, at now: Moment, on machine: inout SessionMachine, under controls: inout Controls,
    into effects: inout Effects
  ) throws(BadLine) {
    if let packet = cast[line] ?? Self.standardCast[line] {
      return machine.received(packet, at: now, under: &controls, into: &effects)
    }
    let words = line.split(separator: " ").map(String.init)
    let leg = Leg.allCases.first { $0.name == words.first }
    switch (leg, words.dropFirst().first) {
    case (_, "connected"): machine.milterConnected(at: now, under: &controls, into: &effects)
    case (_, "unreachable"):
      machine.milterUnreachable("connection refused", at: now, under: &controls, into: &effects)
    case (let leg?, "ends"): machine.closed(leg, .peer, at: now, under: &controls, into: &effects)
    case (let leg?, "breaks"):
      machine.closed(leg, .error(words.last ?? ""), at: now, under: &controls, into: &effects)
    case (let leg?, "is"): machine.deafened(leg, at: now, under: &controls, into: &effects)
    case (let leg?, "passes"):
      guard let reason = Passed.Reason(rawValue: words.last ?? "") else { throw BadLine(line: line) }
      let start: Inflow.Start? =
        switch reason {
        case .oversized: .oversized(length: 0x0200_0000)
        case .foreign: .foreign(.http)
        case .incomplete, .unframed: nil
        }
      let passed = Passed(sender: leg, bytes: [2, 0, 0, 0], reason: reason)
      machine.passed(passed, start: start, at: now, into: &effects)
    case (nil, _) where line == "opened":
      machine.opened(
        Opened(peer: "unix:", local: "unix:/run/a", milter: "unix:/run/b"), at: now, under: &controls,
        into: &effects)
    case (nil, _) where line == "tick": machine.tick(at: now, under: &controls, into: &effects)
    case (nil, _) where line == "the program ends":
      machine.terminated("mitmilter ends", at: now, under: &controls, into: &effects)
    default: throw BadLine(line: line)
    }
  }
}
