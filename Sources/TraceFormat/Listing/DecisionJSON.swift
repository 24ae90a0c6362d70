import MilterProtocol
import Timeline
import TraceModel

/// A decision as one line of JSON; `docs/milter.md` explains the members, `docs/schema/decision.json` is their schema.
///
/// No line holds anything of a body. Text of the wire is written as UTF-8, with U+FFFD for what is none.
package struct DecisionJSON {
  private let clock: WallClock
  /// Where each rule is written, by its label.
  package var places: [String: String] = [:]

  package init(startedAt: Int64) { clock = WallClock(startedAt: startedAt) }

  package func append(_ decision: Decision, to line: inout [UInt8]) {
    line.append(key: "{\"time\":", clock.rfc3339(decision.time.microseconds))
    line.append(key: ",\"conn\":", decision.connection)
    line.append(key: ",\"tap\":", decision.tap)
    line.append(key: ",\"msg\":", decision.message)
    line.append(key: ",\"packet\":", decision.packet)
    line.append(key: ",\"stage\":", decision.stage.name)
    append(decision.outcome, to: &line)
    append(decision.author, to: &line)
    if let waited = decision.waited {
      line.append(ascii: ",\"waited\":")
      line.append(milliseconds: waited.microseconds)
    }
    line.append(key: ",\"queue\":", decision.queueID.map(text))
    if let client = decision.client {
      line.append(key: ",\"client\":{\"host\":", text(client.hostname))
      line.append(key: ",\"address\":", client.address.map(text))
      line.append(key: ",\"port\":", client.port.map { Int($0) })
      line.append(ascii: "}")
    }
    line.append(key: ",\"helo\":", decision.helo.map(text))
    line.append(key: ",\"from\":", decision.sender.map(text))
    if decision.message != 0 {
      line.append(ascii: ",\"rcpts\":")
      line.append(list: decision.recipients) { $0.append(key: "", text($1)) }
    }
    line.append(key: ",\"rcpt\":", decision.recipient.map(text))
    line.append(key: ",\"subject\":", decision.subject.map(text))
    if !decision.changes.isEmpty {
      line.append(ascii: ",\"modifications\":")
      line.append(list: decision.changes) { append($1, to: &$0) }
    }
    line.append(ascii: "}\n")
  }

  private func append(_ outcome: Decision.Outcome, to line: inout [UInt8]) {
    switch outcome {
    case .abandoned: line.append(ascii: ",\"verdict\":\"abandoned\"")
    case .verdict(let verdict):
      line.append(key: ",\"verdict\":", Self.word(for: verdict.kind))
      line.append(key: ",\"class\":", verdict.replyClass)
      guard let said = verdict.text else { break }
      line.append(ascii: ",\"reply\":")
      line.append(list: Self.lines(said)) { $0.append(key: "", $1) }
    }
  }

  /// As the SMTP client gets them: `%%` made `%`, code and status in front.
  private static func lines(_ said: Head) -> [String] {
    let reply = ReplyText(said.bytes)
    return zip(reply.lines, reply.plainLines).map { line, plain in
      String(decoding: said.bytes[line.range.lowerBound..<line.text.lowerBound] + plain, as: UTF8.self)
    }
  }

  /// The word of the instruction that asks for it.
  private static func word(for kind: ReplyKind) -> String {
    kind == .replyCode ? "reply" : kind == .connFail ? "connfail" : kind.name.lowercased()
  }

  private func append(_ author: DecisionAuthor, to line: inout [UInt8]) {
    switch author {
    case .milter: line.append(ascii: ",\"by\":\"milter\"")
    case .mta: line.append(ascii: ",\"by\":\"mta\"")
    case .ours(let cause): append(cause, to: &line)
    case .released(let cause, let policy):
      append(cause, to: &line)
      line.append(key: ",\"policy\":", policy)
    }
  }

  private func append(_ cause: Cause, to line: inout [UInt8]) {
    switch cause {
    case .operator: line.append(ascii: ",\"by\":\"operator\"")
    case .timeout: line.append(ascii: ",\"by\":\"timeout\"")
    case .rule(let label):
      line.append(ascii: ",\"by\":\"rule\"")
      line.append(key: ",\"rule\":", label)
      line.append(key: ",\"place\":", places[label])
    case .policy(let words) where words.text == Decision.defaultPolicy.text:
      line.append(ascii: ",\"by\":\"default\"")
    case .policy(let words):
      line.append(ascii: ",\"by\":\"policy\"")
      line.append(key: ",\"policy\":", words.text)
    }
  }

  private func append(_ change: Decision.Change, to line: inout [UInt8]) {
    switch change.what {
    case .body(let bytes):
      line.append(key: "{\"name\":", ReplyKind.replBody.name)
      line.append(key: ",\"bytes\":", bytes)
    case .unreadable(let kind): line.append(key: "{\"name\":", kind.name)
    case .modification(let modification):
      line.append(key: "{\"name\":", modification.kind.name)
      append(modification, to: &line)
    }
    switch change.author {
    case .peer: line.append(ascii: ",\"by\":\"milter\"")
    case .ours(let cause): append(cause, to: &line)
    }
    line.append(ascii: "}")
  }

  private func append(_ modification: Modification, to line: inout [UInt8]) {
    switch modification {
    case .addHeader(let header): append(header, to: &line)
    case .insHeader(let index, let header), .chgHeader(let index, let header):
      line.append(key: ",\"index\":", Int(index))
      append(header, to: &line)
    case .addRcpt(let address), .delRcpt(let address): line.append(key: ",\"address\":", text(address))
    case .addRcptPar(let address, let parameters), .chgFrom(let address, let parameters):
      line.append(key: ",\"address\":", text(address))
      line.append(key: ",\"parameters\":", parameters.map(text))
    case .quarantine(let reason): line.append(key: ",\"reason\":", text(reason))
    case .replBody(let chunk): line.append(key: ",\"bytes\":", chunk.count)
    }
  }

  private func append(_ header: Header, to line: inout [UInt8]) {
    line.append(key: ",\"header\":", text(header.name))
    line.append(key: ",\"value\":", text(header.value))
  }

  private func text(_ head: Head) -> String { text(head.bytes) }
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
