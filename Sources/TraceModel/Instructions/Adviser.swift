import MilterProtocol

/// Who is asked about a packet: a program, or a service that speaks HTTP.
package struct Adviser: Hashable, Sendable {
  /// As it is written: a command with its arguments, or a URL.
  package let text: String
  package let place: Place
  /// One process answers all questions, a line of JSON each.
  package let isPersistent: Bool
  /// A service on another machine may be asked.
  package let allowsRemote: Bool
  /// How long an answer may take, as far as that was said.
  package let limit: Moment.Span?
  /// What is said where there is no answer; nil: the packet goes on.
  package let fallback: Answer?

  package enum Place: Hashable, Sendable {
    /// The command first. No shell sees them.
    case program([String])
    /// Host as it is written, without the brackets of IPv6.
    case tcp(host: String, port: UInt16, path: String)
    case unix(socket: String, path: String)
  }

  package init(
    _ text: String, isPersistent: Bool = false, allowsRemote: Bool = false, limit: Moment.Span? = nil,
    fallback: Answer? = nil
  ) throws(Refusal) {
    self.text = text
    self.isPersistent = isPersistent
    self.allowsRemote = allowsRemote
    self.limit = limit
    self.fallback = fallback
    place = try Self.place(text, allowsRemote: allowsRemote)
    if isPersistent, case .program = place { return }
    guard !isPersistent else {
      throw Refusal("--persistent is for programs: connections to a service are kept open anyway")
    }
  }

  /// How long an answer may take where nobody said.
  package static let usualLimit = Moment.Span.seconds(5)

  /// What it goes by in messages.
  package var name: String {
    guard case .program(let words) = place else { return text }
    return words.first?.split(separator: "/").last.map(String.init) ?? text
  }

  private static func place(_ text: String, allowsRemote: Bool) throws(Refusal) -> Place {
    guard let colon = text.firstIndex(of: ":") else { return .program(try words(text)) }
    let (word, rest) = (text[..<colon], text[text.index(after: colon)...])
    switch word.lowercased() {
    case "http": return try tcp(rest, allowsRemote: allowsRemote)
    case "http+unix": return try unix(rest)
    case "https": throw Refusal("https is not spoken: ask a program, or a service on this machine")
    case "unix", "local":
      throw Refusal("a service on a socket is written http+unix:/SOCKET or http+unix:/SOCKET:/PATH")
    case "inet", "inet6", "tcp": throw Refusal(wantedService)
    default: break
    }
    if rest.hasPrefix("//"), word.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "/") }) {
      throw Refusal("'\(others: String(word))' is not spoken: \(wantedService)")
    }
    // An address with its port: no command is called so.
    if word == "localhost" || isIPv4(word) || word.hasPrefix("[") { throw Refusal(wantedService) }
    return .program(try words(text))
  }

  private static var wantedService: Sentence {
    "expected http://HOST:PORT/PATH, such as http://127.0.0.1:8080/ask"
  }

  private static func unix(_ rest: Substring) throws(Refusal) -> Place {
    let text = rest.hasPrefix("///") ? rest.dropFirst(2) : rest
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts.count > 1 ? String(parts[1]) : "/"
    guard text.hasPrefix("/"), path.hasPrefix("/"), isPlain(path) else {
      throw Refusal("expected http+unix:/SOCKET or http+unix:/SOCKET:/PATH")
    }
    return .unix(socket: String(parts[0]), path: path)
  }

  private static func tcp(_ rest: Substring, allowsRemote: Bool) throws(Refusal) -> Place {
    guard rest.hasPrefix("//") else { throw Refusal(wantedService) }
    let rest = rest.dropFirst(2)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let path = slash == rest.endIndex ? "/" : String(rest[slash...])
    var host = rest[..<slash]
    var port: UInt16? = 80
    if let colon = host.lastIndex(of: ":"), host.last != "]" {
      port = UInt16(host[host.index(after: colon)...])
      host = host[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard let port, port > 0, !host.isEmpty, isPlain(String(host)), isPlain(path) else {
      throw Refusal(wantedService)
    }
    guard allowsRemote || isLoopback(host) else {
      throw Refusal(
        "\(others: String(host)) is another machine, and would be sent the mail: write ask --allow-remote if that is meant"
      )
    }
    guard host == "localhost" || host.contains(":") || isIPv4(host) else {
      throw Refusal("give the address of \(others: String(host)): names are not looked up while mail waits")
    }
    return .tcp(host: String(host), port: port, path: path)
  }

  private static func isLoopback(_ host: Substring) -> Bool {
    host == "localhost" || host == "::1" || isIPv4(host) && host.hasPrefix("127.")
  }

  private static func isIPv4(_ host: Substring) -> Bool {
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
  }

  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }

  /// Words between blanks; quotes of either kind keep blanks together.
  private static func words(_ text: String) throws(Refusal) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character == " " || character == "\t" {
        if let whole = word { words.append(whole) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    guard quote == nil else { throw Refusal("a quote is not closed in the command") }
    guard !text.utf8.contains(0) else { throw Refusal("a command holds no NUL") }
    guard let command = words.first, !command.isEmpty else {
      throw Refusal("expected a command, such as \"/usr/local/bin/decide --strict\"")
    }
    return words
  }
}
