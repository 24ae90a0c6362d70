import ArgumentParser
import CommandLanguage
import Glibc
import MilterProtocol
import ProxyRuntime
import Timeline
import TraceFormat
import TraceModel

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn traces into something else: for other programs, for a bug report.",
    discussion: """
      FORMAT is one of:

      \(ExportFormat.table.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))

      FILE is a trace or a packet capture; several are read as one, in the order of time; - is standard input.
      Exit status: 0 all was exported, 1 some of it could not be read or with --expect nothing was chosen, 2 nothing was exported.
      """)

  @Argument(help: "What to turn the traces into.")
  var format: String

  @Argument(help: ArgumentHelp("Traces to read.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write here, not to standard output; for eml a folder, for bundle a file or a folder.",
      valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "eml: the mails as this MTA delivers them, postfix or sendmail; json, jsonl: also the envelopes.",
      valueName: "mta"))
  var delivered: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Export only packets that match.", valueName: "expression"))
  var filter: String?

  @OptionGroup var expecting: ExpectOptions

  @OptionGroup var judging: JudgingOptions

  @OptionGroup var redaction: RedactionOptions

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    guard let format = ExportFormat.named(format) else {
      let names = ExportFormat.table.map(\.name).joined(separator: ", ")
      throw Failure("unknown format '\(ListingText.inert(format))'", hint: "the formats are: \(names)")
    }
    let delivery = try deliveryRules(format)
    let expression = try filter.map(filterExpression)
    let target = output ?? "-"
    try spareTheTerminal(format, target)
    let traces = try ExportedTraces(files, isJudged: judging.judge)
    let redacted = try redaction.redacted(traces.records, isDefault: format.options.contains(.isRedacted))
    let input = chosen(by: expression, of: traces.records, shown: redacted, delivery)
    let hasChosen = !input.chosen.isEmpty
    let spared = traces.paths + (redaction.redactMap.map { [$0] } ?? [])
    let asFolder = output.flatMap { FileIdentity.isFolder($0) ? format.asFolder : nil }
    var exporter = (asFolder ?? format.exporter)(input)
    if format.options.contains(.isFilePerMail) {
      guard exporter.stepCount > 0 else { throw Failure("there is no mail with content in what was chosen") }
    }
    if asFolder != nil || format.options.contains(.isFilePerMail) {
      try writeFiles(&exporter, of: format, sparing: spared)
    } else {
      try write(&exporter, to: target, isGzipped: format.options.contains(.isGzipped), sparing: spared)
    }
    for remark in exporter.remarks { tell("note: \(remark)") }
    if !hasChosen { noteNoMatch(filter, "no packet matches the filter") }
    if !traces.finish() || expecting.isDisappointed(by: hasChosen) { throw ExitCode(1) }
  }

  private func spareTheTerminal(_ format: ExportFormat, _ target: String) throws(Failure) {
    guard target == "-", isatty(STDOUT_FILENO) == 1 else { return }
    let place = format.options.contains(.isFilePerMail) ? "a folder" : "a file"
    if format.options.contains(.isBinary) {
      throw Failure("\(format.name) is not for a terminal", hint: "name \(place) with -o")
    }
    if format.options.contains(.isRaw) {
      throw Failure(
        "\(format.name) is not for a terminal: it would obey what a mail holds",
        hint: "name \(place) with -o, or pipe it into 'cat -v'")
    }
  }

  /// What goes out: the filter is asked about the trace as recorded, whatever words are shown of it.
  private func chosen(
    by expression: Expression?, of records: any RecordSource, shown redacted: (any RecordSource)?,
    _ delivery: KnownMTA?
  ) -> ExportInput {
    let shown = redacted ?? records
    guard let expression else {
      return ExportInput(
        shown, delivery: delivery, isRedacted: redacted != nil, charsets: .ofSystem,
        machine: MadeWith.words)
    }
    let selection = PacketSelection(expression, utcOffset: Clock.localOffset)
    selection.catchUp(with: records)
    return ExportInput(
      shown, rows: selection.rows, loneFindings: selection.loneFindings, delivery: delivery,
      isRedacted: redacted != nil, charsets: .ofSystem, machine: MadeWith.words)
  }

  private func deliveryRules(_ format: ExportFormat) throws(Failure) -> KnownMTA? {
    guard let delivered else { return nil }
    guard format.options.contains(.takesDelivered) else {
      throw Failure("--delivered says nothing about \(format.name)", hint: "it is for eml, json and jsonl")
    }
    guard let rules = KnownMTA(rawValue: delivered) else {
      throw Failure(
        "unknown MTA '\(ListingText.inert(delivered))'",
        hint: "\(KnownMTA.allCases.map { "--delivered \($0.rawValue)" }.joined(separator: ", "))")
    }
    return rules
  }

  private func write(
    _ exporter: inout any Exporter, to path: String, isGzipped: Bool = false, sparing spared: [String]
  ) throws {
    let file = try ExportFile(path, isGzipped: isGzipped, sparing: spared)
    var progress = Progress(of: exporter.stepCount)
    for step in 0..<exporter.stepCount {
      file.append { exporter.step(step, into: &$0) }
      progress.done(step + 1)
    }
    progress.finish()
    file.finish()
  }

  /// Into files of the folder, which is made where there is none; a mail alone also to standard output.
  private func writeFiles(
    _ exporter: inout any Exporter, of format: ExportFormat, sparing spared: [String]
  ) throws {
    guard let folder = output, folder != "-" else {
      guard exporter.stepCount == 1 else {
        throw Failure(
          "there are \(exporter.stepCount) mails", hint: "name a folder with -o, or choose one mail with -f")
      }
      return try write(&exporter, to: "-", sparing: spared)
    }
    try makeFolder(folder)
    var file: ExportFile?
    var count = 0
    var progress = Progress(of: exporter.stepCount)
    for step in 0..<exporter.stepCount {
      if let name = exporter.fileName(step) {
        file?.finish()
        file = try ExportFile(folder + (folder.hasSuffix("/") ? "" : "/") + name, sparing: spared)
        count += 1
      }
      var bytes: [UInt8] = []
      exporter.step(step, into: &bytes)
      file?.append { $0 += bytes }
      progress.done(step + 1)
    }
    file?.finish()
    progress.finish()
    let what = format.options.contains(.isFilePerMail) ? "mail" : "file"
    tell("note: wrote \(count) \(count == 1 ? what : what + "s") to '\(folder)'")
  }
}
