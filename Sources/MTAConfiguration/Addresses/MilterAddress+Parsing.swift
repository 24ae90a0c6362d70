extension MilterAddress {
  /// Why a text is no address, and the forms that would be.
  package struct ParsingError: Error, Equatable {
    package var message: String
    package static let hint =
      "addresses look like inet:8891@127.0.0.1, inet:127.0.0.1:8891, inet6:8891@::1, [::1]:8891, unix:/path or /path"
  }

  /// Reads any spelling. A port alone means the loopback interface.
  package init(parsing text: String) throws(ParsingError) {
    let (scheme, rest) = Self.splitScheme(text)
    switch scheme {
    case nil where text.hasPrefix("/"): self = try Self.unix(text, in: text)
    case nil, "inet", "tcp", "inet4", "tcp4": self = try Self.inet(rest, family: .any, in: text)
    case "inet6", "tcp6": self = try Self.inet(rest, family: .ipv6, in: text)
    case "unix", "local": self = try Self.unix(rest, in: text)
    case .some(let other):
      throw ParsingError(
        message: "address '\(text)': expected inet:, inet6:, tcp:, unix: or local:, there is '\(other):'")
    }
  }

  private static let schemes = ["inet", "inet4", "inet6", "tcp", "tcp4", "tcp6", "unix", "local"]

  /// The word before the first colon if it is a scheme (`//` after it left out), or looks like one: letters alone,
  /// with no port behind it.
  private static func splitScheme(_ text: String) -> (scheme: String?, rest: Substring) {
    guard let colon = text.firstIndex(of: ":") else { return (nil, text[...]) }
    let scheme = text[..<colon].lowercased()
    var rest = text[text.index(after: colon)...]
    let slashes = rest.hasPrefix("//")
    guard schemes.contains(scheme) || slashes else { return (nil, text[...]) }
    if slashes {
      rest = rest.dropFirst(2)
      if scheme.hasPrefix("tcp") || scheme.hasPrefix("inet"), rest.hasSuffix("/") { rest = rest.dropLast() }
    }
    return (scheme, rest)
  }

  private static func unix(_ path: some StringProtocol, in text: String) throws(ParsingError) -> MilterAddress
  {
    guard !path.isEmpty else {
      throw ParsingError(message: "address '\(text)': expected a path after the colon, there is none")
    }
    guard path.utf8.count <= longestPath else {
      throw ParsingError(
        message:
          "address '\(text)': expected a path of at most \(longestPath) bytes, it has \(path.utf8.count)")
    }
    return .unix(path: String(path))
  }

  private static func inet(_ rest: Substring, family: Family, in text: String) throws(ParsingError)
    -> MilterAddress
  {
    let host: Substring?
    let port: Substring
    if let at = rest.firstIndex(of: "@") {
      (port, host) = (rest[..<at], unbracketed(rest[rest.index(after: at)...]))
    } else if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      guard rest[end...].hasPrefix("]:") else {
        throw ParsingError(message: "address '\(text)': expected ]:PORT after the IPv6 address")
      }
      (host, port) = (rest[rest.index(after: rest.startIndex)..<end], rest[end...].dropFirst(2))
    } else if let colon = rest.lastIndex(of: ":") {
      (host, port) = (rest[..<colon], rest[rest.index(after: colon)...])
      guard !rest[..<colon].contains(":") else {
        throw ParsingError(
          message: "address '\(text)': expected brackets around the IPv6 address, as in [::1]:8891")
      }
    } else {
      (host, port) = (nil, rest)
    }
    guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port) else {
      throw ParsingError(
        message: "address '\(text)': expected a port number from 0 to 65535, there is '\(port)'")
    }
    let name = host.map(String.init) ?? (family == .ipv6 ? "::1" : "127.0.0.1")
    guard !name.isEmpty else {
      throw ParsingError(message: "address '\(text)': expected a host beside the port, there is none")
    }
    return .inet(host: name, port: number, family: name.contains(":") ? .ipv6 : family)
  }

  private static func unbracketed(_ host: Substring) -> Substring {
    host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
  }
}
