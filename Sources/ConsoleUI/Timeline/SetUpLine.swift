/// What to write into a file of the MTA's, so that it connects to us: for the screen while nothing has come.
package struct SetUpLine: Equatable, Sendable {
  /// `Postfix main.cf`.
  package var file: String
  package var text: String

  package init(_ file: String, _ text: String) {
    self.file = file
    self.text = text
  }
}
