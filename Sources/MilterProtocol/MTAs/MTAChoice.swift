/// Which MTA somebody says it is: the operator with `--mta`, the screen with `set mta`.
package enum MTAChoice: String, Sendable, Equatable, CaseIterable {
  /// As its macros and its offer tell.
  case auto
  case postfix, sendmail, stalwart, maddy
  /// A client of version 2, or none that is known: the shorter patience of Postfix and Sendmail, PROGRESS only where both take
  /// it.
  case generic

  /// nil where nobody said it.
  package var mta: KnownMTA? {
    // Not by the raw value, which is a string: this is asked for each packet.
    switch self {
    case .auto: nil
    case .postfix: .postfix
    case .sendmail: .sendmail
    case .stalwart: .stalwart
    case .maddy: .maddy
    case .generic: .generic
    }
  }

  package init(_ mta: KnownMTA) { self = MTAChoice(rawValue: mta.rawValue) ?? .auto }
}
