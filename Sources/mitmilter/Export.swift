import ArgumentParser
import CommandLanguage
import Glibc
import ProxyRuntime
import TraceFormat
import TraceModel

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn traces into something else: for other programs, for a bug report.",
    discussion: """
      FORMAT is one of:

      \(ExportFormat.table.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))

      FILE is a trace or a packet capture; several are read as one, in the order of time; - is standard input.
      Exit status: 0 all was exported, 1 some of it could not be read or nothing was chosen, 2 nothing was exported.
      """)

  @Argument(help: "What to turn the traces into.")
  var format: String

  @Argument(help: ArgumentHelp("Traces to read.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write here, not to standard output.", valueName: "file"))
  var output: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Only packets that this takes.", valueName: "expression"))
  var filter: String?

  @OptionGroup var redaction: RedactionOptions

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    guard let format = ExportFormat.named(format) else {
      let names = ExportFormat.table.map(\.name).joined(separator: ", ")
      throw Failure("unknown format '\(ListingText.inert(format))'", hint: "the formats are: \(names)")
    }
    let expression = try filter.map(filterExpression)
    let target = output ?? "-"
    if target == "-", format.options.contains(.isBinary), isatty(STDOUT_FILENO) == 1 {
      throw Failure("\(format.name) is not for a terminal", hint: "name a file with -o")
    }
    let traces = try ExportedTraces(files)
    let redacted = try redaction.redacted(traces.records, isDefault: format.options.contains(.isRedacted))
    let input = chosen(by: expression, of: traces.records, shown: redacted)
    let hasChosen = input.chosen.count ?? 1 > 0
    let file = try ExportFile(target, sparing: traces.paths + (redaction.redactMap.map { [$0] } ?? []))
    var exporter = format.exporter(input)
    var progress = Progress(of: exporter.stepCount)
    for step in 0..<exporter.stepCount {
      file.append { exporter.step(step, into: &$0) }
      progress.done(step + 1)
    }
    progress.finish()
    file.finish()
    for remark in exporter.remarks { tell("note: \(remark)") }
    if !hasChosen { tell("note: no packet is taken by the filter") }
    if !traces.finish() || !hasChosen { throw ExitCode(1) }
  }

  /// What goes out: the filter is asked about the trace as recorded, whatever words are shown of it.
  private func chosen(
    by expression: Expression?, of records: any RecordSource, shown redacted: (any RecordSource)?
  ) -> ExportInput {
    let shown = redacted ?? records
    guard let expression else { return ExportInput(shown, isRedacted: redacted != nil) }
    var selection = PacketSelection(expression, utcOffset: localOffset())
    selection.catchUp(with: records)
    return ExportInput(shown, rows: selection.rows, isRedacted: redacted != nil)
  }
}
