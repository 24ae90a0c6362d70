import MilterProtocol
import TraceModel

/// Literals that look like values and are none: they go out as they stand, which may not be what was meant.
extension Instruction {
  /// A sentence for each.
  package var doubts: [String] { texts.flatMap { ValuedText($0).doubts } }
}

extension Rule {
  /// What may not be meant as it is written, each with where it stands.
  package var doubts: [String] {
    let place = place.map { $0 + ": " } ?? ""
    return instructions.flatMap(\.doubts).map { place + $0 }
  }
}

extension ValuedText {
  fileprivate var doubts: [String] {
    parts.flatMap { part -> [String] in
      if case .plain(let bytes) = part { Self.doubts(about: bytes) } else { [] }
    }
  }

  private static func doubts(about bytes: [UInt8]) -> [String] {
    var doubts: [String] = []
    var from = 0
    while let open = bytes[from...].firstIndex(of: brace) {
      from = open + 1
      guard let close = bytes[from...].prefix(longest).firstIndex(of: UInt8(ascii: "}")),
        let word = String(validating: bytes[from..<close], as: UTF8.self), let hint = hint(for: word)
      else { continue }
      from = close + 1
      doubts.append("{\(word)} names no value and goes out as it stands: \(hint)")
    }
    return doubts
  }

  /// Longer than any term that somebody might have meant.
  private static let longest = 200

  /// What was probably meant; nil where it looks like no term.
  private static func hint(for text: String) -> String? {
    let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" || $0 == "-" }
    let word = name.lowercased()
    let rest = text.dropFirst(name.count)
    guard !word.isEmpty, rest.isEmpty || rest.first == "[" || rest.first == "(" else { return nil }
    if TextValueParser.functions.contains(word), !rest.isEmpty {
      return "written \(word == "sub" ? "{sub(TERM, /PATTERN/, \"TEXT\")}" : "{lower(TERM)}")"
    }
    if let rows = Term.byName[word] {
      if let keyed = rows.first(where: \.hasKey) { return "written {\(keyed.spelling)}" }
      return rest.isEmpty ? "\(word) is yes or no, and no text" : "\(word) has no index"
    }
    if rest.isEmpty, KnownMacro.table.contains(where: { $0.name == word }) {
      return "the macro is {macro[\"\(word)\"]}"
    }
    let names = Term.table.filter { Expression.Field($0).hasText }
    // One or two letters are near to too much.
    if word.utf8.count > 2, let near = Nearest.match(for: word, among: names.map(\.name)),
      let term = names.first(where: { $0.name == near })
    {
      return "did you mean {\(term.spelling)}?"
    }
    guard let dot = word.firstIndex(of: ".") else { return nil }
    let family = names.filter { $0.name.hasPrefix(word[...dot]) }.map { "{\($0.spelling)}" }
    return family.isEmpty ? nil : "there are \(family.joined(separator: ", "))"
  }
}
