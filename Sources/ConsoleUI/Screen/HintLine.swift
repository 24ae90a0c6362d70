import Cells

/// The bottom line in quiet times: the keys that do something here, as many as fit.
enum HintLine {
  /// - Parameter acts: the most useful first; those that count nowhere in `place` are left out.
  static func draw(
    _ acts: [Act], _ keymap: Keymap, place: Binding.Places, into frame: inout Frame, in rect: Rect
  ) {
    guard !rect.isEmpty else { return }
    // `?` and `:` open everything else, so they stay at the right whatever else is cut.
    let always: [Act] = [.help, .prompt]
    let tail = always.compactMap { hint(for: $0, keymap, place) }.joined()
    let end = Rect(
      column: rect.endColumn - tail.width - 1, row: rect.row, columns: min(rect.columns, tail.width + 1),
      rows: 1)
    var room = rect
    _ = room.takeRight(end.columns + 1)
    var column = room.column + 1
    for act in acts where !always.contains(act) {
      guard let text = hint(for: act, keymap, place), column + text.width <= room.endColumn else { continue }
      column += frame.put(text, at: Point(column: column, row: rect.row)) + 2
    }
    frame.put(tail, at: Point(column: max(rect.column, end.column), row: rect.row))
  }

  private static func hint(for act: Act, _ keymap: Keymap, _ place: Binding.Places) -> DisplayText? {
    guard let binding = Binding.table.first(where: { $0.act == act && $0.places.contains(place) }),
      let label = binding.hint, let key = keymap.key(for: act, in: place)
    else { return nil }
    return DisplayText(key.description, style: .key) + DisplayText(" " + label, style: .dim)
  }
}
