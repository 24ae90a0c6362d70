/// What to do about a finding; empty where there is nothing to mend.
package enum Cure: Equatable, Sendable, ExpressibleByStringLiteral {
  /// Whatever the MTA.
  case always(String)
  /// What holds where nothing tells which MTA it is, or another one, and what is to be done at that one.
  case byMTA(String, postfix: String, sendmail: String)

  package init(stringLiteral text: String) { self = .always(text) }

  package func text(at mta: KnownMTA?) -> String {
    switch (self, mta?.measured) {
    case (.always(let text), _), (.byMTA(let text, _, _), nil): text
    case (.byMTA(_, let postfix, _), .postfix): postfix
    case (.byMTA(_, _, let sendmail), .sendmail): sendmail
    }
  }
}
