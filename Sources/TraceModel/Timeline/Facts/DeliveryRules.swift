import MilterProtocol

/// Whose rules say what becomes of verdicts and modifications (protocol.md 4.2 to 4.5).
package enum DeliveryRules: String, Hashable, Sendable, CaseIterable {
  case postfix, sendmail

  package var name: String { self == .postfix ? "Postfix" : "Sendmail" }

  /// Of the MTA of a connection; nil where it is not known by then which that is.
  package init?(told facts: SessionFacts) {
    switch facts.signs.mta {
    case .postfix: self = .postfix
    case .sendmail: self = .sendmail
    case .unknown: return nil
    }
  }
}
