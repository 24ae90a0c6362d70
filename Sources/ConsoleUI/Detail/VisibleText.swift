import Cells

/// Mail text with what an eye would miss made visible: line ends, tabs, blanks at either end of a line.
enum VisibleText {
  /// One text a line of `bytes`. A line's end stands at its right: `↵` for CRLF, `↓` for a bare LF, `←` for a bare CR.
  ///
  /// - Parameters:
  ///   - limit: lines beyond it are left out.
  ///   - columns: how much of a line is read.
  ///   - usual: the line end that is nothing to remark on, and drawn faintly; nil where any is.
  static func lines(
    _ bytes: ArraySlice<UInt8>, limit: Int, columns: Int = 4096, usual: [UInt8]?,
    showsEnds: Bool = true
  ) -> [DisplayText] {
    var lines: [DisplayText] = []
    var start = bytes.startIndex
    while start < bytes.endIndex, lines.count < limit {
      var end = start
      while end < bytes.endIndex, bytes[end] != lf, !isBareCR(bytes, end) { end += 1 }
      var ending: [UInt8] = []
      var content = bytes[start..<end]
      var next = end
      if end < bytes.endIndex {
        ending = [bytes[end]]
        next = end + 1
        if bytes[end] == lf, content.last == cr {
          content.removeLast()
          ending = [cr, lf]
        }
      }
      lines.append(
        line(content, columns: columns) + (showsEnds ? sign(of: ending, usual: usual) : ""))
      start = next
    }
    return lines
  }

  /// All lines in one, for a row; where one ends stays visible.
  static func row(_ bytes: ArraySlice<UInt8>, limit: Int = 32) -> DisplayText {
    lines(bytes, limit: limit, usual: nil).joined(gap: 1)
  }

  private static let cr = UInt8(ascii: "\r")
  private static let lf = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")
  private static let tab = UInt8(ascii: "\t")

  private static func isBareCR(_ bytes: ArraySlice<UInt8>, _ at: Int) -> Bool {
    bytes[at] == cr && (at + 1 >= bytes.endIndex || bytes[at + 1] != lf)
  }

  private static func sign(of ending: [UInt8], usual: [UInt8]?) -> DisplayText {
    guard let last = ending.last else { return "" }
    let text = ending.count == 2 ? "↵" : last == lf ? "↓" : "←"
    return DisplayText(text, style: usual == nil || ending == usual ? .dim : Style(.warn))
  }

  /// One line: blanks at its ends as `·`, tabs as `⇥`.
  static func line(_ bytes: ArraySlice<UInt8>, columns: Int = 4096, style: Style = .text) -> DisplayText {
    let lead = bytes.prefix { $0 == space }.count
    let rest = bytes.dropFirst(lead)
    let trail = rest.reversed().prefix { $0 == space }.count
    var text = DisplayText(String(repeating: "·", count: min(lead, columns)), style: .dim)
    var start = rest.startIndex
    let end = rest.endIndex - trail
    while start < end, text.width < columns {
      let stop = rest[start..<end].firstIndex(of: tab) ?? end
      text += DisplayText(escaping: rest[start..<stop], columns: columns - text.width, style: style)
      if stop < end { text += DisplayText("⇥", style: .dim) }
      start = stop + 1
    }
    return text + DisplayText(String(repeating: "·", count: min(trail, columns)), style: .dim)
  }
}
