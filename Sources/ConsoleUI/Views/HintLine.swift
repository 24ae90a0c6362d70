import Cells

/// The bottom line in quiet times: the keys that do something here, as many as fit.
enum HintLine {
  /// While a menu is open.
  static let ofMenu =
    DisplayText("letter", style: .key) + DisplayText(" or ", style: .dim)
    + DisplayText("↓ ↑ Enter", style: .key)
    + DisplayText(" choose  ", style: .dim) + DisplayText("Esc", style: .key)
    + DisplayText(" leave", style: .dim)

  /// - Parameter isHeld: whether the selected packet waits for the operator.
  static func draw(
    _ keymap: Keymap, place: Binding.Places, isHeld: Bool, into frame: inout Frame, in rect: Rect
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
    for act in order(in: place, isHeld: isHeld) where !always.contains(act) {
      guard let text = hint(for: act, keymap, place), column + text.width <= room.endColumn else { continue }
      column += frame.put(text, at: Point(column: column, row: rect.row)) + 2
    }
    frame.put(tail, at: Point(column: max(rect.column, end.column), row: rect.row))
  }

  private static let steering: [Act] = [
    .forward, .forwardAll, .step, .form, .verdictMenu, .changeMenu, .drop, .revert,
  ]

  /// The most useful first: what this pane is for, then finding things, then the rest.
  private static func order(in place: Binding.Places, isHeld: Bool) -> [Act] {
    let acts: [Act]
    switch place {
    case .desk:
      acts = [
        .open, .changeMenu, .savePart, .allLike, .ruleOfDecision, .notePrompt, .form, .holdPrompt, .back,
        .diff,
        .nextTab,
      ]
    case .help: acts = [.back, .pageDown, .pageUp, .searchPrompt, .next]
    case .detail where isHeld: acts = steering + [.back, .nextTab, .pane, .open, .copy]
    case .detail:
      acts = [
        .back, .nextTab, .pane, .open, .copy, .maximise, .searchPrompt, .diff, .toggleMark, .notePrompt,
      ]
    case .held where !isHeld:
      acts = [.holdPrompt, .open, .back, .filterPrompt, .searchPrompt, .pane, .nextTab, .writePrompt]
    case .rules:
      acts = [.addRule, .editRule, .switchRule, .ruleUp, .ruleDown, .deleteRule, .back, .holdPrompt]
    case _ where isHeld: acts = steering + [.open, .back, .filterPrompt, .holdPrompt]
    default:
      acts = [
        .open, .nextTab, .back, .filterPrompt, .searchPrompt, .fold, .pane, .toggleMark, .notePrompt, .diff,
        .writePrompt, .copy,
      ]
    }
    return acts.filter { act in Binding.table.contains { $0.act == act && $0.places.contains(place) } }
  }

  private static func hint(for act: Act, _ keymap: Keymap, _ place: Binding.Places) -> DisplayText? {
    guard let binding = Binding.table.first(where: { $0.act == act && $0.places.contains(place) }),
      let label = binding.hint, let key = keymap.key(for: act, in: place)
    else { return nil }
    return DisplayText(key.description, style: .key) + DisplayText(" " + label, style: .dim)
  }
}
