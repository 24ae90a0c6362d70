/// An MTA whose ways with milters are known. Of one that is not known there is none: `KnownMTA?` is nil.
///
/// Which one a connection has is told by its signs (`MTASigns`), or by the operator.
public enum KnownMTA: String, Sendable, Equatable, CaseIterable {
  case postfix, sendmail

  public var name: String { self == .postfix ? "Postfix" : "Sendmail" }
}
