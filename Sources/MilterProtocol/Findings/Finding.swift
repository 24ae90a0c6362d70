/// Something a peer did that is worth a remark. Never an error: the packet is passed on as it came.
package struct Finding: Equatable, Sendable {
  package var rule: FindingRule
  /// Number of the packet in the trace; nil where it is about the connection (a close, say).
  package var packet: Int?
  /// What was expected, what was there, where; lower case, no full stop.
  package var sentence: Sentence
  /// The finding that it follows from; nil for one that stands by itself.
  package var cause: Cause?
  /// Which MTA it is; nil where nothing tells, and where nobody has been asked.
  package var mta: KnownMTA?
  /// What the logs say about it; empty where nobody has been asked, too.
  package var logs: [ExpectedLog] = []

  /// An earlier finding of the same connection.
  package struct Cause: Equatable, Sendable {
    package var rule: FindingRule
    /// Its packet; nil where it is about the connection.
    package var packet: Int?

    package init(_ rule: FindingRule, packet: Int?) {
      self.rule = rule
      self.packet = packet
    }
  }

  package init(_ rule: FindingRule, packet: Int?, _ sentence: Sentence, cause: Cause? = nil) {
    self.rule = rule
    self.packet = packet
    self.sentence = sentence
    self.cause = cause
  }

  package var text: String { sentence.text }

  /// What comes of it, at the MTA that it is.
  package var consequence: String { rule.consequence.text(at: mta) }

  /// What to do about it, at the MTA that it is.
  package var cure: String { rule.remedy.text(at: mta) }

  /// `follows from R02 on 23`; nil for one that stands by itself.
  package var origin: String? {
    cause.map { "follows from \($0.rule.id)" + ($0.packet.map { " on \($0)" } ?? "") }
  }

  package var severity: Severity { rule.severity }

  package enum Severity: UInt8, Sendable, Equatable, Comparable, CaseIterable {
    /// Worth showing.
    case note
    /// Works by luck, or differs between MTAs.
    case warning
    /// Breaks the session or loses mail with at least one MTA.
    case error

    package static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
    package var name: String {
      switch self {
      case .note: "note"
      case .warning: "warning"
      case .error: "error"
      }
    }
    /// Its mark in lists, one column wide; the shape tells the weight without colour.
    package var sign: String {
      switch self {
      case .note: "●"
      case .warning: "▲"
      case .error: "✖"
      }
    }
  }
}
