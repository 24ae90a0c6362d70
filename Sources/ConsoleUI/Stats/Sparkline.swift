import Cells

/// Small bars made of characters.
enum Sparkline {
  private static let eighths = Array("▁▂▃▄▅▆▇█".unicodeScalars)

  /// One column a value, as high as its share of the largest; what is 0 is a blank, what is not is at least the lowest
  /// bar.
  static func bars(_ values: [Int], style: Style) -> DisplayText {
    let most = values.max() ?? 0
    var text = ""
    for value in values {
      guard value > 0, most > 0 else {
        text += " "
        continue
      }
      let level = min(eighths.count - 1, (value * eighths.count - 1) / most)
      text.unicodeScalars.append(eighths[level])
    }
    return DisplayText(text, style: style)
  }

  /// A bar of `columns` at most for a share of 1, in eighths of a column.
  static func bar(_ value: Int, of most: Int, columns: Int, style: Style) -> DisplayText {
    guard most > 0, value > 0 else { return "" }
    let parts = Array(" ▏▎▍▌▋▊▉█".unicodeScalars)
    let eighth = max(1, value * columns * 8 / most)
    var text = String(repeating: "█", count: eighth / 8)
    if eighth % 8 > 0 { text.unicodeScalars.append(parts[eighth % 8]) }
    return DisplayText(text, style: style)
  }
}
