import Cells

/// A question at the bottom, answered with y or n.
package struct Question: Equatable, Sendable {
  package var words: String
  /// What `y` brings about; nothing where it is no question any more, and any key takes it away.
  var yes: [ConsoleEffect]

  func press(_ key: Key) -> BottomLine.Press {
    switch key {
    case _ where yes.isEmpty: .closes([])
    case .character("y"), .character("Y"): .closes(yes.map { .outside($0) })
    case .character("n"), .character("N"), .character("q"), .named(.escape), .control("c"), .control("g"):
      .closes([])
    default: .stays([])
    }
  }

  func draw(into frame: inout Frame, in rect: Rect) {
    frame.fill(rect, style: Style(.status))
    let keys =
      yes.isEmpty
      ? DisplayText("any key", style: .key) + " goes on"
      : DisplayText("y", style: .key) + " yes  " + DisplayText("n", style: .key) + " no"
    let words = DisplayText(self.words, style: Style(.warn, .bold))
    // The keys stay, whatever is cut.
    let room = max(0, rect.columns - keys.width - 3)
    frame.put(" " + words.fitted(to: min(words.width, room)) + " " + keys, in: rect, style: Style(.status))
  }
}
