/// A form in which a trace leaves for other programs and people: one row of the table feeds dispatch, help and docs.
///
/// To add one: a file with an ``Exporter`` and its row, the row's name in ``table``, a golden in the tests.
package struct ExportFormat: Sendable {
  /// As it is typed.
  package let name: String
  /// Of the file, without dot.
  package let fileExtension: String
  /// One line: what comes out and who reads it.
  package let summary: String
  package let options: Options
  package let exporter: @Sendable (ExportInput) -> any Exporter
  /// The same as files of a folder; nil where it is one file, or always a folder.
  package let asFolder: (@Sendable (ExportInput) -> any Exporter)?

  package struct Options: OptionSet, Equatable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Bytes that are no text: not for a terminal.
    package static let isBinary = Options(rawValue: 1 << 0)
    /// Bytes of the mail as they came, which a terminal may obey: not for one.
    package static let isRaw = Options(rawValue: 1 << 5)
    /// `--delivered` makes a difference.
    package static let takesDelivered = Options(rawValue: 1 << 1)
    /// Made for other eyes: private words are replaced unless `--no-redact` is given.
    package static let isRedacted = Options(rawValue: 1 << 3)
    /// One file a mail: `-o` names a folder.
    package static let isFilePerMail = Options(rawValue: 1 << 2)
    /// What the exporter makes is compressed on its way into the file.
    package static let isGzipped = Options(rawValue: 1 << 6)
    /// Notes and marks are in it as they are in a trace.
    package static let keepsRemarks = Options(rawValue: 1 << 4)
  }

  package init(
    _ name: String, fileExtension: String, _ summary: String, options: Options = [],
    asFolder: (@Sendable (ExportInput) -> any Exporter)? = nil,
    exporter: @escaping @Sendable (ExportInput) -> any Exporter
  ) {
    self.name = name
    self.fileExtension = fileExtension
    self.summary = summary
    self.options = options
    self.asFolder = asFolder
    self.exporter = exporter
  }

  /// In the order in which they are listed.
  package static let table: [ExportFormat] = [
    json, jsonLines, pcapng, eml, swaks, miltertest, trace, report, html, bundle,
  ]

  package static func named(_ name: String) -> ExportFormat? { table.first { $0.name == name } }
}

/// Turns what was chosen of a trace into bytes, a step at a time: memory is bounded by the largest step, and whoever
/// drives it can tell how far it is, or stop.
package protocol Exporter {
  /// How many steps there are, known from the start.
  var stepCount: Int { get }
  /// Does step `number`, from 0; each once, in order. Appends what it makes, which may be nothing.
  mutating func step(_ number: Int, into bytes: inout [UInt8])
  /// What the reader should know about what came out, in words that are safe to print; asked for after the last step.
  var remarks: [String] { get }
  /// The name of the file that begins with a step, of those that make several; what has none goes on with the one before.
  func fileName(_ step: Int) -> String?
}

extension Exporter {
  package var remarks: [String] { [] }
  package func fileName(_ step: Int) -> String? { nil }

  /// All steps at once.
  package mutating func all() -> [UInt8] {
    var bytes: [UInt8] = []
    for number in 0..<stepCount { step(number, into: &bytes) }
    return bytes
  }
}
