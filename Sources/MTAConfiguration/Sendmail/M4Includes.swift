/// A `sendmail.mc` with the files that it includes in their place.
package struct M4Includes {
  package private(set) var text = ""
  /// Files that could not be read.
  package private(set) var unread: [String] = []
  /// Files that include themselves, perhaps through others: m4 never gets to their end.
  package private(set) var circular: [String] = []

  private static let deepest = 8
  private static let largest = 4 << 20

  /// - Parameters:
  ///   - folder: of the file, which names without a slash in front are below.
  ///   - path: of the file itself.
  ///   - reading: the text of a file; nil where it cannot be read.
  package init(in text: String, of path: String, reading: (String) -> String?) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    add(text, folder, [path.contains("/") ? path : "./" + path], reading)
  }

  /// - Parameter open: the files that this one is within, and itself.
  private mutating func add(
    _ text: String, _ folder: String, _ open: [String], _ reading: (String) -> String?
  ) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      self.text += line + "\n"
      guard let (name, isOptional) = Self.included(by: line), !name.hasSuffix("/m4/cf.m4") else { continue }
      let path = name.hasPrefix("/") ? name : folder + "/" + name
      if open.contains(path) {
        if !circular.contains(path) { circular.append(path) }
      } else if open.count <= Self.deepest, self.text.utf8.count < Self.largest, let more = reading(path) {
        add(more, folder, open + [path], reading)
      } else if !isOptional {
        unread.append(path)
      }
    }
  }

  /// The file of a line that begins with ``include(`FILE')`` or `sinclude`; Sendmail's own macros (cf.m4) are no settings.
  private static func included(by line: Substring) -> (name: String, isOptional: Bool)? {
    let text = line.trimmed
    for (word, isOptional) in [("include(", false), ("sinclude(", true)] where text.hasPrefix(word) {
      let name = text.dropFirst(word.count).prefix { $0 != ")" }.filter { $0 != "`" && $0 != "'" }
      return name.isEmpty ? nil : (name, isOptional)
    }
    return nil
  }
}
