import MilterProtocol
import TraceModel

/// Texts of this program and of the operator.
extension Redactor {
  package mutating func head(_ head: TraceHead) -> TraceHead {
    var head = head
    head.command = head.command.map { commandWord($0) }
    head.listen = head.listen.map { address($0) }
    head.milter = head.milter.map { address($0) }
    head.negotiation = head.negotiation.map { own($0) }
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
      bytes[start..<at].allSatisfy({ (0x30...0x39).contains($0) })
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

  /// Options are ours; of a file's name its ending is.
  private mutating func commandWord(_ word: String) -> String {
    if Self.isOption(word) { return word }
    for ending in Self.fileEndings where word.hasSuffix(ending) {
      return commandWord(String(word.dropLast(ending.count))) + ending
    }
    for kind in ["inet:", "inet6:", "unix:", "local:", "tcp:"] where word.hasPrefix(kind) {
      return address(word)
    }
    if let sign = word.firstIndex(of: "="), Self.isOption(String(word[..<sign])) {
      return String(word[...sign]) + commandWord(String(word[word.index(after: sign)...]))
    }
    return own(word)
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
    sentence.map { part in
      switch part {
      case .words, .packet: part
      case .wire(let bytes): .wire(replaced(bytes, .quoted))
      case .others(let text): .others(own(text))
      }
    }
  }

  /// Words of this program and of the operator, with words of others in them.
  mutating func own(_ text: String) -> String {
    String(decoding: replaced(Array(text.utf8), .own), as: UTF8.self)
  }

  mutating func instruction(_ text: String) -> String {
    if text.hasPrefix("note ") { return "note " + self.escapedText(String(text.dropFirst(5))) }
    return rawInstruction(text) ?? own(text)
  }

  /// Words of the operator in quotes.
  private mutating func escapedText(_ text: String) -> String {
    var bytes = Array(text.utf8)
    replaceEscaped(&bytes, bytes.indices, .backslash, .secret)
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func cause(_ cause: Cause) -> Cause {
    switch cause {
    case .operator, .timeout: cause
    case .rule(let text): .rule(own(text))
    case .policy(let text): .policy(sentence(text))
    }
  }
}
