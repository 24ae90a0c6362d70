/// Which colours the operator wants.
package enum Theme: String, CaseIterable, Equatable, Sendable {
  /// By what the terminal says of its background.
  case auto
  case dark, light
  /// No colours, as on a terminal that has none.
  case mono
}
