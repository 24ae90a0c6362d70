import Cells

/// A line for the operator at the bottom of the screen, gone with the next key.
package struct StatusMessage: Equatable, Sendable {
  package enum Weight: Equatable, Sendable { case hint, done, refused }
  package var weight: Weight
  package var text: String

  package init(_ weight: Weight, _ text: String) {
    self.weight = weight
    self.text = text
  }

  var display: DisplayText {
    switch weight {
    case .hint, .done: DisplayText(text, style: Style(.status))
    case .refused: DisplayText(text, style: Style(.bad))
    }
  }
}
