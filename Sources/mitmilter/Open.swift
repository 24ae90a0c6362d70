import ArgumentParser
import CommandLanguage
import ConsoleUI
import Glibc
import ProxyRuntime
import TerminalDriver
import TraceFormat

struct Open: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at recorded traces on the screen.",
    discussion: """
      FILE is a trace or a packet capture (pcap, pcapng), also compressed with gzip; of a folder, a list to pick from. \
      Several files are read as one, in the order of time, and one that is still being written is followed. - is a trace \
      that arrives on standard input: ssh mx1 mitmilter proxy … -w - 2>proxy.log | mitmilter open -
      --diff shows two of them mail by mail, with what they do not say alike (mitmilter help diff).
      """)

  @Argument(
    help: ArgumentHelp("Traces or captures, also .gz, or a folder; - is standard input.", valueName: "file"))
  var files: [String]

  @Flag(help: "Compare two traces: a list of their mails, and both columns of the one that is opened.")
  var diff = false

  @Option(help: ArgumentHelp("Where r and R replay mails; else it is asked for.", valueName: "address"))
  var milter: String?

  @OptionGroup var basis: ComparisonBasis
  @OptionGroup var judging: JudgingOptions
  @OptionGroup var screen: ScreenOptions

  func run() throws {
    try screen.check()
    if let milter { _ = try milterAddress(milter) }
    guard files.filter({ $0 == "-" }).count <= 1 else {
      throw Failure("standard input can be read once only", hint: "- is there more than once")
    }
    if diff { return try compare() }
    guard basis.ignore.isEmpty, !basis.recorded else {
      throw Failure(
        "--ignore and --recorded are for two traces that are compared", hint: "open --diff FIRST SECOND")
    }
    let folder =
      files.count == 1 && TraceFolder.bundledTrace(in: files[0]) == nil ? TraceFolder(files[0]) : nil
    if let folder, isatty(STDOUT_FILENO) != 1 { throw folder.failure }
    try needTerminal(else: "mitmilter show prints a trace without one")
    guard !files.contains("-") || isatty(STDIN_FILENO) == 0 else {
      throw Failure(
        "standard input is the terminal, and no trace arrives there",
        hint: "name a file, or pipe a trace into it: ssh mx1 mitmilter proxy … -w - | mitmilter open -")
    }
    let signals = Signals(Signals.ofScreen)
    guard let folder else {
      _ = try show(files, signals)
      return
    }
    guard !folder.entries.isEmpty else { throw folder.failure }
    try pick(from: folder, signals)
  }

  /// Shows what two traces do not say alike, over the first of them.
  private func compare() throws {
    guard files.count == 2, !files.contains("-") else {
      throw Failure("--diff compares two files", hint: "mitmilter open --diff before.mtrace after.mtrace")
    }
    try needTerminal(else: "mitmilter diff prints what differs")
    let signals = Signals(Signals.ofScreen)
    let feed = try FileFeed([files[0]], isJudged: judging.judge)
    var model = model(of: [files[0]], feed)
    model.show(try basis.pane(files[0], files[1]))
    _ = try screen.run(model, feed, signals)
  }

  private func needTerminal(else hint: String) throws(Failure) {
    guard isatty(STDOUT_FILENO) == 1 else {
      throw Failure("open needs a terminal on standard output", hint: hint)
    }
  }

  /// Shows what is picked, and the list again when it is left.
  private func pick(from folder: TraceFolder, _ signals: borrowing Signals) throws {
    let terminal = try screen.terminal()
    defer { terminal.stop() }
    var list = FolderScreen(folder, on: terminal)
    while true {
      let picked = list.pick(signals)
      guard !picked.isEmpty else { return }
      let feed: FileFeed
      do throws(FileFailure) {
        feed = try FileFeed(picked, isJudged: judging.judge)
      } catch {
        list.tell(error.message)
        continue
      }
      guard try show(picked, feed, signals, on: terminal) == .list else { return }
    }
  }

  private func show(_ files: [String], _ signals: borrowing Signals) throws -> ScreenLoop.End {
    try show(files, try FileFeed(files, isJudged: judging.judge), signals)
  }

  /// - Parameter terminal: one that is taken over already, by a list of files.
  private func show(
    _ files: [String], _ feed: FileFeed, _ signals: borrowing Signals, on terminal: Terminal? = nil
  ) throws -> ScreenLoop.End {
    var model = model(of: files, feed)
    model.leaving.hasList = terminal != nil
    return try screen.run(model, feed, signals, on: terminal)
  }

  private func model(of files: [String], _ feed: FileFeed) -> ConsoleModel {
    var model = ConsoleModel(
      source: feed.records, origin: .files(files.map { $0 == "-" ? "standard input" : $0 }),
      isLive: files.contains("-"), utcOffset: Clock.localOffset, charsets: .ofSystem)
    model.replaysAt = milter
    return model
  }
}

/// What every command with a screen takes.
struct ScreenOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Show only packets that match.", valueName: "expression"))
  var filter: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A rule (on EXPRESSION do INSTRUCTION) for a proxy, or what to type at the prompt first; can be given again.",
      valueName: "statement"))
  var command: [String] = []

  @Flag(help: "No colours; NO_COLOR in the environment does the same.")
  var noColor = false

  /// The lines that are rules, for whoever relays.
  var rules: [String] { command.filter(Self.isRule) }

  /// Without the lines that are rules.
  var withoutRules: ScreenOptions {
    var others = self
    others.command.removeAll(where: Self.isRule)
    return others
  }

  private static func isRule(_ line: String) -> Bool {
    line.drop { $0 == " " }.prefix { $0 != " " }.lowercased() == "on"
  }

  /// Says what is wrong with the lines and the expression before anything is started.
  func check() throws(Failure) {
    for line in command {
      do throws(Typed.Fault) { _ = try Typed.statements(line) } catch {
        throw Failure(
          SyntaxError(error.message, in: Array(line.utf8), at: error.range), in: "--command",
          hint: Self.isRule(line)
            ? RuleSources.hint
            : "it takes a rule, or what can be typed at the prompt: mitmilter help instructions")
      }
    }
    if let filter { _ = try filterExpression(filter) }
  }

  /// Takes the terminal over.
  func terminal() throws(Failure) -> Terminal {
    var options = Terminal.Options()
    options.color = !noColor
    do { return try Terminal(options) } catch { throw Failure(error.message, hint: error.hint) }
  }

  /// Shows the screen until the operator leaves it or it is lost.
  ///
  /// - Parameter terminal: one that is taken over already.
  func run(
    _ model: ConsoleModel, _ feed: any ScreenFeed, _ signals: borrowing Signals, on terminal: Terminal? = nil
  ) throws -> ScreenLoop.End {
    var model = model
    model.exports = ExportFormat.table.map {
      ExportChoice(name: $0.name, fileExtension: $0.fileExtension, summary: $0.summary)
    }
    let faults = ConfigFile.read(into: &model)
    for fault in faults.dropLast() { report(fault) }
    if let last = faults.last { throw last }
    HistoryFile.read(into: &model.history)
    model.leaving.suspension =
      switch Terminal.suspension {
      case .whole: .stopsMail
      case .screenAlone: .screenAlone
      case .impossible: .impossible
      }
    if let filter { _ = model.run("filter " + filter) }
    var effects = model.takeConfiguredRules()
    for line in command { effects += model.run(line) }
    if let terminal { return ScreenLoop(terminal, feed, model, effects).run(signals) }
    let own = try self.terminal()
    defer { own.stop() }
    SignalWatch(signals.descriptor, terminal: own.descriptor).start()
    return ScreenLoop(own, feed, model, effects).run(signals)
  }
}
