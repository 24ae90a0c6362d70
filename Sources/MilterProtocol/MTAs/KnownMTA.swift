/// An MTA whose ways with milters are known. Of one that is not known there is none: `KnownMTA?` is nil.
///
/// Which one a connection has is told by its signs (`MTASigns`), or by the operator. Of Postfix and Sendmail every way was seen
/// (``MeasuredMTA``); of the others what their sources say stands in their ``profile``, and nothing else is known.
public enum KnownMTA: String, Sendable, Equatable, CaseIterable {
  case postfix, sendmail, stalwart, maddy
  /// A client of version 2 of the protocol, such as qpsmtpd's.
  case generic

  public var name: String {
    switch self {
    case .postfix: "Postfix"
    case .sendmail: "Sendmail"
    case .stalwart: "Stalwart"
    case .maddy: "maddy"
    case .generic: "a generic client"
    }
  }

  /// Both that were measured: what stands for each other where nothing tells which it is.
  package static let measured = MeasuredMTA.allCases.map(\.known)

  /// nil where its ways were read, and not seen.
  package var measured: MeasuredMTA? {
    switch self {
    case .postfix: .postfix
    case .sendmail: .sendmail
    case .stalwart, .maddy, .generic: nil
    }
  }
}

/// An MTA that was made to do all that is said of it. Rules that differ between the two switch over this.
package enum MeasuredMTA: String, Sendable, Equatable, CaseIterable {
  case postfix, sendmail

  package var known: KnownMTA { self == .postfix ? .postfix : .sendmail }
  package var name: String { known.name }
}
