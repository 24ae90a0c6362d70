/// The lines of `main.cf` and `master.cf`: what begins with white space goes on the line before, `#` begins a comment line
/// (postconf(5), master(5)).
enum PostfixLines {
  struct Line: Equatable {
    /// Of its first part, from 1.
    let number: Int
    var text: String
  }

  static func logical(_ text: String) -> [Line] {
    var lines: [Line] = []
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
      let content = line.trimmed
      if content.isEmpty || content.hasPrefix("#") { continue }
      if line.first.map({ $0 == " " || $0 == "\t" }) == true, !lines.isEmpty {
        lines[lines.count - 1].text += " " + content
      } else {
        lines.append(Line(number: index + 1, text: String(content)))
      }
    }
    return lines
  }

  /// Words between blanks, and commas where those separate too; what is in braces is one word (`mystrtokq`).
  static func words(_ text: some StringProtocol, commas: Bool = false) -> [String] {
    var words: [String] = []
    var word = ""
    var depth = 0
    for character in text {
      if depth == 0, character.isBlank || commas && character == "," {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      if character == "{" { depth += 1 }
      if character == "}" { depth = max(0, depth - 1) }
      word.append(character)
    }
    return word.isEmpty ? words : words + [word]
  }

  /// `name` and `value` of `name = value`; nil where there is no `=`, or nothing before it.
  static func setting(_ text: some StringProtocol) -> (name: String, value: String)? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = text[..<equals].trimmed
    guard !name.isEmpty, !name.contains(where: \.isBlank) else { return nil }
    return (String(name), String(text[text.index(after: equals)...].trimmed))
  }
}

extension Character {
  var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
}

extension StringProtocol {
  var trimmed: SubSequence {
    var part = self[...]
    while part.first?.isBlank == true { part = part.dropFirst() }
    while part.last?.isBlank == true { part = part.dropLast() }
    return part
  }
}
