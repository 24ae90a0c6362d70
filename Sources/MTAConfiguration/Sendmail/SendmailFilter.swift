import MilterProtocol

/// A filter of Sendmail: `Xname, S=inet:8891@localhost, F=T, T=S:30s;R:30s` (`milter_setup` in milter.c).
package struct SendmailFilter: Equatable, Sendable {
  package let name: String
  /// `S=`, `F=`, `T=`, in order.
  package let equates: [Equate]
  /// Fields that are no equate, as `S:1m` behind a comma in `T=C:5m,S:1m`.
  let stray: [String]

  package struct Equate: Equatable, Sendable {
    package let letter: Character
    package let value: String
  }

  /// - Parameter fields: what is behind the name, between commas.
  init(name: String, fields: [String]) {
    self.name = name
    var equates: [Equate] = []
    var stray: [String] = []
    for field in fields where !field.isEmpty {
      let value = field.dropFirst().trimmed
      if let letter = field.first, value.first == "=" {
        equates.append(Equate(letter: letter, value: String(value.dropFirst().trimmed)))
      } else {
        stray.append(field)
      }
    }
    self.equates = equates
    self.stray = stray
  }

  func value(_ letter: Character) -> String? { equates.last { $0.letter == letter }?.value }

  /// Seconds of each letter of `T=` that is there.
  var timeouts: [Character: Int] {
    var timeouts: [Character: Int] = [:]
    for part in (value("T") ?? "").split(separator: ";") {
      let part = part.trimmed
      guard let letter = part.first, let colon = part.firstIndex(of: ":") else { continue }
      let text = String(part[part.index(after: colon)...].trimmed)
      // A bare number counts in seconds (`convtime` with 's').
      if let seconds = PostfixConfiguration.seconds(text) { timeouts[letter] = seconds }
    }
    return timeouts
  }

  /// With one of its values changed or added; what was stray is left out.
  func with(_ letter: Character, _ value: String) -> SendmailFilter {
    var fields = equates.map { $0.letter == letter ? "\(letter)=\(value)" : "\($0.letter)=\($0.value)" }
    if !equates.contains(where: { $0.letter == letter }) { fields.append("\(letter)=\(value)") }
    return SendmailFilter(name: name, fields: fields)
  }

  /// `S=…, F=T`
  var fields: String { equates.map { "\($0.letter)=\($0.value)" }.joined(separator: ", ") }
}

/// The socket of `S=`, judged as `milter_open` does (milter.c; seen with 8.17).
enum SendmailEndpoint: Equatable {
  case good(MilterAddress)
  /// What Sendmail logs, and the address that was meant.
  case wrong(String, meant: MilterAddress?)

  init(_ text: String, filter: String) {
    guard let colon = text.firstIndex(of: ":"), !text.hasPrefix("/") else {
      // A bare path is a local socket.
      self =
        text.hasPrefix("/")
        ? Self.path(text, filter)
        : .wrong("X\(filter): unknown socket type", meant: try? MilterAddress(parsing: text))
      return
    }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "unix", "local": self = Self.path(rest, filter)
    case "inet", "inet6":
      guard let at = rest.firstIndex(of: "@") else {
        self = .wrong(
          "X\(filter): bad address \(rest) (expected port@host)",
          meant: (try? MilterAddress(parsing: text))?.reachable)
        return
      }
      let host = rest[rest.index(after: at)...]
      guard let address = try? MilterAddress(parsing: text) else {
        self = .wrong("X\(filter): unknown port name \(rest[..<at])", meant: nil)
        return
      }
      // Seen with 8.17: "error connecting to filter: Invalid argument".
      self =
        host.hasPrefix("[") && text.hasPrefix("inet:") && !host.contains("::")
        ? .wrong("error connecting to filter: Invalid argument", meant: address) : .good(address)
    case let type:
      self = .wrong(
        "X\(filter): unknown socket type \(type)", meant: (try? MilterAddress(parsing: text))?.reachable)
    }
  }

  private static func path(_ path: String, _ filter: String) -> SendmailEndpoint {
    path.utf8.count > MilterAddress.longestPath
      ? .wrong("X\(filter): local socket name \(path) too long", meant: nil) : .good(.unix(path: path))
  }
}
