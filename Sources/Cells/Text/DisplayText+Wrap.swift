extension DisplayText {
  /// The text in lines of at most `width` columns: cut behind a blank where there is one in the second half, else behind a
  /// mark that ends a word in the last third, else anywhere, but never within an escape or a wide character.
  package func wrapped(to width: Int) -> [DisplayText] {
    guard width > 1, self.width > width else { return [self] }
    var lines: [DisplayText] = []
    var start = 0
    while self.width - start > width {
      let end = lineEnd(from: start, width: width)
      lines.append(slice(start..<end))
      start = end
    }
    lines.append(slice(start..<self.width))
    return lines
  }

  private func lineEnd(from start: Int, width: Int) -> Int {
    let most = start + width
    if let blank = (start + width / 2..<most).last(where: { cells[$0].base == " " }) { return blank + 1 }
    if let mark = (start + width * 2 / 3..<most).last(where: { cells[$0].endsWord }) { return mark + 1 }
    let end = cells[most].isContinuation ? most - 1 : startOfEscape(at: most)
    // What is wider than the line is cut all the same.
    return end > start ? end : most
  }

  /// The column where the escape begins that a cut before `column` would cut; `column` where there is none.
  func startOfEscape(at column: Int) -> Int {
    guard cells.indices.contains(column) else { return column }
    var end = column
    while end > 0, cells[end].isWithinEscape, cells[end - 1].isOfEscape { end -= 1 }
    return end
  }
}

extension Cell {
  fileprivate var isOfEscape: Bool { style.attributes.contains(.escaped) }

  /// Every escape begins with a backslash and has no other.
  fileprivate var isWithinEscape: Bool { isOfEscape && base != "\\" }

  fileprivate var endsWord: Bool {
    guard let base, !isOfEscape else { return false }
    return ",;:>)]".unicodeScalars.contains(base)
  }
}
