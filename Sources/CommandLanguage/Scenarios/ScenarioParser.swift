import MilterProtocol

/// The words that begin a line of a scenario, with what follows them.
enum ScenarioWord: String, CaseIterable {
  case connect, helo, ehlo, starttls, auth, macro, mail, rcpt, data, header, message, body, end, unknown,
    rset, abort, expect,
    quit
  case dropMacro = "drop-macro"

  var usage: String {
    switch self {
    case .connect: "connect 192.0.2.7 mail.example.org"
    case .helo, .ehlo: "\(rawValue) mail.example.org"
    case .auth: "auth alice"
    case .macro: "macro {auth_authen} = alice, macro mail:i = 4ABC"
    case .dropMacro: "drop-macro i"
    case .mail: "mail from <a@example.org> SIZE=100"
    case .rcpt: "rcpt to <b@example.net>"
    case .header: "header Subject: hello"
    case .message: "message @mail.eml"
    case .body: "body a line, body \"one\\r\\ntwo\\r\\n\", body @FILE"
    case .unknown: "unknown XFOO bar"
    case .expect: "expect verdict and refusal"
    case .starttls, .data, .end, .rset, .abort, .quit: "\(rawValue) stands alone"
    }
  }
}

/// Reads one line of a scenario.
struct ScenarioParser {
  private var scanner: Scanner
  /// The word that the line begins with.
  private(set) var word = 0..<0

  init(_ line: [UInt8]) { scanner = Scanner(line) }

  mutating func act() throws(SyntaxError) -> Scenario.Act {
    let (text, range) = try token("a word such as mail")
    word = range
    guard let known = ScenarioWord(rawValue: text.lowercased()) else {
      let words = ScenarioWord.allCases.map(\.rawValue)
      let near = Nearest.match(for: text.lowercased(), among: words)
      throw scanner.error(
        "unknown word '\(text)'", hint: near == nil ? "words are \(words.joined(separator: ", "))" : nil,
        near: near,
        at: range)
    }
    let act = try act(known)
    scanner.skipSpace()
    guard scanner.byte == nil else {
      throw scanner.error(
        "\(known.rawValue) takes no more than this", hint: known.usage, at: scanner.at..<scanner.bytes.count)
    }
    return act
  }

  private mutating func act(_ word: ScenarioWord) throws(SyntaxError) -> Scenario.Act {
    switch word {
    case .connect:
      let address = isAtEnd ? nil : try token("an address").text
      return .connect(address: address, name: isAtEnd ? nil : try value("a name", word).bytes)
    case .helo, .ehlo: return .helo(try value("a name", word).bytes)
    case .starttls: return .startTLS
    case .auth: return .auth(try value("a user", word).bytes)
    case .macro: return try macro()
    case .dropMacro: return .dropMacro(try value("a macro", word).bytes)
    case .mail: return .mail(try envelope("from", word))
    case .rcpt: return .rcpt(try envelope("to", word))
    case .data: return .data
    case .header: return .header(try header())
    case .message: return .message(file: try file(word))
    case .body: return .body(try body())
    case .end: return .end
    case .unknown: return .unknown(try rest("what the client says", word).bytes)
    case .rset, .abort: return .rset
    case .expect: return .expect(try expression())
    case .quit: return .quit
    }
  }

  private var isAtEnd: Bool { scanner.isAtEnd }

  // MARK: - Pieces

  private func missing(_ wanted: String, _ word: ScenarioWord? = nil) -> SyntaxError {
    var rest = scanner
    rest.skipSpace()
    return scanner.error("expected \(wanted) here", hint: word?.usage, at: rest.at..<rest.at)
  }

  /// To white space.
  private mutating func token(_ wanted: String, _ word: ScenarioWord? = nil) throws(SyntaxError) -> (
    text: String, range: Range<Int>
  ) {
    scanner.skipSpace()
    let start = scanner.at
    while let byte = scanner.byte, byte > 0x20 { scanner.at += 1 }
    guard scanner.at > start else { throw missing(wanted, word) }
    return (scanner.text(start..<scanner.at), start..<scanner.at)
  }

  private var startsString: Bool { scanner.byte == UInt8(ascii: "\"") || scanner.byte == UInt8(ascii: "'") }

  /// A word, or a string in quotes.
  private mutating func value(_ wanted: String, _ word: ScenarioWord) throws(SyntaxError) -> (
    bytes: [UInt8], range: Range<Int>
  ) {
    scanner.skipSpace()
    if startsString {
      let range = try scanner.quoted()
      return (try scanner.unescaped(range), range)
    }
    let range = try token(wanted, word).range
    return (Array(scanner.bytes[range]), range)
  }

  /// All that is left of the line; a string where one string is all of it.
  private mutating func rest(_ wanted: String, _ word: ScenarioWord) throws(SyntaxError) -> (
    bytes: [UInt8], isQuoted: Bool
  ) {
    scanner.skipSpace()
    guard scanner.byte != nil else { throw missing(wanted, word) }
    if startsString {
      var ahead = scanner
      let range = try ahead.quoted()
      if ahead.isAtEnd {
        scanner = ahead
        return (try scanner.unescaped(range), true)
      }
    }
    var end = scanner.bytes.count
    while end > scanner.at, scanner.bytes[end - 1] <= 0x20 { end -= 1 }
    defer { scanner.at = scanner.bytes.count }
    return (Array(scanner.bytes[scanner.at..<end]), false)
  }

  /// `from <a@b> SIZE=1`, with the preposition and brackets or without, and as SMTP has it: `FROM:<a@b>`.
  private mutating func envelope(_ preposition: String, _ word: ScenarioWord) throws(SyntaxError) -> Envelope
  {
    var ahead = scanner
    ahead.skipSpace()
    let start = ahead.at
    while let byte = ahead.byte, byte > 0x20 { ahead.at += 1 }
    let first = ahead.text(start..<ahead.at).lowercased()
    if first == preposition || first == "\(preposition):" {
      scanner = ahead
    } else if first.hasPrefix("\(preposition):") {
      scanner.at = start + preposition.utf8.count + 1
    }
    let address = try value("an address", word).bytes
    var arguments: [[UInt8]] = []
    while !isAtEnd { arguments.append(try value("an argument", word).bytes) }
    let isBracketed = address.first == UInt8(ascii: "<")
    return Envelope(
      address: isBracketed ? address : [UInt8(ascii: "<")] + address + [UInt8(ascii: ">")],
      arguments: arguments)
  }

  private mutating func macro() throws(SyntaxError) -> Scenario.Act {
    scanner.skipSpace()
    let start = scanner.at
    guard let sign = scanner.bytes[start...].firstIndex(of: UInt8(ascii: "=")) else {
      throw missing("NAME = VALUE", .macro)
    }
    var end = sign
    while end > start, scanner.bytes[end - 1] <= 0x20 { end -= 1 }
    var name = start..<end
    var stage: MacroStage?
    if let colon = scanner.bytes[name].firstIndex(of: UInt8(ascii: ":")) {
      let word = scanner.text(start..<colon)
      stage = OptNeg.SymbolList.stages.first { $0.name == word.lowercased() }.flatMap {
        MacroStage(rawValue: $0.number)
      }
      guard stage != nil else {
        throw scanner.error(
          "'\(word)' is no stage at which macros are sent",
          hint: OptNeg.SymbolList.stages.map(\.name).joined(separator: ", "), at: start..<colon)
      }
      name = (colon + 1)..<end
    }
    guard !name.isEmpty else { throw missing("a macro's name", .macro) }
    if let space = scanner.bytes[name].firstIndex(where: { $0 <= 0x20 }) {
      throw scanner.error("a macro's name has no blanks", hint: ScenarioWord.macro.usage, at: space..<end)
    }
    scanner.at = sign + 1
    let value = isAtEnd ? [] : try rest("a value", .macro).bytes
    scanner.at = scanner.bytes.count
    return .macro(stage, name: Array(scanner.bytes[name]), value: value)
  }

  /// `Name: value`; the value in quotes may have lines.
  private mutating func header() throws(SyntaxError) -> Header {
    scanner.skipSpace()
    let start = scanner.at
    guard let colon = scanner.bytes[start...].firstIndex(of: UInt8(ascii: ":")), colon > start else {
      throw missing("NAME: VALUE", .header)
    }
    if let wrong = scanner.bytes[start..<colon].firstIndex(where: { $0 <= 0x20 || $0 >= 0x7F }) {
      throw scanner.error(
        "the name of a header is printable ASCII without blanks", hint: ScenarioWord.header.usage,
        at: wrong..<colon)
    }
    scanner.at = colon + 1
    var value: [UInt8] = []
    if !isAtEnd {
      let behind = scanner.at
      let (text, isQuoted) = try rest("a value", .header)
      let blanks = scanner.bytes[behind...].prefix { $0 == 0x20 || $0 == 0x09 }
      value = Array(isQuoted ? blanks.prefix(1) : blanks) + text
    }
    return Header(name: Array(scanner.bytes[start..<colon]), value: value)
  }

  private mutating func file(_ word: ScenarioWord) throws(SyntaxError) -> String {
    scanner.skipSpace()
    guard scanner.byte == UInt8(ascii: "@") else { throw missing("@ and a file", word) }
    scanner.at += 1
    let start = scanner.at
    let bytes = try rest("a file", word).bytes
    guard let path = String(validating: bytes, as: UTF8.self) else {
      throw scanner.error("this is not UTF-8", at: start..<scanner.bytes.count)
    }
    return path
  }

  private mutating func body() throws(SyntaxError) -> Scenario.Text {
    scanner.skipSpace()
    if scanner.byte == UInt8(ascii: "@") { return .file(try file(.body)) }
    if isAtEnd { return .bytes([0x0D, 0x0A]) }
    let (text, isQuoted) = try rest("a text", .body)
    return .bytes(isQuoted ? text : text + [0x0D, 0x0A])
  }

  private mutating func expression() throws(SyntaxError) -> Expression {
    var parser = ExpressionParser(scanner)
    if isAtEnd { throw missing("what is expected", .expect) }
    let expression = try parser.expression()
    try parser.expectEnd()
    scanner = parser.scanner
    return expression
  }
}
