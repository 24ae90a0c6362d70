extension DisplayText {
  /// The text in lines of at most `width` columns, cut at blanks where there are any in the last third.
  package func wrapped(to width: Int) -> [DisplayText] {
    guard width > 1, self.width > width else { return [self] }
    var lines: [DisplayText] = []
    var start = 0
    while self.width - start > width {
      var end = start + width
      let earliest = start + width * 2 / 3
      if let blank = (earliest..<end).last(where: { cells[$0].base == " " }) { end = blank + 1 }
      // A wide character stays whole.
      if cells[end].isContinuation { end -= 1 }
      lines.append(slice(start..<end))
      start = end
    }
    lines.append(slice(start..<self.width))
    return lines
  }
}
