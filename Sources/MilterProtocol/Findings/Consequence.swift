/// What comes of a finding.
package enum Consequence: Equatable, Sendable, ExpressibleByStringLiteral {
  /// Whatever the MTA. Lower case, no full stop, as all of it.
  case always(String)
  /// What holds for both, if anything, and what each does: phrases that stand behind its name.
  case byMTA(String = "", postfix: String, sendmail: String)
  /// What each MTA does that is known, behind its name.
  case each(String)

  package init(stringLiteral text: String) { self = .always(text) }

  /// What holds whatever the MTA; empty where nothing does.
  package var common: String {
    switch self {
    case .always(let text): text
    case .byMTA(let common, _, _): common
    case .each: ""
    }
  }

  /// What that MTA does beyond what holds for all; empty where that is nothing.
  package func own(_ mta: MeasuredMTA) -> String {
    switch self {
    case .always: ""
    case .byMTA(_, let postfix, let sendmail): mta == .postfix ? postfix : sendmail
    case .each(let phrase): phrase
    }
  }

  /// As it is where nothing is said of the MTA.
  package var text: String {
    switch self {
    case .always(let text): text
    case .byMTA(let common, let postfix, let sendmail):
      Self.joined(common, "\(KnownMTA.postfix.name) \(postfix); \(KnownMTA.sendmail.name) \(sendmail)")
    case .each(let phrase): "each MTA \(phrase)"
    }
  }

  /// As it is at that MTA; nil where nothing tells which it is.
  package func text(at mta: KnownMTA?) -> String {
    switch (self, mta) {
    case (.always(let text), _): text
    case (.byMTA(let common, let postfix, _), .postfix): Self.joined(common, "Postfix \(postfix)")
    case (.byMTA(let common, _, let sendmail), .sendmail): Self.joined(common, "Sendmail \(sendmail)")
    case (.each(let phrase), .postfix), (.each(let phrase), .sendmail): "\(mta?.name ?? "") \(phrase)"
    case (_, .some(let mta)): "\(text) (what \(mta.name) does is not known)"
    case (_, nil): "\(text) (assumed: nothing tells which MTA it is)"
    }
  }

  private static func joined(_ common: String, _ own: String) -> String {
    common.isEmpty ? own : "\(common); \(own)"
  }
}
