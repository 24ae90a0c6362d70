import ArgumentParser
import CommandLanguage
import Comparison
import Dialogue
import Glibc
import MilterProtocol
import ProxyRuntime
import Sending
import TraceFormat
import TraceModel

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say to a milter what a trace has of the MTA, and compare what it answers; or be its milter.",
    discussion: """
      TRACE is a trace or a packet capture, redacted or not; - is standard input. What its MTAs said is said again byte for byte, \
      for as long as the milter decides what the recorded one did; what it says is compared as diff does it, - the trace, + the \
      milter. With --set, --command or --rules it says something else in places, to see what the milter would have done then. \
      Nothing is delivered. With --as-milter it is the milter of the trace, and answers the commands of a living MTA as that answered \
      the recorded ones.
      Exit status: 0 no difference, 1 something differs or could not be said, 2 nothing could.
      """)

  @Argument(help: ArgumentHelp("The trace.", valueName: "trace"))
  var trace: String

  @Option(help: ArgumentHelp("Where the milter is.", valueName: "address"))
  var milter: String?

  @Option(
    help:
      "fast: as soon as the other side has said its part; recorded: not before it was said in the trace."
  )
  var speed = Speed.fast

  @Flag(help: "One connection after another, whatever was open at once in the trace.")
  var oneByOne = false

  @Option(
    help: ArgumentHelp(
      "How long to wait for an answer, to a command and to the content of the mail: 30s or 30s,300s. Default: as the MTA would.",
      valueName: "duration"))
  var timeout: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Record the replay in this trace.", valueName: "file"))
  var write: String?

  @OptionGroup var changes: ChangeOptions
  @OptionGroup var options: ComparingOptions
  @OptionGroup var asMilter: AsMilterOptions

  enum Speed: String, ExpressibleByArgument, CaseIterable { case fast, recorded }

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    try asMilter.check(besides: names)
    if let write, isSameFile(write, trace) {
      throw Failure(
        "-w: '\(write)' is the trace that is replayed",
        hint: "give the replay a name of its own: -w replay.mtrace")
    }
    if asMilter.asMilter {
      return try ReplayAsMilter(
        trace: trace, options: asMilter, isPaced: speed == .recorded, isJSON: options.json, write: write
      ).run()
    }
    guard let milter else {
      throw Failure(
        "mitmilter replay needs --milter <address>", hint: "or --as-milter, to be the recorded milter")
    }
    guard write != "-" else {
      throw Failure("-w: the replay is read back, so it needs a file", hint: "-w replay.mtrace")
    }
    let expressions = try options.basis.expressions()
    let asked = try changes.read()
    let timeouts = try SteeringOptions.patience(nil, timeout, of: "--timeout").told.timeouts
    let target = try MilterTarget(try milterAddress(milter))
    let reader = try options.basis.read(trace)
    var recorded = options.basis.compared(reader, expressions)
    let supply = RecordedConnections(
      recorded.index, reader, timeouts: timeouts, asked?.orders(in: recorded.index, reader), tell: tell)
    var isWhole = supply.tellGaps()
    guard supply.count > 0 else {
      throw Failure(
        "\(UnreadableLines.name(trace)): no connection of it begins with OPTNEG, so none can be replayed",
        hint: "record it from the MTA's first packet on")
    }
    guard asked == nil || supply.isChanged else {
      throw Failure(
        "\(UnreadableLines.name(trace)) has no packet of an MTA that is to be changed so",
        hint: "mitmilter show lists its packets, and -v their fields")
    }
    let (replayed, failures) = try play(supply, target)
    guard failures.unreachable < supply.count else { throw ExitCode(2) }
    isWhole = supply.changes.finish() && isWhole
    var second = options.basis.compared(replayed, expressions)
    recorded.ours = supply.changes.unsaid
    if let words = ComparisonBasis.adjust(&recorded, &second) { tell("note: \(words)") }
    second.descends(by: supply.changes.origins, changed: supply.changes.changed)
    if let words = recorded.stagesNote(second) { tell("note: \(words)") }
    let tally = options.report(recorded, second, named: (trace, write ?? "replay to \(target.address)"))
    isWhole = tellLosses(of: reader) && isWhole
    if !tally.isAlike || !isWhole || failures.count > 0 { throw ExitCode(1) }
  }

  private func isSameFile(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
      && first.st_ino == second.st_ino
  }

  /// Options that were given, and are about playing the MTA.
  private var names: [String] {
    [
      ("--milter", milter != nil), ("--one-by-one", oneByOne), ("--timeout", timeout != nil),
      ("--set", !changes.set.isEmpty), ("--command", !changes.command.isEmpty),
      ("--rules", !changes.rules.isEmpty), ("--ignore", !options.basis.ignore.isEmpty),
      ("--recorded", options.basis.recorded),
    ].filter(\.1).map(\.0)
  }

  /// Plays all connections. Returns what was recorded of that.
  private func play(
    _ supply: RecordedConnections, _ target: MilterTarget
  ) throws -> (TraceFileReader, ReplayFailures) {
    let clock = Clock()
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      milter: target.address.description)
    let writer =
      if let write { try TraceFileWriter(path: write, head: head) } else {
        try TraceFileWriter(temporaryWith: head)
      }
    if let kept = writer.kept { tell("note: '\(write ?? "")' was there already; it is kept as '\(kept)'") }
    // Before the journal has the file: a temporary one has no name. What is found, the player finds.
    let replayed = try TraceFileReader(path: "/proc/self/fd/\(writer.descriptor)")
    var failures = ReplayFailures()
    supply.play(
      at: target, most: oneByOne ? 1 : supply.mostAtOnce, isPaced: speed == .recorded, clock: clock,
      Journal(file: writer, window: nil) { tell("warning: \($0)") }
    ) { records in
      for record in records { failures.report(record) }
    }
    failures.finish()
    while try replayed.advance() == .grew {}
    return (replayed, failures)
  }
}

extension ComparedTrace {
  /// A stage that the recorded milter did not want was never said by the MTA, and cannot be said again.
  func stagesNote(_ replayed: ComparedTrace) -> String? {
    let (before, now) = (stagesDeclined, replayed.stagesDeclined)
    let stages = Stage.allCases.filter { before.contains($0) && !now.contains($0) }
    guard !stages.isEmpty, replayed.hasNegotiated else { return nil }
    let names = stages.map(\.name).joined(separator: ", ")
    return
      "the recorded milter had \(names) switched off, and this one wants \(stages.count > 1 ? "them" : "it"): the trace does not have it, so it is not said"
  }
}
