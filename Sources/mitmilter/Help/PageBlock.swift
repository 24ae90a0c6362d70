/// A piece of a page of `docs/`, in the Markdown that those are written in.
enum PageBlock: Equatable {
  case heading(level: Int, String)
  case paragraph(String)
  case item(mark: String, String)
  case code([String])
  case table(head: [String], rows: [[String]])

  static func blocks(of page: String) -> [PageBlock] {
    var reader = Reader(lines: page.split(separator: "\n", omittingEmptySubsequences: false)[...])
    return reader.blocks()
  }

  private struct Reader {
    var lines: ArraySlice<Substring>

    mutating func blocks() -> [PageBlock] {
      var blocks: [PageBlock] = []
      while let line = lines.popFirst() {
        if line.hasPrefix("#") {
          let level = line.prefix { $0 == "#" }.count
          blocks.append(.heading(level: level, String(line.dropFirst(level + 1))))
        } else if line.hasPrefix("```") {
          blocks.append(.code(take { !$0.hasPrefix("```") }))
          lines = lines.dropFirst()
        } else if line.hasPrefix("    ") {
          let more = take { $0.hasPrefix("    ") }
          blocks.append(.code(([String(line)] + more).map { String($0.dropFirst(4)) }))
        } else if line.hasPrefix("|") {
          let rows = ([String(line)] + take { $0.hasPrefix("|") }).map(Self.cells)
          blocks.append(.table(head: rows[0], rows: Array(rows.dropFirst(2))))
        } else if let mark = Self.mark(of: line) {
          let first = String(line.drop { $0 == " " }.dropFirst(mark.count + 1))
          blocks.append(.item(mark: mark, ([first] + takeText()).joined(separator: " ")))
        } else if !line.isEmpty, !line.hasPrefix("<!--"), line != "---" {
          blocks.append(.paragraph(([String(line)] + takeText()).joined(separator: " ")))
        }
      }
      return blocks
    }

    private mutating func take(while isPart: (Substring) -> Bool) -> [String] {
      let part = lines.prefix(while: isPart)
      lines = lines[part.endIndex...]
      return part.map(String.init)
    }

    /// Lines that go on with a paragraph or an item.
    private mutating func takeText() -> [String] {
      take { line in
        !line.isEmpty && Self.mark(of: line) == nil
          && !["#", "```", "|", "<!--"].contains { line.hasPrefix($0) }
      }.map { String($0.drop { $0 == " " }) }
    }

    /// `-`, or a number with a full stop: what an item of a list begins with.
    private static func mark(of line: Substring) -> String? {
      let text = line.drop { $0 == " " }
      guard line.count - text.count < 4 else { return nil }
      if text.hasPrefix("- ") { return "-" }
      let number = text.prefix { $0.isASCII && $0.isNumber }
      return !number.isEmpty && text.dropFirst(number.count).hasPrefix(". ") ? number + "." : nil
    }

    /// A bar ends a cell unless a backslash stands before it.
    private static func cells(_ row: String) -> [String] {
      var cells = [""]
      var isEscaped = false
      for character in row.dropFirst() {
        if character == "|", !isEscaped {
          cells.append("")
        } else {
          if isEscaped, character != "|" { cells[cells.count - 1].append("\\") }
          if character != "\\" || isEscaped { cells[cells.count - 1].append(character) }
        }
        isEscaped = character == "\\" && !isEscaped
      }
      if cells.last == "" { cells.removeLast() }
      return cells.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    }
  }
}
