import Delivery
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// A connection on which mitmilter was the MTA, with what came of each mail.
package struct SentSession {
  package let source: RecordList
  package let index: TimelineIndex
  /// By whose rules the mails are delivered.
  package let rules: KnownMTA
  /// Of what no mail is to blame for: the milter's end, or ours; nil where all was said.
  package let ending: String?
  private let facts: SessionFacts?
  /// Rows and findings of no mail, which are told with the first.
  private let sessionRows: [Int]
  private let findings: [Int: [FindingEntry]]

  /// - Parameters:
  ///   - records: all of one connection.
  ///   - head: of the trace that they are in.
  package init(_ records: [Record], head: TraceHead, rules: KnownMTA) {
    let source = RecordList(records, head: head)
    var index = TimelineIndex()
    index.catchUp(with: source)
    self.source = source
    self.index = index
    self.rules = rules
    ending = Self.ending(of: records)
    facts = index.count > 0 ? index.facts(at: index.count - 1, from: source) : nil
    sessionRows = (0..<index.count).filter { index.messageIndex(at: $0) == nil }
    findings = Dictionary(grouping: index.findings) { entry in
      entry.row.flatMap { index.messageIndex(at: $0) } ?? 0
    }
  }

  /// What came of the mail of that number, from 0.
  package func mail(_ number: Int) -> Result {
    guard number < index.messages.count else { return withoutMessage }
    let entry = index.messages[number]
    var result = Result(outcome: entry.outcome, message: number)
    switch entry.outcome {
    case .open, .aborted, .lost: result.reason = ending ?? "the session ended before a verdict"
    case .accepted, .quarantined, .rejected, .tempfailed, .discarded: result.reason = reason(entry)
    }
    return result
  }

  /// What the milter made of a mail.
  package struct Result {
    package let outcome: MessageEntry.Outcome
    /// Its place in the index; nil where nothing of it was said.
    package let message: Int?
    /// How it was said, or why there is no verdict: one line, safe to print.
    package fileprivate(set) var reason = ""

    /// Whether the milter gave a verdict.
    package var isJudged: Bool {
      switch outcome {
      case .open, .aborted, .lost: false
      case .accepted, .quarantined, .rejected, .tempfailed, .discarded: true
      }
    }

    /// `accepted`, or `no verdict`.
    package var word: String { isJudged ? outcome.rawValue : "no verdict" }

    fileprivate init(outcome: MessageEntry.Outcome, message: Int?) {
      self.outcome = outcome
      self.message = message
    }
  }

  /// The milter has said about the client what counts for the mail.
  private var withoutMessage: Result {
    let verdicts = [facts?.heloVerdict, facts?.connectVerdict].compactMap { $0 }
    let last = verdicts.first { $0.kind != .continue }
    guard let last, index.messages.isEmpty else {
      var result = Result(outcome: .lost, message: nil)
      result.reason = ending ?? "the session ended before it"
      return result
    }
    let outcome: MessageEntry.Outcome =
      switch last.result(under: rules) {
      case .rejected: .rejected
      case .tempfailed: .tempfailed
      case .discarded, .goesOn, .held, .unfiltered: .accepted
      case .failed: .lost
      }
    var result = Result(outcome: outcome, message: nil)
    result.reason = Self.words(last)
    return result
  }

  private func reason(_ entry: MessageEntry) -> String {
    guard let message = index.messages.firstIndex(of: entry) else { return "" }
    let facts = index.finalFacts(ofMessage: message, from: source).message
    if let decision = facts?.decision { return Self.words(decision) }
    guard let refused = facts?.recipients.last(where: \.isRefused)?.verdict else { return "" }
    return Self.words(refused) + (entry.recipientCount > 1 ? ", each recipient" : "")
  }

  /// `REJECT at RCPT`, `550 5.7.1 no at BODYEOB`.
  private static func words(_ verdict: VerdictFact) -> String {
    let said = verdict.text.map { InertText.string(escaping: Array($0.bytes)) } ?? verdict.kind.name
    return "\(said) at \(verdict.stage.name)"
  }

  /// Why the connection ended before its script did; nil where that is not so.
  private static func ending(of records: [Record]) -> String? {
    for record in records {
      guard case .closed(let closed) = record.event else { continue }
      switch (closed.leg, closed.how) {
      case (.milter, .unreachable(let why)): return "the milter is not there: \(ListingText.inert(why.text))"
      case (.milter, .error(let name)):
        return "the connection to the milter broke: \(ListingText.inert(name))"
      case (.milter, .peer): return "the milter closed the connection"
      case (.mta, .ours(let why)): return ListingText.inert(why.text)
      case (.mta, .peer): return nil
      case (.mta, _), (.milter, .ours): continue
      }
    }
    return nil
  }
}

/// What is told of a mail beyond its verdict.
extension SentSession {
  /// The packets of the modifications that were asked for.
  func modifications(of result: Result) -> [Packet] {
    guard let message = result.message else { return [] }
    let asked = index.finalFacts(ofMessage: message, from: source).message?.modifications ?? []
    return asked.compactMap { fact in
      index.row(number: fact.packet).flatMap { index.packet(at: $0, from: source) }
    }
  }

  /// The modifications that were asked for, a line each, safe to print.
  package func changes(of result: Result) -> [(packet: Int, name: String, text: String)] {
    guard let message = result.message else { return [] }
    let asked = index.finalFacts(ofMessage: message, from: source).message?.modifications ?? []
    return asked.compactMap { fact in
      guard let row = index.row(number: fact.packet), let packet = index.packet(at: row, from: source) else {
        return nil
      }
      return (fact.packet, fact.kind.name, PacketSummary(packet).text)
    }
  }

  /// How long the milter took for the replies of each stage: those of the session with its first mail.
  package func times(of result: Result) -> [(stage: Stage, replies: Int, took: Moment.Span)] {
    var times: [Stage: (replies: Int, took: Moment.Span)] = [:]
    let own = result.message.map { index.rows(ofMessage: $0) } ?? []
    for row in (result.message ?? 0 == 0 ? sessionRows : []) + own {
      let packet = index[row]
      guard case .reply(let kind) = packet.kind, kind.settles, let stage = packet.stage,
        let took = packet.took
      else { continue }
      let so = times[stage] ?? (0, Moment.Span(microseconds: 0))
      times[stage] = (so.replies + 1, so.took + took)
    }
    return Stage.allCases.compactMap { stage in
      times[stage].map { (stage, $0.replies, $0.took) }
    }
  }

  /// What was found about it: what is about no mail counts for the first.
  package func findings(of result: Result) -> FindingTally {
    var tally = FindingTally()
    for entry in found(with: result) {
      guard let record = source.record(at: entry.record), let finding = index.finding(in: record) else {
        continue
      }
      let place = FindingTally.Place(
        packet: finding.packet, connection: record.connection, message: entry.row.map { index[$0].message })
      tally.take(finding, at: place)
    }
    return tally
  }

  /// Whether any of these rows is of the mail, or of no mail.
  package func has(rowsOf rows: [UInt32], _ result: Result) -> Bool {
    rows.contains { row in index.messageIndex(at: Int(row)).map { $0 == result.message } ?? true }
  }

  func found(with result: Result) -> [FindingEntry] { findings[result.message ?? 0] ?? [] }

  /// The mail with its envelope, as the MTA would deliver it; nil where the milter was shown nothing of it.
  package func effect(of result: Result) -> EffectiveResult? {
    result.message.map { EffectiveResult(of: index.content(ofMessage: $0, from: source), under: rules) }
  }
}
