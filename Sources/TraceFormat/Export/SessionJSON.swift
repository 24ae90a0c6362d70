import Delivery
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// The members of JSON objects about a trace, a session, a message, or an event; `docs/exports.md` explains them,
/// `docs/schema/export.json` is their schema.
struct SessionJSON {
  /// Of the objects that `json` and `jsonl` consist of; grows when a member changes its meaning or goes.
  static let version = 1

  private let input: ExportInput
  private let clock: WallClock
  private let findings: FindingJSON

  init(_ input: ExportInput) {
    self.input = input
    clock = WallClock(startedAt: input.head.startedAt)
    findings = FindingJSON(startedAt: input.head.startedAt)
  }

  func append(_ head: TraceHead, to bytes: inout [UInt8]) {
    bytes.append(key: "\"version\":", Self.version)
    bytes.append(key: ",\"program\":", head.program)
    bytes.append(key: ",\"started\":", clock.rfc3339(0))
    bytes.append(ascii: ",\"command\":")
    bytes.append(list: head.command) { $0.append(key: "", $1) }
    bytes.append(key: ",\"listen\":", head.listen)
    bytes.append(key: ",\"milter\":", head.milter)
    if !head.taps.isEmpty {
      bytes.append(ascii: ",\"taps\":")
      bytes.append(list: head.taps) { bytes, tap in
        bytes.append(key: "{\"name\":", tap.name)
        bytes.append(key: ",\"listen\":", tap.listen)
        bytes.append(key: ",\"milter\":", tap.milter)
        bytes.append(ascii: "}")
      }
    }
    bytes.append(key: ",\"negotiation\":", head.negotiation)
  }

  /// A record that is no packet, in the form that it has in a trace.
  func append(_ record: Record, to bytes: inout [UInt8]) {
    bytes.append(key: "\"time\":", clock.rfc3339(record.time.microseconds))
    bytes.append(ascii: ",\"record\":")
    RecordWriter.append(record, to: &bytes)
    bytes.removeLast()
  }

  func append(_ told: ToldFinding, to bytes: inout [UInt8]) {
    let row = told.finding.packet.flatMap { input.index.row(number: $0) }
    findings.appendMembers(
      told.finding, of: told.connection, message: row.map { input.index[$0].message }, at: told.time,
      to: &bytes)
  }

  // MARK: sessions

  func append(connection c: Int, to bytes: inout [UInt8]) {
    let entry = input.index.connections[c]
    let opened = entry.openedRecord.flatMap { input.source.record(at: $0) }
    let last = entry.rows.last { input.index.connectionIndex(at: $0) == c }
    let facts = last.map { input.index.facts(at: $0, from: input.source) }
    bytes.append(key: "\"conn\":", entry.number)
    bytes.append(key: ",\"opened\":", entry.openedAt.map { clock.rfc3339($0.microseconds) })
    bytes.append(key: ",\"closed\":", entry.closedAt.map { clock.rfc3339($0.microseconds) })
    if case .opened(let ends) = opened?.event {
      bytes.append(key: ",\"peer\":", ends.peer)
      bytes.append(key: ",\"local\":", ends.local)
      bytes.append(key: ",\"milter\":", ends.milter)
      bytes.append(key: ",\"shadow_of\":", ends.shadowOf)
      bytes.append(key: ",\"tap\":", ends.tap)
    }
    if let facts { FactsJSON.append(session: facts, to: &bytes) }
    bytes.append(key: ",\"packets\":", entry.packetCount)
    bytes.append(key: ",\"messages\":", entry.messageCount)
    bytes.append(key: ",\"findings\":", entry.findingCount)
    bytes.append(key: ",\"severity\":", entry.severity?.name)
  }

  // MARK: messages

  func append(message i: Int, to bytes: inout [UInt8]) {
    let index = input.index
    let entry = index.messages[i]
    let facts = index.finalFacts(ofMessage: i, from: input.source).message
    bytes.append(key: "\"conn\":", index.connections[entry.connection].number)
    bytes.append(key: ",\"msg\":", entry.number)
    let chain = index.chain(ofMessage: i)
    if chain.count > 1 {
      bytes.append(ascii: ",\"chain\":")
      bytes.append(list: chain) { append(passage: $1, to: &$0) }
    }
    bytes.append(key: ",\"first\":", index.number(at: entry.firstRow))
    bytes.append(key: ",\"last\":", index.number(at: entry.lastRow))
    if let facts, facts.number == entry.number { FactsJSON.append(facts, to: &bytes) }
    bytes.append(key: ",\"bytes\":", entry.bytes)
    bytes.append(key: ",\"outcome\":", entry.outcome.rawValue)
    bytes.append(key: ",\"by\":", entry.outcomeBy.map { "\($0)" })
    if let decision = entry.decision {
      bytes.append(key: ",\"decision\":{\"name\":", decision.kind.name)
      bytes.append(key: ",\"stage\":", decision.stage.name)
      bytes.append(key: ",\"by\":", "\(decision.by)")
      bytes.append(key: ",\"n\":", decision.row.map(index.number))
      bytes.append(ascii: "}")
    }
    bytes.append(key: ",\"findings\":", entry.findingCount)
    bytes.append(key: ",\"severity\":", entry.severity?.name)
    if let rules = input.delivery {
      let content = index.content(ofMessage: i, from: input.source)
      append(EffectiveResult(of: content, under: rules), to: &bytes)
    }
  }

  /// The envelope with which the MTA hands the mail on; the mail itself is in an export as eml.
  private func append(_ result: EffectiveResult, to bytes: inout [UInt8]) {
    bytes.append(key: ",\"delivered\":{\"mta\":", result.rules.rawValue)
    bytes.append(key: ",\"fate\":", result.fate.word)
    if let sender = result.sender {
      bytes.append(ascii: ",\"from\":{")
      append(sender.envelope, to: &bytes)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: ",\"rcpts\":")
    bytes.append(list: result.deliveredRecipients) { bytes, recipient in
      bytes.append(ascii: "{")
      append(recipient, to: &bytes)
      bytes.append(ascii: "}")
    }
    let live = result.headers.filter { !$0.isRemoved }
    bytes.append(key: ",\"above\":", live.firstIndex(where: \.isOwnReceived))
    bytes.append(ascii: ",\"added\":")
    bytes.append(list: result.addedByMTA) { $0.append(key: "", $1) }
    bytes.append(ascii: ",\"remarks\":")
    bytes.append(list: result.remarks) { bytes, remark in
      bytes.append(key: "{\"n\":", remark.packet)
      bytes.append(key: ",\"text\":", remark.text)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: "}")
  }

  /// The same mail at a milter.
  private func append(passage i: Int, to bytes: inout [UInt8]) {
    let entry = input.index.messages[i]
    bytes.append(key: "{\"conn\":", input.index.connections[entry.connection].number)
    bytes.append(key: ",\"msg\":", entry.number)
    bytes.append(
      key: ",\"tap\":",
      input.index.tap(ofConnection: entry.connection).map { String(decoding: $0, as: UTF8.self) })
    bytes.append(ascii: "}")
  }

  private func append(_ envelope: Envelope, to bytes: inout [UInt8]) {
    bytes.append(key: "\"address\":", String(decoding: envelope.address, as: UTF8.self))
    bytes.append(ascii: ",\"arguments\":")
    bytes.append(list: envelope.arguments) { $0.append(key: "", String(decoding: $1, as: UTF8.self)) }
  }
}

extension [UInt8] {
  package mutating func append<Item>(list items: [Item], _ append: (inout [UInt8], Item) -> Void) {
    self.append(ascii: "[")
    for (place, item) in items.enumerated() {
      if place > 0 { self.append(ascii: ",") }
      append(&self, item)
    }
    self.append(ascii: "]")
  }
}

extension EffectiveResult.Fate {
  fileprivate var word: String {
    switch self {
    case .pending: "pending"
    case .aborted: "aborted"
    case .lost: "lost"
    case .delivered: "delivered"
    case .held: "held"
    case .discarded: "discarded"
    case .rejected: "rejected"
    case .tempfailed: "tempfailed"
    case .failed: "failed"
    }
  }
}
