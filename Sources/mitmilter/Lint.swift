import ArgumentParser
import CommandLanguage
import Delivery
import Glibc
import MilterProtocol
import ProxyRuntime
import Signatures
import Timeline
import TraceFormat
import TraceModel

struct Lint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is wrong in traces and captures, and end with 1 where it matters.",
    discussion: """
      FILE is a trace or a packet capture; - is standard input. What is wrong is found anew, by the rules of this version \
      (mitmilter help findings), and told by its cause: how often, where first, what comes of it, what to do.
      Exit status: 0 nothing as grave as --fail-on, 1 something is, or some of it could not be read, 2 nothing could.
      """)

  @Argument(help: ArgumentHelp("Traces or captures to look through.", valueName: "file"))
  var files: [String]

  @Option(
    help: ArgumentHelp("End with 1 from this weight on: note, warning or error.", valueName: "severity"))
  var failOn = Weight.warning

  @Option(help: ArgumentHelp("Leave out a finding, as R02; can be given again.", valueName: "id"))
  var ignore: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Only what is found at packets that this takes.", valueName: "expression"))
  var filter: String?

  @OptionGroup var keys: KeyOptions

  @OptionGroup var expecting: ExpectOptions

  @Flag(help: "A line of JSON for each finding; see mitmilter help lint.")
  var json = false

  @Flag(help: "Annotations for a run of GitHub Actions.")
  var github = false

  @Flag(help: "What was found while it was recorded, not anew; for traces that are redacted or cut.")
  var recorded = false

  enum Weight: String, ExpressibleByArgument, CaseIterable {
    case note, warning, error

    var severity: Finding.Severity {
      switch self {
      case .note: .note
      case .warning: .warning
      case .error: .error
      }
    }
  }

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    guard !json || !github else {
      throw Failure("--json and --github do not go together", hint: "run it twice")
    }
    let expression = try filter.map(filterExpression)
    let ignored = try Set(ignore.map(Self.rule))
    let output = Output()
    let keys = try self.keys.keys()
    var report = Report()
    for path in files {
      do throws(FileFailure) {
        try look(into: path, expression, ignored, keys, output, &report)
      } catch {
        mitmilter.report(error)
        report.isComplete = false
      }
    }
    finish(report, output)
    if report.readable == 0 { throw ExitCode(2) }
    if expecting.isDisappointed(by: report.hasMatch) {
      noteNoMatch(filter, "nothing matches the filter")
    }
    if report.isFailure(failOn.severity, expecting) { throw ExitCode(1) }
  }

  /// What all files come to.
  private struct Report {
    var groups = FindingTally()
    /// By file, for annotations.
    var byFile: [(file: String, groups: FindingTally)] = []
    /// What became of each, where keys are given.
    var signatures: [String] = []
    var packets = 0
    var connections = 0
    var readable = 0
    var isComplete = true
    /// Whether the filter takes any packet or finding.
    var hasMatch = false

    func isFailure(_ severity: Finding.Severity, _ expecting: ExpectOptions) -> Bool {
      !isComplete || groups.reach(severity) || expecting.isDisappointed(by: hasMatch)
    }
  }

  private static func rule(_ id: String) throws(Failure) -> FindingRule {
    guard let rule = FindingRule.withID(id.uppercased()) else {
      throw Failure(
        "--ignore: there is no finding '\(ListingText.inert(id))'", hint: "mitmilter help findings lists them"
      )
    }
    return rule
  }

  private func look(
    into path: String, _ expression: Expression?, _ ignored: Set<FindingRule>, _ keys: GivenKeys?,
    _ output: Output, _ report: inout Report
  ) throws(FileFailure) {
    let reader = try TraceFileReader(path: path, isJudged: !recorded)
    while try reader.advance() == .grew {}
    var index = TimelineIndex()
    index.catchUp(with: reader)
    let selection = expression.map { PacketSelection($0, utcOffset: Clock.localOffset) }
    selection?.catchUp(with: reader)
    let named = files.count > 1 ? path : nil
    let lines = LintJSON(startedAt: reader.head?.startedAt ?? 0, file: named)
    var own = FindingTally()
    for entry in index.findings {
      guard let record = reader.record(at: entry.record), case .found(let finding) = record.event,
        selection?.takes(.remark(record)) ?? true
      else { continue }
      report.hasMatch = true
      if Self.leavesOut(finding, ignored) { continue }
      let place = FindingTally.Place(
        file: named, packet: finding.packet, connection: record.connection,
        message: entry.row.map { index[$0].message })
      let mta = entry.connection.flatMap { index.connections[$0].mta }
      var one = finding
      one.mta = mta
      func tell(_ finding: Finding) -> Finding {
        index.told(finding, ofConnection: record.connection, from: reader)
      }
      own.take(one, at: place)
      report.groups.take(one, at: place, telling: tell)
      guard json else { continue }
      output.append { lines.append(tell(one), at: place, record.time, mta: mta, to: &$0) }
    }
    if let keys { try verify(index, reader, keys, selection, lines, output, &report) }
    report.hasMatch = report.hasMatch || !(selection?.rows.isEmpty ?? (index.count == 0))
    report.byFile.append((path, own))
    report.packets += index.count
    report.connections += index.connections.count
    report.readable += 1
    report.isComplete = tellLosses(reader, path, index.unreadableCount > 0) && report.isComplete
  }

  /// Tells what became of the signatures of each mail, as the keys have it.
  private func verify(
    _ index: TimelineIndex, _ reader: TraceFileReader, _ keys: GivenKeys, _ selection: PacketSelection?,
    _ lines: LintJSON, _ output: Output, _ report: inout Report
  ) throws(FileFailure) {
    let taken = selection.map { Set($0.rows.map(Int.init)) }
    for place in index.messages.indices {
      let message = index.messages[place]
      if let taken, !index.rows(ofMessage: place).contains(where: taken.contains) { continue }
      let content = index.content(ofMessage: place, from: reader)
      let mta = index.connections[message.connection].mta ?? .postfix
      for item in SignatureChecks(of: content, under: mta).items {
        let story = try keys.story(item, mta: mta.name)
        let connection = index.connections[message.connection].number
        if json {
          output.append { lines.append(story, connection: connection, message: message.number, to: &$0) }
        } else {
          let file = files.count > 1 ? " of '\(reader.path)'" : ""
          report.signatures.append("c\(connection).\(message.number)\(file): \(story.sentence.text)")
        }
      }
    }
  }

  /// What follows from something that is left out is left out with it.
  private static func leavesOut(_ finding: Finding, _ ignored: Set<FindingRule>) -> Bool {
    ignored.contains(finding.rule) || (finding.cause.map { ignored.contains($0.rule) } ?? false)
  }

  /// Whether every line could be read.
  private func tellLosses(_ reader: TraceFileReader, _ path: String, _ hasUnreadable: Bool) -> Bool {
    var unreadable = UnreadableLines(path: path)
    for place in 0..<(hasUnreadable ? reader.count : 0) {
      do throws(UnreadableLine) { _ = try reader.read(place) } catch { unreadable.report(error) }
    }
    return unreadable.finish(reader.loss)
  }

  private func finish(_ report: Report, _ output: Output) {
    defer { output.flush() }
    if json { return }
    if github {
      for (file, groups) in report.byFile {
        for group in groups.groups { output.write(LintText.annotation(group, in: file)) }
      }
    } else {
      for group in report.groups.groups { output.write(LintText.text(group) + "\n") }
    }
    if !report.signatures.isEmpty {
      output.write("signatures, by the keys given:\n")
      for line in report.signatures { output.write("  \(ListingText.inert(line))\n") }
      output.write("\n")
    }
    guard report.readable > 0 else { return }
    output.write(
      "\(report.groups.summary) found in \(Self.count(report.packets, "packet")) of \(Self.count(report.connections, "connection"))\n"
    )
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}

/// What every command that takes a filter can be told to insist on.
struct ExpectOptions: ParsableArguments {
  @Flag(help: "End with 1 where the filter takes nothing.")
  var expect = false

  func isDisappointed(by hasMatch: Bool) -> Bool { expect && !hasMatch }
}
