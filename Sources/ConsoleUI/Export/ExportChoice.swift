import CommandLanguage

/// A format that the program can write, as the screen needs to know it.
package struct ExportChoice: Equatable, Sendable {
  package var name: String
  /// Of the file, without dot.
  package var fileExtension: String
  package var summary: String

  package init(name: String, fileExtension: String, summary: String) {
    self.name = name
    self.fileExtension = fileExtension
    self.summary = summary
  }
}

/// What is to be written, for whoever writes it.
package struct ExportRequest: Equatable, Sendable {
  /// Of an ``ExportChoice``.
  package var format: String
  /// Rows of the index, in order; nil for all there are.
  package var rows: [UInt32]?
  /// What the rows were chosen by: findings about no packet are, too, where it asks about findings; nil for nothing.
  package var filter: Expression?
  /// nil for what the format does by itself.
  package var redacts: Bool?
  package var file: String

  package init(
    format: String, rows: [UInt32]? = nil, filter: Expression? = nil, redacts: Bool? = nil, file: String
  ) {
    self.format = format
    self.rows = rows
    self.filter = filter
    self.redacts = redacts
    self.file = file
  }
}
