import MilterProtocol

/// Text of others in Markdown, such that it stays text: no link, no mention, no markup, no end of a cell or block.
///
/// All of it stands in code: nothing else is left alone by every reader (GitHub, GitLab, Forgejo). Line ends and what an eye
/// could miss are escapes already (``InertText``).
enum MarkdownText {
  /// In a code span, fit for a cell of a table.
  static func code(_ text: String, limit: Int = 300) -> String {
    var inert = ListingText.inert(text)
    if inert.unicodeScalars.count > limit {
      inert = String(String.UnicodeScalarView(inert.unicodeScalars.prefix(limit))) + "…"
    }
    return span(inert)
  }

  static func code(_ bytes: some Collection<UInt8>, limit: Int = 300) -> String {
    let shown = InertText.string(escaping: Array(bytes.prefix(limit)))
    return span(bytes.count > limit ? shown + "…" : shown)
  }

  /// - Parameter inert: one line without controls.
  static func span(_ inert: String) -> String {
    guard !inert.isEmpty else { return "(empty)" }
    let ticks = String(repeating: "`", count: longestRun(of: "`", in: inert) + 1)
    // A blank on both sides is taken away again; without it a tick of the text would join the mark.
    let needsBlanks =
      inert.hasPrefix("`") || inert.hasSuffix("`") || inert.hasPrefix(" ") && inert.hasSuffix(" ")
    let blank = needsBlanks ? " " : ""
    var cell = ""
    for scalar in inert.unicodeScalars {
      if scalar == "|" { cell += "\\" }
      cell.unicodeScalars.append(scalar)
    }
    return ticks + blank + cell + blank + ticks
  }

  /// Lines in a block of code, none of which can end it.
  static func block(_ lines: [String], language: String) -> String {
    let longest = lines.map { longestRun(of: "`", in: $0) }.max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\(language)\n\(lines.joined(separator: "\n"))\n\(fence)\n"
  }

  /// Folded until it is asked for. The summary is our own words.
  static func folded(_ summary: String, _ content: String) -> String {
    "<details><summary>\(summary)</summary>\n\n\(content)\n</details>\n"
  }

  private static func longestRun(of mark: Unicode.Scalar, in text: String) -> Int {
    var longest = 0
    var run = 0
    for scalar in text.unicodeScalars {
      run = scalar == mark ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
