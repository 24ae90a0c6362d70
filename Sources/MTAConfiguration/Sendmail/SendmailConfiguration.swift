/// What `sendmail.cf` or `sendmail.mc` says of filters.
package struct SendmailConfiguration: Equatable, Sendable {
  package enum Language: Equatable, Sendable { case cf, mc }

  package let language: Language
  package private(set) var filters: [SendmailFilter] = []
  /// In the order in which they are asked, unless a daemon has a list of its own.
  package private(set) var input: [String] = []
  package private(set) var daemons: [Daemon] = []
  /// By the stage of `Milter.macros.STAGE`, in small letters.
  package private(set) var macros: [String: [String]] = [:]
  package private(set) var runAsUser: String?
  private var blame: [String] = []
  /// Whether anything in it is of a `sendmail.cf` or `sendmail.mc`.
  package let isOne: Bool

  /// A port that Sendmail listens on.
  package struct Daemon: Equatable, Sendable {
    package let name: String
    /// nil: those of `InputMailFilters`.
    package let input: [String]?
  }

  /// - Parameter text: of the file; m4's own words tell a `.mc` from a `.cf`.
  package init(_ text: String) {
    language = Self.isMC(text) ? .mc : .cf
    isOne = language == .mc || text.split(separator: "\n").contains(where: Self.isOfCF)
    switch language {
    case .cf: for line in PostfixLines.logical(text) { read(cf: line.text) }
    case .mc: for call in M4Calls.read(text) { read(call) }
    }
  }

  private static func isMC(_ text: String) -> Bool {
    text.split(separator: "\n").contains { line in
      [
        "MAILER(", "OSTYPE(", "define(", "FEATURE(", "INPUT_MAIL_FILTER(", "MAIL_FILTER(", "VERSIONID(",
        "divert(",
        "include(", "sinclude(",
      ].contains { line.hasPrefix($0) }
    }
  }

  /// An option, the version or a mailer: what no other kind of file has, and each `sendmail.cf`.
  private static func isOfCF(_ line: Substring) -> Bool {
    if line.hasPrefix("O ") || line.hasPrefix("O\t") { return line.contains("=") }
    if line.hasPrefix("V") { return line.dropFirst().first?.isNumber ?? false }
    return (line.hasPrefix("M") || line.hasPrefix("X")) && line.contains("=") && line.contains(",")
  }

  /// Directories that others may write are passed over where this is set (`DontBlameSendmail`).
  func isBlameless(_ word: String) -> Bool {
    blame.contains { $0.lowercased() == word.lowercased() }
  }

  // MARK: cf

  private mutating func read(cf line: String) {
    if line.hasPrefix("X") {
      let fields = Self.fields(String(line.dropFirst()))
      if let name = fields.first { add(SendmailFilter(name: name, fields: Array(fields.dropFirst()))) }
    } else if line.hasPrefix("O ") || line.hasPrefix("O\t") {
      guard let (name, value) = PostfixLines.setting(line.dropFirst()) else { return }
      option(name, value)
    }
  }

  private mutating func option(_ name: String, _ value: String) {
    let stage = "milter.macros."
    switch name.lowercased() {
    case "inputmailfilters": input = Self.fields(value)
    case "daemonportoptions": daemons.append(Self.daemon(value))
    case "runasuser": runAsUser = value.split(separator: ":").first.map(String.init)
    case "dontblamesendmail": blame = Self.fields(value)
    case let name where name.hasPrefix(stage):
      macros[String(name.dropFirst(stage.count))] = Self.fields(value)
    default: break
    }
  }

  private mutating func add(_ filter: SendmailFilter) { filters.append(filter) }

  /// Between commas, and without blanks around.
  static func fields(_ text: String) -> [String] {
    text.split(separator: ",").map { String($0.trimmed) }.filter { !$0.isEmpty }
  }

  /// `Port=smtp, Name=MTA, InputMailFilters=a;b`: the list within is separated by semicolons.
  private static func daemon(_ text: String) -> Daemon {
    var (name, input): (String, [String]?) = ("MTA", nil)
    for field in fields(text) {
      guard let (key, value) = PostfixLines.setting(field) else { continue }
      switch key.lowercased().first {
      case "n": name = value
      case "i" where key.lowercased() == "inputmailfilters" || key == "I":
        input = value.split(separator: ";").map { String($0.trimmed) }
      default: break
      }
    }
    return Daemon(name: name, input: input)
  }

  // MARK: mc

  private mutating func read(_ call: M4Calls.Call) {
    let first = call.arguments.first ?? ""
    let second = call.arguments.dropFirst().first ?? ""
    switch call.name {
    case "MAIL_FILTER": add(SendmailFilter(name: first, fields: Self.fields(second)))
    case "INPUT_MAIL_FILTER":
      add(SendmailFilter(name: first, fields: Self.fields(second)))
      input.append(first)
    case "DAEMON_OPTIONS": daemons.append(Self.daemon(first))
    case "define": define(first, second)
    default: break
    }
  }

  private mutating func define(_ name: String, _ value: String) {
    let stage = "confMILTER_MACROS_"
    switch name {
    case "confINPUT_MAIL_FILTERS": input = Self.fields(value)
    case "confRUN_AS_USER": runAsUser = value.split(separator: ":").first.map(String.init)
    case "confDONT_BLAME_SENDMAIL": blame = Self.fields(value)
    case let name where name.hasPrefix(stage):
      // Its own name within the value stands for what it was: the default.
      macros[name.dropFirst(stage.count).lowercased()] = Self.fields(value)
    default: break
    }
  }
}

/// The macro calls of an m4 text, one level deep: `NAME(`first', `second')`; `dnl` ends a line.
enum M4Calls {
  struct Call: Equatable {
    let name: String
    let arguments: [String]
  }

  static func read(_ text: String) -> [Call] {
    var calls: [Call] = []
    var rest = text[...]
    while let character = rest.first {
      if character == "#" {
        rest = rest.drop { !$0.isNewline }
      } else if character.isLetter || character == "_" {
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest.dropFirst(name.count)
        if name == "dnl" {
          rest = rest.drop { !$0.isNewline }
        } else if rest.first == "(" {
          rest = rest.dropFirst()
          calls.append(Call(name: String(name), arguments: arguments(&rest)))
        }
      } else {
        rest = rest.dropFirst()
      }
    }
    return calls
  }

  /// Up to the closing parenthesis, which is taken; outer quotes are taken off.
  private static func arguments(_ rest: inout Substring) -> [String] {
    var arguments: [String] = []
    var text = ""
    var (quotes, parentheses) = (0, 0)
    while let character = rest.popFirst() {
      switch character {
      case "`":
        if quotes > 0 { text.append(character) }
        quotes += 1
      case "'" where quotes > 0:
        quotes -= 1
        if quotes > 0 { text.append(character) }
      case ",":
        if quotes == 0, parentheses == 0 {
          arguments.append(String(text.trimmed))
          text = ""
        } else {
          text.append(character)
        }
      case ")" where quotes == 0 && parentheses == 0: return arguments + [String(text.trimmed)]
      default:
        if quotes == 0, character == "(" { parentheses += 1 }
        if quotes == 0, character == ")" { parentheses -= 1 }
        text.append(character)
      }
    }
    return arguments + [String(text.trimmed)]
  }
}
