import MilterProtocol

/// A word that postmasters have for a term: a filter takes it for the term, a rule is told which one is meant.
struct PlainTerm: Equatable, Sendable {
  let word: String
  /// The term's name.
  let meant: String
  /// A comparison: alone the word would say of almost every packet that it has one.
  let example: String

  static let table: [PlainTerm] = [
    PlainTerm("subject", "message.subject", "subject contains \"invoice\""),
    PlainTerm("sender", "message.from", "sender endswith \"@example.com\""),
    PlainTerm("from", "message.from", "from endswith \"@example.com\""),
    PlainTerm("to", "message.rcpts", "to endswith \"@example.net\""),
    PlainTerm("recipient", "message.rcpts", "recipient endswith \"@example.net\""),
    PlainTerm("id", "queue", "id == \"4XyZ1234ab\""),
    PlainTerm("size", "message.size", "size > 5MB"),
    PlainTerm("ip", "client.address", "ip in 192.0.2.0/24"),
    PlainTerm("client", "client.host", "client endswith \".example.org\""),
  ]

  /// For the docs: filters of plain words, and what each comes to.
  static var examples: [(filter: String, meaning: String)] {
    let words = [
      "bob", "@example.net", "550", "5xx", "192.0.2.0/24", "Subject:", "took > 500 ms",
      "rcpt.address == bob@example.net", "macro[i] == 4XyZ1234ab", "finding == R02", "from == milter",
    ]
    return (words + table.map(\.example)).compactMap { filter in
      (try? Expression(filter: filter)).map { (filter, $0.text) }
    }
  }

  static let byWord = Dictionary(uniqueKeysWithValues: table.map { ($0.word, $0) })

  private init(_ word: String, _ meant: String, _ example: String) {
    (self.word, self.meant, self.example) = (word, meant, example)
  }

  /// What an unknown word in front of a comparison or an index was probably meant to be, as it is written.
  static func guess(for word: String) -> String {
    if let plain = byWord[word.lowercased()] { return plain.meant }
    if let near = Nearest.match(for: word, among: Term.table.map(\.name)) { return near }
    let name = word.first == "{" && word.last == "}" ? String(word.dropFirst().dropLast()) : word
    let quoted = Quoting.string(Array(name.utf8))
    let isMacro = name != word || KnownMacro.table.contains { $0.name == name }
    return isMacro ? "macro[\(quoted)]" : "message.header[\(quoted)]"
  }

  /// What a word of mail or of SMTP alone says in a filter.
  ///
  /// A reply code is one that the milter gave, `4xx` any of them; a network is where the client is in; everything else is looked for
  /// as text.
  static func expression(_ text: String) -> Expression {
    let bytes = Array(text.lowercased().utf8)
    if bytes.count == 3, bytes[0] == UInt8(ascii: "4") || bytes[0] == UInt8(ascii: "5"),
      let field = Term.byName["reply.code"]?.first.map({ Expression.Field($0) })
    {
      if let code = Int64(text) { return .compare(field, .equal, .number(code)) }
      if bytes.dropFirst().allSatisfy({ $0 == UInt8(ascii: "x") }) {
        let first = Int64(bytes[0] - 0x30) * 100
        return .compare(field, .in, .range(.number(first), .number(first + 99)))
      }
    }
    if text.contains("/"), let network = Network(text.utf8),
      let field = Term.byName["client.address"]?.first.map({ Expression.Field($0) })
    {
      return .compare(field, .in, .network(network))
    }
    if bytes.count > 1, bytes.last == UInt8(ascii: ":"),
      bytes.dropLast().allSatisfy({ isLetter($0) || isDigit($0) || $0 == 0x2D }),
      let field = Term.byName["header.name"]?.first.map({ Expression.Field($0) })
    {
      return .compare(field, .equal, .text(Array(text.utf8.dropLast())))
    }
    let isBracketed = bytes.first == UInt8(ascii: "<") && bytes.last == UInt8(ascii: ">")
    return .search(
      Array(isBracketed && bytes.count > 2 ? text.dropFirst().dropLast().utf8[...] : text.utf8[...]))
  }
}
