/// A page of `docs/` set for a terminal.
struct PageText {
  private let width: Int
  private let isStyled: Bool
  private var lines: [String] = []

  /// - Parameters:
  ///   - width: columns.
  ///   - isStyled: whether headings and what is typed are bold.
  init(width: Int, isStyled: Bool) {
    self.width = width
    self.isStyled = isStyled
  }

  static func text(_ blocks: [PageBlock], width: Int, isStyled: Bool) -> String {
    var page = PageText(width: width, isStyled: isStyled)
    for block in blocks { page.append(block) }
    return page.lines.joined(separator: "\n") + "\n"
  }

  private mutating func append(_ block: PageBlock) {
    switch block {
    case .heading(let level, let text):
      separate()
      let plain = spans(text).map(\.text).joined()
      lines.append(bold(level == 1 ? plain.uppercased() : plain))
    case .paragraph(let text):
      separate()
      wrap(text, indent: 2)
    case .item(let mark, let text):
      wrap(text, indent: 2 + mark.count + 1, first: "  \(mark) ")
    case .code(let code):
      separate()
      lines += code.map { $0.isEmpty ? "" : "    " + $0 }
    case .table(let head, let rows):
      separate()
      table(head, rows)
    }
  }

  private mutating func separate() { if let last = lines.last, !last.isEmpty { lines.append("") } }

  // MARK: - Tables

  /// In columns where that fits; else each row by itself, its first cell above the others.
  private mutating func table(_ head: [String], _ rows: [[String]]) {
    let cells = ([head] + rows).map { row in row.map { spans($0).reduce(0) { $0 + $1.text.count } } }
    let widths = head.indices.map { column in cells.map { column < $0.count ? $0[column] : 0 }.max() ?? 0 }
    let left = widths.dropLast().reduce(2) { $0 + $1 + 2 }
    if left <= width / 2 { return columns(head, rows, widths, left) }
    for row in rows {
      wrap(row.first.map { "**\($0)**" } ?? "", indent: 4, first: "  ", taking: 2)
      for (name, cell) in zip(head, row).dropFirst() where !cell.isEmpty {
        wrap(name.isEmpty || head.count == 2 ? cell : "\(name): \(cell)", indent: 6)
      }
    }
  }

  private mutating func columns(_ head: [String], _ rows: [[String]], _ widths: [Int], _ left: Int) {
    for row in (head.allSatisfy(\.isEmpty) ? [] : [head.map { "**\($0)**" }]) + rows {
      var first = "  "
      for (cell, width) in zip(row, widths).dropLast(row.count < head.count ? 0 : 1) {
        first += styled(spans(cell)) + String(repeating: " ", count: width + 2 - length(cell))
      }
      wrap(row.count < head.count ? "" : row[head.count - 1], indent: left, first: first)
    }
  }

  private func length(_ text: String) -> Int { spans(text).reduce(0) { $0 + $1.text.count } }

  // MARK: - Words

  private struct Span {
    var text: String
    var isBold: Bool
  }

  /// - Parameters:
  ///   - first: what the first line begins with; nil for the margin of the others.
  ///   - taken: how many columns that takes.
  private mutating func wrap(_ text: String, indent: Int, first: String? = nil, taking taken: Int? = nil) {
    let margin = String(repeating: " ", count: indent)
    var (line, used, isFresh) = (first ?? margin, taken ?? indent, true)
    for word in words(text) {
      let count = word.reduce(0) { $0 + $1.text.count }
      if !isFresh, used + 1 + count > width {
        lines.append(line)
        (line, used, isFresh) = (margin, indent, true)
      }
      line += (isFresh ? "" : " ") + styled(word)
      used += (isFresh ? 0 : 1) + count
      isFresh = false
    }
    while line.last == " " { line.removeLast() }
    lines.append(line)
  }

  /// Cut at spaces; a word may be made of several spans.
  private func words(_ text: String) -> [[Span]] {
    var words: [[Span]] = [[]]
    for span in spans(text) {
      for (place, part) in span.text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        if place > 0 { words.append([]) }
        if !part.isEmpty { words[words.count - 1].append(Span(text: String(part), isBold: span.isBold)) }
      }
    }
    return words.filter { !$0.isEmpty }
  }

  /// Text between back-ticks and asterisks is bold; of a link, its words are left.
  private func spans(_ text: String) -> [Span] {
    var spans: [Span] = []
    var plain = ""
    var rest = text[...]
    var isStrong = false
    let flush = { (plain: inout String, isBold: Bool) in
      if !plain.isEmpty { spans.append(Span(text: plain, isBold: isBold)) }
      plain = ""
    }
    while let character = rest.first {
      switch character {
      case "`":
        let fence = rest.prefix { $0 == "`" }
        let inside = rest.dropFirst(fence.count)
        guard let end = inside.firstRange(of: fence) else {
          plain.append(contentsOf: rest)
          rest = ""
          break
        }
        flush(&plain, isStrong)
        spans.append(Span(text: String(inside[..<end.lowerBound]), isBold: true))
        rest = inside[end.upperBound...]
      case "*" where rest.hasPrefix("**"):
        flush(&plain, isStrong)
        isStrong.toggle()
        rest = rest.dropFirst(2)
      case "*" where !rest.hasPrefix("* "):
        rest = rest.dropFirst()
      case "*" where plain.last.map { $0 != " " } ?? false:
        rest = rest.dropFirst()
      case "[":
        guard let link = rest.prefixMatch(of: /\[([^\]]*)\]\([^)]*\)/) else { fallthrough }
        rest = link.1 + rest[link.range.upperBound...]
      default:
        plain.append(character)
        rest = rest.dropFirst()
      }
    }
    flush(&plain, isStrong)
    return spans
  }

  private func styled(_ spans: [Span]) -> String {
    spans.map { $0.isBold ? bold($0.text) : $0.text }.joined()
  }

  private func bold(_ text: String) -> String { isStyled ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
}
