import MilterProtocol
import TraceModel

/// Lines of a trace, formats 1 and 2, as records again: the inverse of ``RecordWriter``.
///
/// A line that is no record is a ``LineFault`` and nothing worse: whoever reads a trace goes on with the next line. Keys
/// that are not known are skipped, kinds that are not known are faults, so that nothing is shown as less than it is.
package enum RecordReader {
  /// - Parameter line: one line, with or without its line feed.
  package static func record(in line: Span<UInt8>) throws(LineFault) -> Record {
    if let usual = usual(in: line) { return usual }
    let members = try Members(line)
    let kind = try kind(members, line)
    let time = Moment(microseconds: try members.microseconds(.t, in: line))
    let connection = try members.maybeNumber(.c, in: line) ?? 0
    return Record(time: time, connection: connection, event: try event(kind, members, line))
  }

  private static func kind(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> RecordKind {
    guard let token = members[.k], token.kind == .string else {
      guard members[.mitmilter] == nil else {
        throw LineFault(at: 0, "expected a record, found the head of another trace")
      }
      return try members.require(.k, nil, in: line)
    }
    let name = line.extracting(token.start..<token.end)
    for kind in RecordKind.allCases where name.spells(kind.name) { return kind }
    throw LineFault(at: token.start, "expected a kind of record that this program knows under 'k'")
  }

  private static func event(_ kind: RecordKind, _ members: Members, _ line: Span<UInt8>) throws(LineFault)
    -> Record.Event
  {
    switch kind {
    case .open: try .opened(opened(members, line))
    case .recv: try .received(received(members, line))
    case .pass: try .passed(passed(members, line))
    case .send: try .sent(sent(members, line))
    case .hold: try .held(held(members, line))
    case .release: try .released(released(members, line))
    case .instr: try .instructed(instructed(members, line))
    case .find: try .found(finding(members, line))
    case .note:
      try .noted(text: members.sentence(.text, in: line), packet: members.maybeNumber(.n, in: line))
    case .mark: try .marked(packet: members.number(.n, in: line), on: members.flag(.set, in: line))
    case .close: try .closed(closed(members, line))
    }
  }

  private static func opened(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Opened {
    Opened(
      peer: try members.text(.peer, in: line), local: try members.text(.local, in: line),
      milter: try members.maybeText(.milter, in: line), tap: try members.maybeText(.tap, in: line),
      patience: try patience(members, line), shadowOf: try members.maybeNumber(.shadowOf, in: line))
  }

  private static func patience(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> MTAPatience {
    var patience = MTAPatience()
    if members[.mta] != nil {
      let word = try members.word(.mta, of: MTAChoice.allCases.map(\.rawValue), in: line)
      patience.mta = MTAChoice(rawValue: word) ?? .auto
    }
    patience.timeouts = try timeouts(.mtaTimeout, members, line)
    patience[gaveUp: .postfix] = try timeouts(.gaveUpPostfix, members, line)
    patience[gaveUp: .sendmail] = try timeouts(.gaveUpSendmail, members, line)
    patience[gaveUp: nil] = try timeouts(.gaveUpOther, members, line)
    return patience
  }

  private static func timeouts(
    _ key: Key, _ members: Members, _ line: Span<UInt8>
  ) throws(LineFault) -> MTATimeouts? {
    guard let text = try members.maybeText(key, in: line) else { return nil }
    guard let timeouts = MTATimeouts(typed: text) else {
      throw LineFault(at: members[key]?.start ?? 0, "expected two durations such as 30s,300s")
    }
    return timeouts
  }

  private static func received(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Received {
    let sender = try leg(.from, members, line)
    let target = try maybeLeg(.to, members, line)
    guard target == nil || target == sender.other else {
      throw LineFault(at: members[.to]?.start ?? 0, "expected the other leg under 'to'")
    }
    let number = try members.number(.n, in: line)
    let frame = try members.bytes(.raw, in: line)
    return Received(
      number: number, packet: try packet(frame, sender, members, line), forwarded: target != nil)
  }

  private static func passed(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Passed {
    let reason = try members.word(.why, of: Passed.Reason.allCases.map(\.rawValue), in: line)
    return Passed(
      sender: try leg(.from, members, line), bytes: try members.bytes(.raw, in: line),
      reason: Passed.Reason(rawValue: reason) ?? .foreign)
  }

  private static func sent(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Sent {
    let target = try leg(.to, members, line)
    let sender = try maybeLeg(.from, members, line) ?? target.other
    var changed: Packet?
    if let frame = try members.maybeBytes(.raw, in: line) {
      changed = try packet(frame, sender, members, line)
    }
    return Sent(
      leg: target, original: try members.maybeNumber(.of, in: line),
      number: try members.maybeNumber(.n, in: line), packet: changed, cause: try cause(members, line))
  }

  private static func held(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Held {
    let deadline = try members.maybeMicroseconds(.until, in: line)
    return Held(
      number: try members.number(.n, in: line), cause: try cause(members, line),
      deadline: deadline.map(Moment.init(microseconds:)),
      client: try members.maybeMicroseconds(.client, in: line).map(Moment.init(microseconds:)))
  }

  private static func released(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Released {
    let outcome = try members.word(.outcome, of: Released.Outcome.allCases.map(\.rawValue), in: line)
    return Released(
      number: try members.number(.n, in: line), outcome: Released.Outcome(rawValue: outcome) ?? .forwarded,
      cause: try cause(members, line))
  }

  private static func instructed(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Instructed {
    Instructed(
      text: try members.text(.text, in: line), cause: try cause(members, line),
      packet: try members.maybeNumber(.n, in: line), refusal: try members.maybeSentence(.refused, in: line))
  }

  private static func finding(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Finding {
    let weight = try members.word(.severity, of: Finding.Severity.allCases.map(\.name), in: line)
    let severity = Finding.Severity.allCases.first { $0.name == weight } ?? .note
    let id = try members.text(.id, in: line)
    let title = try members.maybeText(.title, in: line) ?? ""
    var rule = rule(id, severity, title)
    let from = try members.maybeText(.from, in: line)
    if let sender = Leg.allCases.first(where: { $0.name == from }) { rule = rule.from(sender, severity) }
    return Finding(
      rule, packet: try members.maybeNumber(.n, in: line), try members.sentence(.text, in: line),
      cause: try findingCause(members, line))
  }

  private static func findingCause(_ members: Members, _ line: Span<UInt8>) throws(LineFault)
    -> Finding.Cause?
  {
    guard let id = try members.maybeText(.cause, in: line) else { return nil }
    return Finding.Cause(rule(id, .note, ""), packet: try members.maybeNumber(.of, in: line))
  }

  /// One that only a later program knows is shown as the trace describes it.
  private static func rule(_ id: String, _ severity: Finding.Severity, _ title: String) -> FindingRule {
    FindingRule.withID(id)
      ?? FindingRule(id: id, severity: severity, title: title, consequence: "", source: "")
  }

  private static func closed(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Closed {
    let leg = try leg(.leg, members, line)
    switch try members.word(.how, of: ["peer", "error", "unreachable", "ours"], in: line) {
    case "peer": return Closed(leg: leg, how: .peer)
    case "error": return Closed(leg: leg, how: .error(try members.maybeText(.why, in: line) ?? ""))
    case "unreachable": return Closed(leg: leg, how: .unreachable(try why(members, line)))
    default: return Closed(leg: leg, how: .ours(try why(members, line)))
    }
  }

  private static func why(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Sentence {
    try members.maybeSentence(.why, in: line) ?? ""
  }

  private static func cause(_ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Cause {
    switch try members.word(.by, of: ["operator", "rule", "policy", "timeout"], in: line) {
    case "operator": return .operator
    case "timeout": return .timeout
    case "rule": return .rule(try members.text(.rule, in: line))
    default: return .policy(try members.sentence(.policy, parts: .policyParts, in: line))
    }
  }

  private static func leg(_ key: Key, _ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Leg {
    try members.require(key, maybeLeg(key, members, line), in: line)
  }

  /// Spelled out instead of a table: it is asked twice for every packet.
  private static func maybeLeg(_ key: Key, _ members: Members, _ line: Span<UInt8>) throws(LineFault) -> Leg?
  {
    guard let token = members[key] else { return nil }
    let word = line.extracting(token.start..<token.end)
    if word.spells("mta") { return .mta }
    if word.spells("milter") { return .milter }
    throw LineFault(at: token.start, "expected 'mta' or 'milter' under '\(key.name)'")
  }

  private static func packet(_ frame: [UInt8], _ sender: Leg, _ members: Members, _ line: Span<UInt8>)
    throws(LineFault) -> Packet
  {
    guard frame.count >= Limits.lengthBytes else {
      throw LineFault(
        at: members[.raw]?.start ?? 0, "expected at least \(Limits.lengthBytes) bytes of a frame under 'raw'")
    }
    return Packet(frame: frame, from: sender)
  }
}
