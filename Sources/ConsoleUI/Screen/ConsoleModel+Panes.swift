import Cells

// How list and detail share the screen. What the operator says about it is remembered.
extension ConsoleModel {
  /// From side by side to one above the other, and back.
  mutating func turnSplit() -> [Response] {
    guard hasDetail else { return .refuse("there is no detail here") }
    let isBeside = !layout.divider.isEmpty
    return remember(.split, isBeside ? "below" : "beside", isBeside ? "the detail is below" : "side by side")
  }

  /// Moves the border between list and detail.
  ///
  /// - Parameter steps: to the right, or down; negative for the other way.
  mutating func moveBorder(by steps: Int) -> [Response] {
    guard hasDetail, !isMaximised else { return .refuse("there is no border here") }
    let layout = self.layout
    let now =
      layout.divider.isEmpty
      ? (layout.list.rows + 1) * 100 / max(1, layout.body.rows)
      : layout.list.columns * 100 / max(1, layout.body.columns)
    let step = Settings.borderStep
    let next = (settings.border ?? (now + step / 2) / step * step) + steps * step
    let border = min(max(next, Settings.borders.lowerBound), Settings.borders.upperBound)
    return remember(.border, "\(border)", "the list has \(border) %")
  }

  private mutating func remember(_ name: Settings.Name, _ value: String, _ words: String) -> [Response] {
    _ = scene.settings.set(name, to: value)
    return .done(words) + [.outside(.remember(name, value))]
  }
}
