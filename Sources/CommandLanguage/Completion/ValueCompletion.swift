import MilterProtocol

/// What may come behind an open brace in a text.
struct ValueCompletion {
  private let bytes: [UInt8]
  /// Behind the brace, and behind functions around what is being typed.
  private let start: Int

  /// nil where the cursor is within no braces.
  init?(_ bytes: [UInt8], from text: Int) {
    guard let open = bytes[text...].lastIndex(of: ValuedText.brace),
      !bytes[open...].contains(UInt8(ascii: "}"))
    else { return nil }
    self.bytes = bytes
    var start = open + 1
    while let function = TextValueParser.functions.first(where: {
      bytes[start...].starts(with: "\($0)(".utf8)
    }) {
      start += function.utf8.count + 1
    }
    self.start = start
  }

  var completion: Completion {
    var scanner = Scanner(bytes)
    scanner.at = start
    guard scanner.byte != nil else { return Completion(start..<start, of: bytes, among: terms) }
    guard let first = try? scanner.token(), case .word(let word) = first.token else { return nothing }
    if scanner.at == bytes.count { return Completion(first.range, of: bytes, among: terms) }
    guard let term = Term.byName[word.lowercased()]?.first(where: \.hasKey),
      bytes[scanner.at...].starts(with: "[\"".utf8), !bytes[(scanner.at + 2)...].contains(UInt8(ascii: "\""))
    else { return nothing }
    return Completion(
      (scanner.at + 2)..<bytes.count, of: bytes,
      among: ExpressionCompletion.keys(of: term).map { Completion.Candidate($0.text + "}", $0.doc) })
  }

  private var terms: [Completion.Candidate] {
    Term.table.filter { Expression.Field($0).hasText }.map {
      Completion.Candidate($0.hasKey ? $0.name + "[\"" : $0.name + "}", $0.doc)
    } + [
      Completion.Candidate("lower(", "in lower case"),
      Completion.Candidate("sub(", "a term, with what /a pattern/ finds replaced by \"a text\""),
    ]
  }

  private var nothing: Completion { Completion(nothingAt: bytes.count) }
}
