import ArgumentParser
import Glibc
import LogLines
import ProxyRuntime
import TraceFormat

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a line of a mail log means: Postfix, Sendmail, libmilter.",
    discussion: """
      LINE is a line as the log has it, with its stamp or without; without any, lines are read from standard input. A line is read with those \
      before it of the same process, so give several: grep milter /var/log/mail.log | mitmilter explain
      Of lines that say the same, the first is explained, and the others are counted.
      Exit status: 0 something was explained, 1 nothing is about a milter, 2 nothing could be read.
      """)

  @Argument(help: ArgumentHelp("Lines to explain.", valueName: "line"))
  var lines: [String] = []

  @Option(
    help: ArgumentHelp("Point at the packet in this trace; can be given again.", valueName: "file"))
  var trace: [String] = []

  @Option(
    help: ArgumentHelp("Explain what is added to this log from now on, until ^C.", valueName: "file"))
  var follow: String?

  @Option(
    help: ArgumentHelp(
      "Of which version of Postfix or Sendmail the lines are, as 3.7 or 8.17: some texts changed.",
      valueName: "version"))
  var mtaVersion: String?

  @Flag(help: "A line of JSON for each line that is explained; see mitmilter help explain.")
  var json = false

  func validate() throws {
    guard follow == nil || lines.isEmpty else {
      throw ValidationError("--follow reads a file, and a line was given as well")
    }
  }

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    try Self.refuse(filesFor: lines)
    let explainer = Explainer(try mtaVersion.map(Self.version))
    let places = trace.isEmpty ? nil : try TracePlaces(trace)
    var told = ToldLines(Output(), isJSON: json, places, echoes: lines.count != 1)
    if let follow {
      try self.follow(follow, explainer, &told)
    } else if lines.isEmpty {
      try read(explainer, &told)
    } else {
      explainArguments(explainer, &told)
    }
    told.finish()
    if !told.hasExplained { throw ExitCode(1) }
  }

  private static func version(_ typed: String) throws(Failure) -> MTAVersion {
    guard let version = MTAVersion(typed: typed) else {
      throw Failure(
        "--mta-version: expected a version of Postfix or Sendmail, there is '\(ListingText.inert(typed))'",
        hint: "postconf mail_version or sendmail -d0.1 </dev/null tells it; 3.7, 3.12, 8.17")
    }
    return version
  }

  /// A log that is named, not given: no line of a log is the name of a file.
  private static func refuse(filesFor lines: [String]) throws(Failure) {
    for line in lines where !line.contains(" ") && access(line, F_OK) == 0 {
      throw Failure(
        "expected a line of a log, and '\(ListingText.inert(line))' is a file",
        hint: "mitmilter explain < FILE reads all of its lines, --follow FILE those that come")
    }
  }

  /// Words that a shell took apart are one line.
  private func explainArguments(_ fresh: Explainer, _ told: inout ToldLines) {
    var explainer = fresh
    var answers = lines.flatMap { explainer.take(Array($0.utf8)[...]) } + explainer.flush()
    if lines.count > 1, !answers.contains(where: \.isExplained) {
      var whole = fresh
      let joined = whole.take(Array(lines.joined(separator: " ").utf8)[...]) + whole.flush()
      if joined.contains(where: \.isExplained) { answers = joined }
    }
    for answer in answers { told.tell(answer, isAsked: true) }
  }

  private func read(_ fresh: Explainer, _ told: inout ToldLines) throws(FileFailure) {
    if isatty(STDIN_FILENO) == 1 { mitmilter.tell("paste lines of the log; ^D ends them") }
    let reader = try LineReader(path: "-")
    var explainer = fresh
    var answers: [Explainer.Answer] = []
    var isEmpty = true
    while try reader.advance({
      isEmpty = false
      answers += explainer.take($0)
    }) { told.take(&answers) }
    reader.finish {
      isEmpty = false
      answers += explainer.take($0)
    }
    if isEmpty {
      throw FileFailure(
        "standard input has no line to explain", hint: "grep milter /var/log/mail.log | mitmilter explain")
    }
    answers += explainer.flush()
    told.take(&answers)
  }

  private func follow(_ path: String, _ fresh: Explainer, _ told: inout ToldLines) throws(FileFailure) {
    let signals = Signals(Signals.ofRelay)
    let reader = try LineReader(path: path, fromEnd: true)
    var explainer = fresh
    var answers: [Explainer.Answer] = []
    var waiting = pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)
    while waiting.revents == 0 {
      while try reader.advance({ answers += explainer.take($0) }) { told.take(&answers) }
      answers += explainer.flush()
      told.take(&answers)
      if try reader.reopenWhereReplaced() { continue }
      poll(&waiting, 1, Self.glance)
    }
  }

  /// How often to look whether the log has grown, in milliseconds.
  private static let glance: Int32 = 250
}

extension Explainer.Answer {
  fileprivate var isExplained: Bool { if case .explained = self { true } else { false } }
}
