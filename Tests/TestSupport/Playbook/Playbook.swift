import CommandLanguage
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
/// REASON` (four bytes; of an oversized frame five, and four with `mta passes more`), `mta ends`, `mta breaks ERROR`, `mta is deaf`, `tick`, `the program ends`; `at 5 s` sets the time.
/// The operator: `rule on …` adds a rule, `say INSTRUCTION` and `say INSTRUCTION on N` (a packet's number) give an
/// instruction, `nobody watches`. Who was asked last: `answers INSTRUCTION; INSTRUCTION`, `answers`, `gives no answer`.
package struct Playbook {
  /// Packets by the name they have in the play; those of ``standardCast`` are always there.
  package var cast: [String: Packet] = [:]

  /// What the operator has set.
  package var controls: ProxySettings

  package init(cast: [String: Packet] = [:], controls: ProxySettings = ProxySettings()) {
    self.cast = cast
    self.controls = controls
  }

  package static let standardCast: [String: Packet] = [
    "mta OPTNEG": MTA.optNeg(), "mta CONNECT": MTA.connect(), "mta HELO": MTA.helo(), "mta MAIL": MTA.mail(),
    "mta RCPT": MTA.rcpt(), "mta DATA": MTA.data, "mta HEADER": MTA.header(), "mta EOH": MTA.eoh,
    "mta BODY": MTA.body(), "mta BODYEOB": MTA.bodyEOB, "mta ABORT": MTA.abort, "mta QUIT": MTA.quit,
    "mta EMPTY": Packet(frame: [0, 0, 0, 0], from: .mta),
    "milter OPTNEG": Milter.optNeg(), "milter CONTINUE": Milter.continue, "milter ACCEPT": Milter.accept,
    "milter REJECT": Milter.reject, "milter TEMPFAIL": Milter.tempfail, "milter DISCARD": Milter.discard,
    "milter SKIP": Milter.skip, "milter PROGRESS": Milter.progress,
    "milter REPLYCODE": Milter.reply("550 no"),
    "milter ADDHEADER": Milter.addHeader(), "milter REPLBODY": Milter.replBody("Their body.\r\n"),
    "mta UNKNOWN": MTA.unknown(), "mta MACRO CONNECT": MTA.macro("C", ["j": "mx.example.net"]),
    "mta MACRO MAIL": MTA.macro("M", ["i": "4Xy"]),
    "mta MACRO HELO": MTA.macro("H", ["{tls_version}": "1.3"]),
  ]

  /// The play as it goes: every line of `script` that is an event, with what the machine does about it.
  ///
  /// - Parameter beginning: a play whose effects are not shown.
  package func performed(_ script: String, after beginning: String = "") throws(BadLine) -> String {
    var machine: SessionMachine?
    var turn = Turn(controls)
    var question: Question?
    var lines: [String] = []
    var shown = 0
    let events = (beginning + "\n---\n" + script).split(separator: "\n")
    for line in events where !line.hasPrefix(" ") {
      lines.append(String(line))
      if line == "---" {
        shown = lines.count
        continue
      }
      if let seconds = line.hasPrefix("at ") ? Int64(line.dropFirst(3).prefix { $0 != " " }) : nil {
        turn.now = Moment(microseconds: seconds * 1_000_000)
      } else {
        try perform(String(line), on: &machine, question, &turn)
      }
      for case .ask(let asked) in turn.effects.acts { question = asked }
      lines += turn.effects.records.map { "  record \(PlayText.of($0.event))" }
      lines += turn.effects.acts.map { "  \(PlayText.of($0))" }
      turn.effects.records.removeAll()
      turn.effects.acts.removeAll()
    }
    return lines[shown...].joined(separator: "\n")
  }

  /// What the machine asks for in `script`, all events of it together.
  package func acts(_ script: String, after beginning: String = "") throws(BadLine) -> [Effects.Act] {
    var machine: SessionMachine?
    var turn = Turn(controls)
    for line in beginning.split(separator: "\n") {
      try perform(String(line), on: &machine, nil, &turn)
    }
    turn.effects.acts.removeAll()
    for line in script.split(separator: "\n") {
      try perform(String(line), on: &machine, nil, &turn)
    }
    return turn.effects.acts
  }

  /// A line of a play that is no event.
  package struct BadLine: Error, CustomStringConvertible {
    package let line: String
    package var description: String { "no such event: '\(line)'" }
  }

  private func perform(
    _ line: String, on opened: inout SessionMachine?, _ question: Question?, _ turn: inout Turn
  ) throws(BadLine) {
    if line == "opened" {
      let ends = Opened(peer: "unix:", local: "unix:/run/a", milter: "unix:/run/b")
      opened = SessionMachine(connection: 1, ends, &turn)
      return
    }
    guard var machine = opened.take() else { throw BadLine(line: line) }
    defer { opened = machine }
    if let packet = cast[line] ?? Self.standardCast[line] {
      return machine.received(packet, &turn)
    }
    let words = line.split(separator: " ").map(String.init)
    let leg = Leg.allCases.first { $0.name == words.first }
    switch (leg, words.dropFirst().first) {
    case (_, "connected"): machine.milterConnected(&turn)
    case (_, "unreachable"):
      machine.milterUnreachable("connection refused", &turn)
    case (let leg?, "ends"): machine.closed(leg, .peer, &turn)
    case (let leg?, "breaks"):
      machine.closed(leg, .error(words.last ?? ""), &turn)
    case (let leg?, "is"): machine.deafened(leg, &turn)
    case (let leg?, "passes") where words.last == "more":
      machine.passed(Passed(sender: leg, bytes: [0, 0, 0, 0], reason: .oversized), start: nil, &turn)
    case (let leg?, "passes"):
      guard let reason = Passed.Reason(rawValue: words.last ?? "") else { throw BadLine(line: line) }
      let start: Inflow.Start? =
        switch reason {
        case .oversized: .oversized(length: 0x0200_0000, isFirst: false)
        case .foreign: .foreign(.http)
        case .incomplete, .unframed: nil
        }
      // The oversized one is a body, of which four bytes are enough to say how long it is, and one what.
      let code = reason == .oversized ? [UInt8(ascii: leg == .mta ? "B" : "b")] : []
      let passed = Passed(sender: leg, bytes: [2, 0, 0, 0] + code, reason: reason)
      machine.passed(passed, start: start, &turn)
    case (nil, _) where line.hasPrefix("rule "):
      do {
        turn.settings.rules.replace(with: turn.settings.rules.entries.map(\.rule) + [try rule(line)])
      } catch {
        throw BadLine(line: line)
      }
    case (nil, _) where line.hasPrefix("say "):
      let packet = words.count > 2 && words[words.count - 2] == "on" ? Int(words[words.count - 1]) : nil
      let text = (packet == nil ? words.dropFirst() : words.dropFirst().dropLast(2)).joined(separator: " ")
      let instruction: Instruction
      do { instruction = try Instruction(parsing: text) } catch { throw BadLine(line: line) }
      machine.instructed(
        instruction, packet: packet, .operator, &turn)
    case (nil, "no"):
      guard let question else { throw BadLine(line: line) }
      machine.answered(question, .failed("no answer within 5 s"), &turn)
    case (nil, _) where words.first == "answers":
      guard let question else { throw BadLine(line: line) }
      let lines = line.dropFirst("answers".count).split(separator: ";")
      machine.answered(question, Advice(lines: lines), &turn)
    case (nil, _) where line == "nobody watches":
      turn.settings.isUnattendedForGood = true
      machine.letGo(.policy("nobody watches"), &turn)
    case (nil, _) where line == "tick": machine.tick(&turn)
    case (nil, _) where line == "the program ends":
      machine.terminated("mitmilter ends", &turn)
    default: throw BadLine(line: line)
    }
  }

  private func rule(_ line: String) throws(SyntaxError) -> Rule {
    try Rule(parsing: String(line.dropFirst(5)))
  }
}
