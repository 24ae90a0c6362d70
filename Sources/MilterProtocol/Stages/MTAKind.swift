/// Which MTA this is (``MTASigns``); the two differ in what they take from a milter.
package enum MTAKind: UInt8, Sendable, Hashable, CaseIterable {
  case unknown, postfix, sendmail

  package var name: String {
    switch self {
    case .unknown: "unknown"
    case .postfix: "Postfix"
    case .sendmail: "Sendmail"
    }
  }
}
