/// Which MTA somebody says it is: the operator with `--mta`, the screen with `set mta`.
package enum MTAChoice: String, Sendable, Equatable, CaseIterable {
  /// As its macros tell.
  case auto
  case postfix, sendmail
  /// None that is known: the shorter patience of both, PROGRESS only where both take it.
  case generic

  /// nil where nobody said it, or it is none that is known.
  package var mta: KnownMTA? {
    switch self {
    case .postfix: .postfix
    case .sendmail: .sendmail
    case .auto, .generic: nil
    }
  }
}
