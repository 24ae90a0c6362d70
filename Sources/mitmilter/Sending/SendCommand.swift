import ArgumentParser
import CommandLanguage
import Conformance
import Glibc
import MilterProtocol
import ProxyRuntime
import Sending
import TraceFormat
import TraceModel

struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Be the MTA: send mails to a milter, and show its verdicts and changes.",
    discussion: """
      MAIL is a file with a mail, headers and body, an mbox, a Maildir or another folder; - is a mail on standard input. \
      Nothing is delivered.
      Says verdict, changes, times and findings of a mail; of several, a line each.
      Exit status: 0 each mail has a verdict, 1 some have none, are not as --expect says or are different, 2 it could not \
      be done.
      """)

  @Argument(help: ArgumentHelp("Mails to send.", valueName: "mail"))
  var mails: [String] = []

  @Option(help: ArgumentHelp("Where the milter is.", valueName: "address"))
  var milter: String

  @Option(
    help: ArgumentHelp(
      "Say what is in this file in place of mails, an act of the client a line; - is standard input.",
      valueName: "file"))
  var scenario: String?

  @OptionGroup var client: ClientOptions

  @OptionGroup var envelope: EnvelopeOptions

  @OptionGroup var sending: SendingOptions

  @OptionGroup var printing: SentPrinting

  @OptionGroup var checklist: ConformanceOptions

  @OptionGroup var provoking: ProvokingOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Record everything in this trace; - is standard output.", valueName: "file"))
  var write: String?

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    try printing.check(write)
    try checkScenario()
    let others = printing.namesOfMails + sending.names + client.namesOfMails
    try checklist.check(besides: others + (provoking.provoke == nil ? [] : ["--provoke"]))
    let session = try client.session()
    if let provocation = try provoking.provocation(isMTA: true, other: "milter --listen ADDRESS") {
      return try provoke(provocation, session, besides: others)
    }
    if checklist.conformance { return try checkConformance(session) }
    guard !mails.isEmpty || scenario != nil else {
      throw Failure(
        "mitmilter send needs a mail or --scenario", hint: "mitmilter send --help lists the options")
    }
    let targets = try [milter, printing.against].compactMap { $0 }.map {
      try MilterTarget(try milterAddress($0))
    }
    let clock = Clock()
    let scenes = try scenario.map {
      try ScenarioConnections($0, session, envelope, Arrival(seconds: clock.startedAt / 1_000_000))
    }
    let supply = try MailSupply(
      mails, session, envelope, sending, scenes, milters: targets.count, startedAt: clock.startedAt)
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      milter: targets[0].address.description)
    let printer = try SentPrinter(
      printing, head, rules: session.mta.mta ?? .postfix, supply, trace: write)
    var player = MTAPlayer<SendingMTA>(
      most: sending.connections, clock: clock, journal: try Journal(write, head))
    let patience = try client.patience()
    player.run { now in
      switch supply.next(at: now) {
      case .batch(let script, let milter): .call(.init(script, to: targets[milter], patience: patience))
      case .later(let moment): .later(moment)
      case .done: .done
      }
    } took: { records in
      printer.take(records)
    }
    try printer.finish()
  }

  /// What a scenario says by itself.
  private func checkScenario() throws {
    guard scenario != nil else { return }
    let others =
      envelope.namesOfMails + (sending.perConnection == 1 ? [] : ["--per-connection"])
      + (checklist.conformance ? ["--conformance"] : []) + (provoking.provoke == nil ? [] : ["--provoke"])
    if let other = mails.first.map({ "'\($0)'" }) ?? others.first {
      throw Failure("--scenario and \(other) do not go together", hint: "the scenario says what is sent")
    }
  }

  private func provoke(_ provocation: Provocation, _ session: SendingSession, besides others: [String]) throws
  {
    if let other = others.first {
      throw Failure("--provoke and \(other) do not go together", hint: "run it twice")
    }
    // What one MTA always does is no finding where it is that one.
    var session = session
    var patience = try client.patience()
    if client.kind == nil { (session.mta, patience.mta) = (.generic, .generic) }
    let target = try MilterTarget(try milterAddress(milter))
    let clock = Clock()
    let mail = TrialMail(session, try trialMail(of: session, at: clock, for: "--provoke"))
    let script = TrialMTA(provocation.mta?(mail) ?? [], mail, .init(), title: "provokes \(provocation.id)")
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      milter: target.address.description)
    var player = MTAPlayer<TrialMTA>(most: 1, clock: clock, journal: try Journal(write, head))
    var hasBegun = false
    var records: [Record] = []
    player.run { _ in
      defer { hasBegun = true }
      return hasBegun ? .done : .call(.init(script, to: target, patience: patience))
    } took: {
      records += $0
    }
    let lines = provocation.lines(in: records)
    let output = Output()
    output.write(lines.isEmpty ? "\(provocation.id) did not come of it\n" : lines.joined())
    output.flush()
    if lines.isEmpty { throw ExitCode(1) }
  }

  /// The mail that was named, or one of nobody's.
  private func trialMail(of session: SendingSession, at clock: Clock, for option: String) throws -> SentMail {
    guard mails.count < 2 else {
      throw Failure(
        "\(option) takes one mail, there are \(mails.count)",
        hint: "leave them out for a built-in one")
    }
    let bytes = try mails.first.map { try wholeFile($0, limit: 64 << 20) } ?? TrialMail.builtIn
    var mail = envelope.sent(TakenMail(bytes, as: session.mta), number: 1, by: session.mta)
    mail.complete(by: session, at: Arrival(seconds: clock.startedAt / 1_000_000))
    return mail
  }

  private func checkConformance(_ session: SendingSession) throws {
    guard write != "-" else {
      throw Failure(
        "-w: the checklist is on standard output, so the trace needs a file", hint: "-w faults.mtrace")
    }
    let ids = try checklist.ids(of: MilterTrial.table.map(\.id))
    let target = try MilterTarget(try milterAddress(milter))
    let clock = Clock()
    let mail = try trialMail(of: session, at: clock, for: "--conformance")
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      milter: target.address.description)
    let printer = ChecklistPrinter(
      of: "\(target.address)", isJSON: printing.json, hasColours: Output.takesColours)
    var run = MilterConformance(
      of: target, MilterChecklist(session, mail, only: ids), patience: try client.patience(), printer)
    try run.run(clock, journal: try Journal(write, head))
  }
}
