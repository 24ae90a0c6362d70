/// `export FORMAT [SCOPE] [--redact | --no-redact] [FILE]`: what is to be written where.
package struct ExportOrder: Equatable, Sendable {
  /// As the program names them; the language takes any word.
  package var format: String
  /// nil for the packets shown.
  package var scope: Scope?
  /// Private words replaced or not; nil for what the format does by itself.
  package var redacts: Bool?
  /// nil asks for it.
  package var file: String?

  package enum Scope: String, CaseIterable, Equatable, Sendable {
    case packet, message, marked, shown

    package var help: String {
      switch self {
      case .packet: "the selected packet"
      case .message: "the mail that it belongs to"
      case .marked: "the packets with a mark"
      case .shown: "the packets that the filter takes"
      }
    }
  }

  package init(_ format: String, _ scope: Scope? = nil, redacts: Bool? = nil, file: String? = nil) {
    self.format = format
    self.scope = scope
    self.redacts = redacts
    self.file = file
  }

  package static let redactWord = "--redact"
  package static let noRedactWord = "--no-redact"

  /// The text that parses to it.
  package var text: String {
    var words = ["export", format]
    if let scope { words.append(scope.rawValue) }
    if let redacts { words.append(redacts ? Self.redactWord : Self.noRedactWord) }
    if let file {
      let isWord = Scope(rawValue: file) != nil || file == Self.redactWord || file == Self.noRedactWord
      words.append(isWord ? Quoting.string(Array(file.utf8)) : Quoting.argument(Array(file.utf8)))
    }
    return words.joined(separator: " ")
  }
}
