/// Where a milter listens, or where we do: in any of the spellings that MTAs and milter libraries use.
///
/// `inet:8891@127.0.0.1` (libmilter, Sendmail), `inet:127.0.0.1:8891` (Postfix: host and port the other way round),
/// `inet6:8891@::1`, `inet:[::1]:8891`, `tcp:` and `tcp://` for `inet:`, `127.0.0.1:8891`, `unix:/path`, `unix:///path`,
/// `local:/path`, `/path`. Printed back in the first of these forms.
package enum MilterAddress: Equatable, Sendable, CustomStringConvertible {
  /// `host` is a literal without brackets or a name; port 0, where we listen, takes a free one.
  case inet(host: String, port: UInt16, family: Family)
  case unix(path: String)

  package enum Family: Sendable, Equatable {
    /// Whatever the name resolves to.
    case any
    case ipv6
  }

  /// The longest path that fits `sun_path` with its NUL on Linux.
  package static let longestPath = 107

  /// The canonical form, which libmilter and Sendmail take too.
  package var description: String {
    switch self {
    case .inet(let host, let port, .any): "inet:\(port)@\(host)"
    case .inet(let host, let port, .ipv6): "inet6:\(port)@\(host)"
    case .unix(let path): "unix:\(path)"
    }
  }

  /// The form that Postfix takes.
  package var postfixForm: String {
    switch self {
    case .inet(let host, let port, _): host.contains(":") ? "inet:[\(host)]:\(port)" : "inet:\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  /// Whether a listener here would take the connections that go to `other`, as far as the spelling tells.
  package func takesConnections(to other: MilterAddress) -> Bool {
    guard case .inet(let host, let port, _) = self, case .inet(let otherHost, let otherPort, _) = other,
      port == otherPort, port != 0
    else { return self == other }
    let loopback = ["127.0.0.1", "localhost", "::1"]
    return host == otherHost || loopback.contains(otherHost) && (loopback + Self.everywhere).contains(host)
  }

  private static let everywhere = ["0.0.0.0", "::", "*"]

  package var isUnix: Bool {
    switch self {
    case .unix: true
    case .inet: false
    }
  }

  /// Whether a listener here has no address of its own: it takes what comes to any of the machine's.
  package var isEveryInterface: Bool {
    if case .inet(let host, _, _) = self { Self.everywhere.contains(host) } else { false }
  }

  /// Where to connect to for a listener here: on this machine, where it takes every interface.
  package var reachable: MilterAddress {
    guard isEveryInterface, case .inet(let host, let port, let family) = self else { return self }
    let isIPv6 = host.contains(":") || family == .ipv6
    return .inet(host: isIPv6 ? "::1" : "127.0.0.1", port: port, family: family)
  }

  /// The line for Postfix's `main.cf`.
  package var postfixLine: String { Self.postfixLine([self]) }

  /// The same for several, which Postfix asks in that order.
  package static func postfixLine(_ addresses: [MilterAddress]) -> String {
    "smtpd_milters = \(addresses.map(\.reachable.postfixForm).joined(separator: ", "))"
  }

  /// The line for Sendmail's `sendmail.mc`.
  ///
  /// - Parameter name: of the filter there, where it is one of several.
  package func sendmailLine(named name: String? = nil) -> String {
    "INPUT_MAIL_FILTER(`\(name ?? "mitmilter")', `S=\(reachable)')dnl"
  }
}
