import Glibc
import MTAConfiguration

/// From a ``MilterAddress`` to what the system takes.
package enum Resolution {
  /// A name that has no address: the message and the hint for the operator.
  package struct Failure: Explained {
    package var message: String
    package var hint: String?
  }

  /// The address where no name has to be looked up; nil for a name.
  package static func literal(_ address: MilterAddress) -> SocketAddress? {
    switch address {
    case .unix(let path): SocketAddress(unix: path)
    case .inet(let host, let port, _): SocketAddress(literal: host, port: port)
    }
  }

  /// All addresses in the order in which to try them. Asks the resolver for a name, which may take seconds.
  package static func addresses(of address: MilterAddress) throws(Failure) -> [SocketAddress] {
    if let literal = literal(address) { return [literal] }
    guard case .inet(let host, let port, let family) = address else { return [] }
    var hints = addrinfo()
    hints.ai_family = family == .ipv6 ? AF_INET6 : AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      throw Failure(
        message: "address '\(address)': cannot resolve '\(host)': \(String(cString: gai_strerror(code)))",
        hint: "check the spelling, or give the IP address")
    }
    defer { freeaddrinfo(list) }
    return sequence(first: list, next: { $0?.pointee.ai_next }).compactMap { entry in
      entry.flatMap { entry in
        entry.pointee.ai_addr.map { source in
          SocketAddress { target, length in
            length = entry.pointee.ai_addrlen
            memcpy(target, source, Int(length))
          }
        }
      }
    }
  }
}
