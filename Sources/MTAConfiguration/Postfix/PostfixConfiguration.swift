/// What `main.cf` and `master.cf` say, as far as milters are concerned.
package struct PostfixConfiguration: Equatable, Sendable {
  /// As they are written, without defaults that nobody wrote down; the later of two counts.
  package private(set) var parameters: [String: String] = [:]
  package private(set) var services: [PostfixService] = []
  /// Lines that are no settings, as Postfix would complain of them.
  package private(set) var unreadable: [String] = []
  /// Names that are set in `main.cf` itself.
  package private(set) var named: [String] = []
  /// Values and defaults alike, where `postconf` told them.
  private var told: [String: String] = [:]

  /// - Parameters:
  ///   - main: text of `main.cf`.
  ///   - master: text of `master.cf`, or what `postconf -M` prints.
  ///   - postconf: what `postconf` prints of all parameters; nil where it could not be asked.
  package init(main: String, master: String, postconf: String? = nil) {
    for line in PostfixLines.logical(main) {
      guard let (name, value) = PostfixLines.setting(line.text) else {
        unreadable.append("main.cf line \(line.number): expected NAME = VALUE, there is '\(line.text)'")
        continue
      }
      parameters[name] = value
      if !named.contains(name) { named.append(name) }
    }
    if let postconf {
      for line in PostfixLines.logical(postconf) {
        if let (name, value) = PostfixLines.setting(line.text) { told[name] = value }
      }
    }
    for line in PostfixLines.logical(master) {
      guard let service = PostfixService(line.text) else {
        unreadable.append("master.cf line \(line.number): expected eight fields, there is '\(line.text)'")
        continue
      }
      services.append(service)
    }
  }

  /// What a parameter is at a service: its `-o`, else `main.cf`, else the default; `$name` expanded.
  package func value(_ name: String, at service: PostfixService? = nil) -> String {
    expanded(raw(name, at: service), at: service, depth: 0)
  }

  /// As it is written.
  func raw(_ name: String, at service: PostfixService? = nil) -> String {
    service?.overrides.last { $0.name == name }?.value ?? parameters[name] ?? told[name]
      ?? Self.defaults[name] ?? ""
  }

  /// Whether somebody set it: in `main.cf`, or at that service.
  func isSet(_ name: String, at service: PostfixService? = nil) -> Bool {
    parameters[name] != nil || service?.overrides.contains { $0.name == name } == true
  }

  /// Defaults of Postfix 3.7 that count here (`mail_params.h`), for where `postconf` cannot be asked.
  private static let defaults = [
    "smtpd_milters": "", "non_smtpd_milters": "", "milter_default_action": "tempfail",
    "milter_protocol": "6", "milter_connect_timeout": "30s", "milter_command_timeout": "30s",
    "milter_content_timeout": "300s", "queue_directory": "/var/spool/postfix", "mail_owner": "postfix",
    "cleanup_service_name": "cleanup", "inet_protocols": "all", "compatibility_level": "0",
    "receive_override_options": "", "internal_mail_filter_classes": "", "smtpd_milter_maps": "",
    "milter_macro_defaults": "",
  ]

  // MARK: $name

  /// `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`, `$$` (postconf(5)). What is
  /// more than that stays as it is.
  private func expanded(_ text: String, at service: PostfixService?, depth: Int) -> String {
    guard depth < Self.deepest, text.contains("$") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      switch rest.first {
      case "$":
        result += "$"
        rest = rest.dropFirst()
      case "{", "(":
        guard let end = Self.closing(rest) else { return result + "$" + rest }
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        result += expanded(choice(String(inner), at: service), at: service, depth: depth + 1)
        rest = rest[rest.index(after: end)...]
      default:
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        result += expanded(raw(String(name), at: service), at: service, depth: depth + 1)
        rest = rest.dropFirst(name.count)
      }
    }
    return result + rest
  }

  private static let deepest = 32

  /// Where the brace or parenthesis that `text` begins with is closed.
  private static func closing(_ text: Substring) -> Substring.Index? {
    var depth = 0
    for index in text.indices {
      switch text[index] {
      case "{", "(": depth += 1
      case "}", ")":
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
    }
    return nil
  }

  /// What is between the braces of `${…}`: a name, or a name with what to take if it is set or not.
  private func choice(_ inner: String, at service: PostfixService?) -> String {
    guard let mark = inner.firstIndex(where: { $0 == "?" || $0 == ":" }) else {
      return raw(String(inner.trimmed), at: service)
    }
    let isSet = !raw(String(inner[..<mark].trimmed), at: service).isEmpty
    let rest = inner[inner.index(after: mark)...].trimmed
    if inner[mark] == ":" { return isSet ? "" : Self.unbraced(rest) }
    guard rest.hasPrefix("{"), let end = Self.closing(rest) else { return isSet ? String(rest) : "" }
    if isSet { return Self.unbraced(rest[...end]) }
    let other = rest[rest.index(after: end)...].trimmed
    return other.hasPrefix(":") ? Self.unbraced(other.dropFirst().trimmed) : ""
  }

  private static func unbraced(_ text: Substring) -> String {
    text.hasPrefix("{") && text.hasSuffix("}")
      ? String(text.dropFirst().dropLast().trimmed) : String(text)
  }
}
