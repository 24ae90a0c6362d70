import MilterProtocol

/// One milter of `smtpd_milters` or `non_smtpd_milters`: an address, or an address with settings of its own in braces.
package struct PostfixMilter: Equatable, Sendable {
  /// The address as it is written.
  package var address: String
  /// `default_action=accept` and the like.
  package var settings: [PostfixService.Setting] = []
  /// What in the braces is no setting.
  var malformed: [String] = []
  var isUnclosed = false

  /// - Parameter value: of the parameter, `$name` expanded.
  static func list(_ value: String) -> [PostfixMilter] {
    PostfixLines.words(value, commas: true).map(PostfixMilter.init)
  }

  private init(_ word: String) {
    guard word.hasPrefix("{") else {
      address = word
      return
    }
    isUnclosed = !word.hasSuffix("}")
    let inner = isUnclosed ? word.dropFirst() : word.dropFirst().dropLast()
    var words = PostfixLines.words(inner, commas: true)
    address = words.isEmpty ? "" : words.removeFirst()
    for word in words {
      let text =
        word.hasPrefix("{") && word.hasSuffix("}") ? String(word.dropFirst().dropLast().trimmed) : word
      if let (name, value) = PostfixLines.setting(text), !value.isEmpty {
        settings.append(PostfixService.Setting(name: name, value: value))
      } else {
        malformed.append(word)
      }
    }
  }

  /// What it says of `name` itself; nil where main.cf decides.
  func own(_ name: String) -> String? { settings.last { $0.name == name }?.value }

  /// As it is written anew.
  var text: String {
    guard !settings.isEmpty else { return address }
    return "{ " + ([address] + settings.map { "\($0.name)=\($0.value)" }).joined(separator: ", ") + " }"
  }

  /// Those that Postfix 3.7 knows in braces (`milter_new` in milter.c; another ends smtpd: seen with 3.7).
  static let knownSettings = [
    "connect_timeout", "command_timeout", "content_timeout", "default_action", "protocol",
  ]
}

/// A milter's address in Postfix's spelling, judged as `milter8_connect` and `inet_connect` do (seen with 3.7).
enum PostfixEndpoint: Equatable {
  case unix(path: String)
  case inet(MilterAddress)
  /// What Postfix makes of it, and the address that was meant, where one can tell.
  case wrong(Wrong, meant: MilterAddress?)

  enum Wrong: Equatable {
    /// `451 4.3.5`, whatever milter_default_action says.
    case refused(String)
    /// The program ends before it says a word to the client.
    case fatal(String)
    /// It goes somewhere else, or nowhere.
    case elsewhere(String)
  }

  init(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else {
      self = .wrong(
        .refused("Milter service needs transport:endpoint instead of \"\(text)\""), meant: Self.meant(text))
      return
    }
    let endpoint = text[text.index(after: colon)...]
    switch text[..<colon] {
    case "unix", "local":
      self =
        endpoint.isEmpty
        ? .wrong(.elsewhere("it names no path"), meant: nil) : .unix(path: Self.path(endpoint))
    case "inet": self = Self.inet(endpoint, text)
    case let transport:
      self = .wrong(
        .refused("invalid transport name: \(transport) in Milter service: \(text)"), meant: Self.meant(text))
    }
  }

  /// `///run/x` is `/run/x`.
  private static func path(_ text: Substring) -> String {
    var path = text
    while path.hasPrefix("//") { path = path.dropFirst() }
    return String(path)
  }

  private static func inet(_ endpoint: Substring, _ text: String) -> PostfixEndpoint {
    let host: Substring
    let port: Substring
    if endpoint.hasPrefix("["), let end = endpoint.firstIndex(of: "]") {
      guard endpoint[end...].hasPrefix("]:") else {
        return .wrong(.fatal("missing port behind the address: \(endpoint)"), meant: meant(text))
      }
      (host, port) = (endpoint[..<end].dropFirst(), endpoint[end...].dropFirst(2))
    } else if let colon = endpoint.lastIndex(of: ":") {
      (host, port) = (endpoint[..<colon], endpoint[endpoint.index(after: colon)...])
    } else {
      (host, port) = ("localhost", endpoint)
    }
    guard let first = port.utf8.first, (0x30...0x39).contains(first) else {
      return .wrong(
        .elsewhere(port.isEmpty ? "it names no port" : "there is no service \(port)"), meant: meant(text))
    }
    guard let number = UInt32(port) else {
      return .wrong(.fatal("\(endpoint): garbage after numerical service"), meant: meant(text))
    }
    guard let inRange = UInt16(exactly: number) else {
      return .wrong(.elsewhere("Postfix takes port \(number) for \(number % 65_536)"), meant: nil)
    }
    let name = host.isEmpty ? "localhost" : String(host)
    return .inet(.inet(host: name, port: inRange, family: name.contains(":") ? .ipv6 : .any))
  }

  /// The address in anybody's spelling, without what others put around it.
  private static func meant(_ text: String) -> MilterAddress? {
    var text = text[...]
    while let last = text.last, ";,'\"".contains(last) { text = text.dropLast() }
    while let first = text.first, ";,'\"".contains(first) { text = text.dropFirst() }
    if text.hasPrefix("S=") { text = text.dropFirst(2) }
    return try? MilterAddress(parsing: String(text)).reachable
  }
}
