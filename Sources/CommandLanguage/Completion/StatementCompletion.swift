import MilterProtocol
import TraceModel

/// Follows a line of statements up to the cursor to see what may come there.
struct StatementCompletion {
  private let bytes: [UInt8]
  private let vocabulary: Completion.Vocabulary

  init(_ bytes: [UInt8], _ vocabulary: Completion.Vocabulary) {
    self.bytes = bytes
    self.vocabulary = vocabulary
  }

  func completion() -> Completion { statement(from: 0, words: InstructionWord.allCases) }

  private func statement(from start: Int, words: [InstructionWord]) -> Completion {
    let begin = skipSpace(lastStatement(from: start, words))
    let end = wordEnd(begin)
    let candidates = words.compactMap { word in
      InstructionTerm.byWord[word].map { Completion.Candidate(word.rawValue, $0.doc) }
    }
    guard end < bytes.count else { return Completion(begin..<end, of: bytes, among: candidates) }
    guard let word = InstructionWord(rawValue: text(begin..<end).lowercased()) else { return nothing }
    return argument(of: word, from: skipSpace(end))
  }

  /// Behind the last `;` outside strings; what follows `on`, `apply` and `bind` is left to them.
  private func lastStatement(from start: Int, _ words: [InstructionWord]) -> Int {
    var begin = start
    var index = start
    while index < bytes.count {
      let first = skipSpace(begin)
      let word = InstructionWord(rawValue: text(first..<wordEnd(first)).lowercased())
      if word == .on || word == .apply || word == .bind { return begin }
      index = max(index, first)
      while index < bytes.count, bytes[index] != UInt8(ascii: ";") {
        if bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") {
          var scanner = Scanner(bytes)
          scanner.at = index
          guard (try? scanner.quoted()) != nil else { return begin }
          index = scanner.at
        } else {
          index += 1
        }
      }
      guard index < bytes.count else { return begin }
      index += 1
      begin = index
    }
    return begin
  }

  private func argument(of word: InstructionWord, from start: Int) -> Completion {
    if word.takesValues, let value = ValueCompletion(bytes, from: start) { return value.completion }
    switch word {
    case .filter: return ExpressionCompletion(bytes, from: start).result.completion
    case .on: return rule(from: start, Self.ruleWords)
    case .apply: return rule(from: start, Self.ruleWords.filter { $0.text == "do" })
    case .bind:
      let end = wordEnd(start)
      return end < bytes.count
        ? statement(from: end, words: InstructionWord.allCases)
        : Completion(start..<end, of: bytes, among: vocabulary.keys)
    case .export: return exportOrder(from: start)
    default:
      let end = wordEnd(start)
      return end < bytes.count
        ? nothing : Completion(start..<end, of: bytes, among: firstArguments(of: word))
    }
  }

  /// The format, then what of the trace, then what becomes of private words; a file's name has no candidates.
  private func exportOrder(from start: Int) -> Completion {
    var begin = start
    let options = [
      Completion.Candidate(ExportOrder.redactWord, "private words replaced"),
      Completion.Candidate(ExportOrder.noRedactWord, "words as they are"),
    ]
    let scopes = ExportOrder.Scope.allCases.map { Completion.Candidate($0.rawValue, $0.help) }
    for candidates in [vocabulary.formats, scopes + options, options] {
      let end = wordEnd(begin)
      guard end < bytes.count else { return Completion(begin..<end, of: bytes, among: candidates) }
      begin = skipSpace(end)
    }
    return nothing
  }

  private static let ruleWords = [
    Completion.Candidate("do", "what is done"), Completion.Candidate("once", "only the first time"),
    Completion.Candidate("once per", "the first time for each value of a field"),
    Completion.Candidate("every", "each Nth time"),
    Completion.Candidate(
      "count", "those beyond so many per field over a time: count 20 per client.address over 10m"),
    Completion.Candidate("log", "say so"),
    Completion.Candidate("named", "a name for the rule"), Completion.Candidate("off", "not yet"),
  ]

  /// An expression, then options, then instructions behind `do`.
  private func rule(from start: Int, _ followers: [Completion.Candidate]) -> Completion {
    switch ExpressionCompletion(bytes, from: start, followers: followers).result {
    case .here(let completion): return completion
    case .ended(let at):
      var begin = at
      while true {
        let end = wordEnd(begin)
        guard end < bytes.count else { return Completion(begin..<end, of: bytes, among: followers) }
        if text(begin..<end).lowercased() == "do" {
          return statement(from: end, words: InstructionWord.allCases.filter(\.isForPackets))
        }
        // A `;` here is a mistake, and has to be got past.
        begin = skipSpace(max(end, begin + 1))
      }
    }
  }

  private func firstArguments(of word: InstructionWord) -> [Completion.Candidate] {
    switch word {
    case .forward: [Completion.Candidate("all", "everything that waits")]
    case .ask:
      [
        Completion.Candidate("--persistent", "one process answers all questions"),
        Completion.Candidate("--within", "how long an answer may take"),
        Completion.Candidate("--else", "the verdict where there is no answer"),
        Completion.Candidate("--allow-remote", "the service is on another machine"),
      ]
    case .close: Leg.allCases.map { Completion.Candidate($0.name, "the connection to the \($0.name)") }
    case .silence:
      Leg.allCases.map { Completion.Candidate($0.name, "nothing more leaves for the \($0.name)") }
    case .provoke: Self.rules
    case .progress: [Completion.Candidate("storm", "a thousand of them")]
    case .extra:
      Leg.allCases.map { Completion.Candidate($0.name, "one packet more to the \($0.name)") }
        + InstructionTerm.table.filter { $0.category == .verdict || $0.category == .modification }
        .map { Completion.Candidate($0.word.rawValue, $0.doc) }
    case .set:
      Assignment.Field.plain.map { Completion.Candidate($0.name, $0.doc) }
        + [
          Completion.Candidate("optneg.macros[\"", "the macros that a milter asks for at a stage"),
          Completion.Candidate("macro[\"", "a macro that travels with the packet"),
        ] + vocabulary.options
    case .deletePart, .replacePart, .defang:
      [
        Completion.Candidate("type", "each part whose type fits"),
        Completion.Candidate("name", "each part whose file's name fits"),
      ]
    case .revert: [Completion.Candidate("last", "only the latest change")]
    case .rules: [Completion.Candidate("on", "all rules"), Completion.Candidate("off", "no rule")]
    case .export: vocabulary.formats
    case .screen: vocabulary.acts
    case .unbind: vocabulary.keys
    case .changeHeader, .prefixHeader, .deleteHeader, .addHeader, .hold, .step, .drop, .delay, .continue,
      .accept, .reject,
      .tempfail, .discard, .skip, .connfail, .shutdown, .reply, .insertHeader, .addRcpt,
      .deleteRcpt, .changeFrom, .replaceBody, .quarantine, .raw, .duplicate, .truncate, .shorten, .append,
      .corrupt, .split, .coalesce,
      .reorder, .mark, .unmark,
      .note, .on, .rule, .apply, .edit, .filter, .search, .goto, .write, .savePart, .bind, .explain, .quit:
      []
    }
  }

  /// Two rows of one rule, for either sender, are one.
  private static let rules = FindingRule.all.reduce(into: [Completion.Candidate]()) { rules, rule in
    if !rules.contains(where: { $0.text == rule.id }) {
      rules.append(Completion.Candidate(rule.id, rule.title))
    }
  }

  private var nothing: Completion { Completion(bytes.count..<bytes.count, of: bytes, among: []) }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func skipSpace(_ start: Int) -> Int {
    bytes[start...].firstIndex { $0 > 0x20 } ?? bytes.count
  }

  private func wordEnd(_ start: Int) -> Int {
    bytes[start...].firstIndex { $0 <= 0x20 || $0 == UInt8(ascii: ";") } ?? bytes.count
  }
}

extension InstructionWord {
  /// Whether what follows has a text in it that may name values.
  fileprivate var takesValues: Bool {
    switch self {
    case .reply, .addHeader, .insertHeader, .changeHeader, .prefixHeader, .addRcpt, .deleteRcpt, .changeFrom,
      .replaceBody, .replacePart, .quarantine, .set, .note, .extra:
      true
    case .hold, .ask, .forward, .step, .drop, .delay, .close, .continue, .accept, .reject, .tempfail,
      .discard,
      .skip,
      .connfail, .shutdown, .progress, .deleteHeader, .deletePart, .defang, .raw, .duplicate, .truncate,
      .shorten,
      .append,
      .corrupt, .split, .coalesce, .reorder, .silence, .provoke, .revert, .mark, .unmark, .on, .rules,
      .rule, .savePart, .apply, .edit, .filter, .search, .goto, .write, .export, .bind, .unbind, .screen,
      .explain, .quit:
      false
    }
  }

  /// Whether it may stand in a rule.
  package var isForPackets: Bool {
    switch InstructionTerm.byWord[self]?.category {
    case .flow, .verdict, .modification, .packet, .fault: true
    case .rule, .console, nil: false
    }
  }
}
