import MilterProtocol

/// Whose rules say what becomes of verdicts and modifications (protocol.md 4.2 to 4.5).
package enum DeliveryRules: String, Hashable, Sendable, CaseIterable {
  case postfix, sendmail

  package var name: String { self == .postfix ? "Postfix" : "Sendmail" }

  /// nil where it is not known which MTA it is.
  package init?(_ mta: MTAKind) {
    switch mta {
    case .postfix: self = .postfix
    case .sendmail: self = .sendmail
    case .unknown: return nil
    }
  }

  /// Of the MTA of a connection, as far as that is known by then.
  package init?(told facts: SessionFacts) { self.init(facts.signs.mta) }
}
