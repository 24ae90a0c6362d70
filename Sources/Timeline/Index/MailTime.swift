import Dialogue
import MilterProtocol
import TraceModel

/// Where the time of a mail went: into the milter, into this program, and what is left to the MTA and its client.
package struct MailTime: Sendable, Equatable {
  /// Summed up by stage, in the order in which they came.
  package private(set) var stages: [Stages] = []
  package private(set) var milter = zero
  /// Replies and commands that were kept here.
  package private(set) var here = zero
  /// All the rest: nobody waits for the milter.
  package private(set) var rest = zero
  /// From the last reply before the mail's content to the first of it; nil where there is none. With Postfix the client sends the mail
  /// meanwhile, and smtpd hands over to cleanup, which asks about the content (protocol.md 9.1).
  package private(set) var beforeContent: Moment.Span?

  private static let zero = Moment.Span(microseconds: 0)

  package struct Stages: Sendable, Equatable {
    package let stage: Stage
    package fileprivate(set) var milter: Moment.Span
    /// The longest of its replies.
    package fileprivate(set) var longest: Moment.Span
  }

  fileprivate init(_ rows: [Int], in index: TimelineIndex, from source: some RecordSource) {
    guard let first = rows.first, let last = rows.last else { return }
    var waited = Self.zero
    var settled: Moment?
    for row in rows {
      let packet = index[row]
      if let settled, beforeContent == nil, packet.sender == .mta, packet.stage?.isOfContent == true {
        beforeContent = Self.positive(packet.time - settled)
      }
      guard packet.sender == .milter, case .reply(let kind) = packet.kind, kind.settles,
        let stage = packet.stage
      else { continue }
      let left = Self.left(packet, in: index, from: source)
      if !stage.isOfContent { settled = left }
      guard let command = packet.answers, let took = packet.took, took.microseconds >= 0 else { continue }
      let whole = Self.positive(left - index.time(at: command))
      waited = waited + whole
      here = here + Self.difference(whole, took)
      add(took, at: stage)
    }
    rest = Self.difference(index.time(at: last) - index.time(at: first), waited)
  }

  private mutating func add(_ took: Moment.Span, at stage: Stage) {
    milter = milter + took
    guard let i = stages.firstIndex(where: { $0.stage == stage }) else {
      return stages.append(Stages(stage: stage, milter: took, longest: took))
    }
    stages[i].milter = stages[i].milter + took
    stages[i].longest = max(stages[i].longest, took)
  }

  /// When the MTA had the reply.
  private static func left(
    _ packet: TimelineRow, in index: TimelineIndex, from source: some RecordSource
  ) -> Moment {
    guard packet.flags.contains(.held), !packet.flags.contains(.waiting) else { return packet.time }
    for record in index.remarkRecords(about: packet.row, from: source).reversed() {
      switch record.event {
      case .sent, .released: return record.time
      case .opened, .received, .passed, .held, .instructed, .found, .noted, .marked, .closed: continue
      }
    }
    return packet.time
  }

  private static func positive(_ span: Moment.Span) -> Moment.Span { max(span, zero) }

  private static func difference(_ a: Moment.Span, _ b: Moment.Span) -> Moment.Span {
    positive(Moment(microseconds: a.microseconds) - Moment(microseconds: b.microseconds))
  }
}

extension TimelineIndex {
  package func time(ofMessage i: Int, from source: some RecordSource) -> MailTime {
    MailTime(rows(ofMessage: i), in: self, from: source)
  }
}
