extension ExportFormat {
  /// The table of formats as `docs/exports.md` has it.
  package static var page: String {
    var page = "| format | file | what it is |\n|---|---|---|\n"
    for format in table {
      page += "| `\(format.name)` | `.\(format.fileExtension)` | \(format.summary) |\n"
    }
    return page
  }
}
