import MilterProtocol
import TraceModel

/// Texts of this program and of the operator.
extension Redactor {
  package mutating func head(_ head: TraceHead) -> TraceHead {
    var head = head
    var last = ""
    head.command = head.command.map { word in
      defer { last = word }
      return commandWord(word, after: last)
    }
    head.listen = head.listen.map { address($0) }
    head.milter = head.milter.map { address($0) }
    head.taps = head.taps.map { tap in
      Tap(name: tap.name, listen: address(tap.listen), milter: address(tap.milter))
    }
    head.negotiation = head.negotiation.map { own($0) }
    head.isRedacted = true
    return head
  }

  /// An address of this program (`inet:8891@127.0.0.1`): its kind and port stay.
  mutating func address(_ text: String) -> String {
    var bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      ["inet", "inet6", "unix", "local", "tcp"].contains(String(decoding: bytes[..<colon], as: UTF8.self))
    else { return self.text(text) }
    var start = colon + 1
    if let at = bytes.firstIndex(of: UInt8(ascii: "@")),
      at - start <= 5, bytes[start..<at].allSatisfy(Self.isDigit)
    {
      start = at + 1
    }
    replace(&bytes, start..<bytes.count, .secret)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let fileEndings = [
    ".mtrace", ".mtrace.gz", ".pcap", ".pcapng", ".sock", ".json", ".jsonl", ".rules", ".txt", ".log", ".eml",
    ".html",
  ]

  /// Options are ours, and numbers and spans of time that they take; of a file's name its ending is.
  private mutating func commandWord(_ word: String, after option: String) -> String {
    if Self.isOption(word) { return word }
    if option.hasPrefix("--"), Self.isMeasure(word) { return word }
    if option == "--tap" { return tap(word) }
    for kind in ["inet:", "inet6:", "unix:", "local:", "tcp:"] where word.hasPrefix(kind) {
      return address(word)
    }
    if let sign = word.firstIndex(of: "="), Self.isOption(String(word[..<sign])) {
      let value = String(word[word.index(after: sign)...])
      return String(word[...sign]) + commandWord(value, after: String(word[..<sign]))
    }
    return path(word)
  }

  /// `NAME=LISTEN,MILTER`: the name stays, it says which milter it is.
  private mutating func tap(_ word: String) -> String {
    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, Tap.isName(parts[0]) else { return path(word) }
    return parts[0] + "="
      + parts[1].split(separator: ",").map { commandWord(String($0), after: "") }.joined(separator: ",")
  }

  mutating func path(_ word: String) -> String {
    guard let ending = Self.fileEndings.first(where: { word.hasSuffix($0) }) else { return own(word) }
    return path(String(word.dropLast(ending.count))) + ending
  }

  /// `10`, `0660`, `5m`, `30s,300s`.
  private static func isMeasure(_ word: String) -> Bool {
    word.utf8.split(separator: UInt8(ascii: ",")).allSatisfy { part in
      let digits = part.prefix(while: isDigit)
      let isMode = digits.count == 4 && digits.first == UInt8(ascii: "0")
      return (1...3).contains(digits.count)
        && ["", "ms", "s", "m", "h"].contains(String(part.dropFirst(digits.count)) ?? "?")
        || isMode && digits.count == part.count
    }
  }

  /// `-w`, `--on-timeout`: the program ran, so it is an option that it knows.
  private static func isOption(_ word: String) -> Bool {
    let name = word.utf8.drop { $0 == UInt8(ascii: "-") }
    let dashes = word.utf8.count - name.count
    guard name.allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }) else { return false }
    return dashes == 1 ? name.count == 1 : dashes == 2 && !name.isEmpty
  }

  /// A sentence of this program: its words and numbers of packets stay, what it quotes is replaced.
  mutating func sentence(_ sentence: Sentence) -> Sentence {
    if case .others(let text)? = sentence.parts.first, sentence.parts.count == 1 {
      if EarlierSentences.all.contains(text) { return sentence }
      return Sentence(others: String(decoding: replaced(Array(text.utf8), .sentence), as: UTF8.self))
    }
    return sentence.map { part in
      switch part {
      case .words, .packet: part
      case .wire(let bytes): .wire(replaced(bytes, .quoted))
      case .others(let text): .others(label(text))
      }
    }
  }

  /// A rule that only a later version knows is as its trace says.
  func rule(_ rule: FindingRule) -> FindingRule {
    if FindingRule.withID(rule.id) != nil { return rule }
    return FindingRule(
      id: rule.id.utf8.count <= 4 ? rule.id : "", severity: rule.severity, title: "", consequence: "",
      source: "")
  }

  /// One without parts is the operator's, unless it is about the whole run: nobody but this program says anything of that.
  mutating func note(_ note: Sentence, isOfRun: Bool) -> Sentence {
    guard !isOfRun, case .others(let text)? = note.parts.first, note.parts.count == 1 else {
      return sentence(note)
    }
    return Sentence(others: self.text(text))
  }

  /// A rule by its name or its text, alike in each record and in the rule itself: a name stands there in quotes.
  private mutating func label(_ text: String) -> String {
    text.hasPrefix("on ") ? own(text) : self.text(text)
  }

  /// Words of the operator: outside quotes keywords stay, and names of macros and headers.
  mutating func own(_ text: String) -> String {
    var bytes = Array(text.utf8)
    var plainFrom = 0
    var i = 0
    while i < bytes.count {
      guard let end = Self.quoted(bytes, at: i) else {
        i += 1
        continue
      }
      replace(&bytes, plainFrom..<i, .own)
      if !Self.isKey(bytes, at: i) { replaceEscaped(&bytes, (i + 1)..<(end - 1), .backslash, .secret) }
      i = end
      plainFrom = end
    }
    replace(&bytes, plainFrom..<bytes.count, .own)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The end of the string that begins at `start`.
  private static func quoted(_ bytes: [UInt8], at start: Int) -> Int? {
    let quote = bytes[start]
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    var i = start + 1
    while i < bytes.count {
      if bytes[i] == quote { return i + 1 }
      i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  /// Whether the string at `start` is the name in `macro["…"]` or `message.header["…"]`.
  private static func isKey(_ bytes: [UInt8], at start: Int) -> Bool {
    ["macro[", "macros[", "header["].contains { bytes[..<start].suffix($0.utf8.count).elementsEqual($0.utf8) }
  }

  mutating func cause(_ cause: Cause) -> Cause {
    switch cause {
    case .operator, .timeout: cause
    case .rule(let text): .rule(label(text))
    case .policy(let text): .policy(sentence(text))
    }
  }
}
