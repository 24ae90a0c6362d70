import ArgumentParser
import CommandLanguage
import Conformance
import Glibc
import MTAConfiguration
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TerminalDriver
import TraceModel

struct MilterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "milter", abstract: "Be the milter: you and your rules decide about each mail.",
    discussion: """
      With a screen, each mail is held at the end of message for the operator. Without one, rules decide, or else \
      --default.
      """)

  @Option(
    help: ArgumentHelp(
      "Where the MTA connects: inet:8891@127.0.0.1, unix:/run/mitmilter/milter.sock; systemd for the socket of a .socket unit.",
      valueName: "address"))
  var listen: String

  @OptionGroup var recording: RecordingOptions

  @OptionGroup var writing: WriteOptions

  @OptionGroup var screen: ScreenOptions

  @Option(
    help: ArgumentHelp("Verdict when neither a rule nor the operator decides.", valueName: "verdict"))
  var `default` = "accept"

  @Option(
    help: ArgumentHelp(
      "Which packets to hold for the operator. Default: bodyeob with a screen or --control, else none.",
      valueName: "expression"))
  var hold: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "File of rules, one per line; read again on SIGHUP where there is no screen.", valueName: "file"))
  var rules: [String] = []

  @Option(
    help: ArgumentHelp(
      "postfix, sendmail, stalwart, maddy or generic (version 2). Default: told from its offer and macros.",
      valueName: "kind"))
  var mta: MTAChoice?

  @Option(
    help: ArgumentHelp(
      "The MTA's timeouts, for a reply to a command and to the content of the mail: 30s or 30s,300s.",
      valueName: "duration"))
  var mtaTimeout: String?

  @Option(
    help: ArgumentHelp(
      "What to do with a held packet before the MTA's timeout: forward (the verdict of --default), or a verdict.",
      valueName: "act"))
  var onTimeout: String?

  @OptionGroup var standIn: MilterRoleOptions

  @OptionGroup var limits: LimitOptions

  @OptionGroup var socket: SocketOptions

  @OptionGroup var service: ServiceOptions

  @OptionGroup var control: ControlOptions

  @OptionGroup var checklist: ConformanceOptions

  @OptionGroup var submission: SubmissionOptions

  @OptionGroup var provoking: ProvokingOptions

  func run() throws {
    try checklist.check(besides: (provoking.provoke == nil ? [] : ["--provoke"]) + namesOfJudging)
    try submission.check(isWanted: checklist.conformance)
    if checklist.conformance { return try checkConformance() }
    if let name = namesOfJudging.first, provoking.provoke != nil {
      throw Failure("--provoke and \(name) do not go together", hint: "such a milter decides nothing")
    }
    if let provocation = try provoking.provocation(isMTA: false, other: "send --milter ADDRESS") {
      return try provoke(provocation)
    }
    try screen.check()
    let isShown = wantsScreen(recording)
    var options = Wiring.Options(
      [GatePlan(listen: try listeningAddress(listen), milter: nil)], recording)
    options.socket = try socket.access()
    options.service = try service.plan()
    options.writing = try writing.plan(for: recording, isShown: isShown)
    options.ceilings = try limits.ceilings()
    options.control = try control.plan()
    options.steering = try plan(isShown: isShown, isWatched: isShown || options.control != nil)
    if let plan = options.control {
      options.steering = options.steering.attachable(holdsUnattended: plan.holdsUnattended)
    }
    if isShown {
      Terminal.keepApart()
      return try LiveScreen(options).run(screen.withoutRules, origin: nil) {}
    }
    options.greeting = { $0.map { "listening on \($0.address) as a milter" } }
    var relay = try Relay(options)
    relay.run()
  }

  /// The options that were given and say how mails are judged.
  private var namesOfJudging: [String] {
    [
      ("-c", !screen.command.isEmpty), ("--rules", !rules.isEmpty), ("--hold", hold != nil),
      ("--default", self.default != "accept"), ("--on-timeout", onTimeout != nil),
      ("--control", control.control != nil),
    ].filter(\.1).map(\.0)
  }

  /// - Parameter isWatched: an operator is there, or may come.
  private func plan(isShown: Bool, isWatched: Bool) throws -> SteeringPlan {
    var commands = isShown ? screen.rules : screen.command
    if let hold = hold ?? (isWatched ? "bodyeob" : nil) {
      commands.insert(try SteeringOptions.rule(holding: hold), at: 0)
    }
    let sources = RuleSources(files: rules, commands: commands)
    var controls = ProxySettings()
    controls.rules = RuleBook(try sources.read(waiting: tell) { tell("warning: \($0)") })
    controls.patience = try SteeringOptions.patience(mta, mtaTimeout)
    controls.onTimeout = try SteeringOptions.timeoutAct(onTimeout)
    guard let verdict = try SteeringOptions.answer(self.default, or: "", of: "--default") else {
      throw Failure("--default: expected a verdict", hint: "accept, reject, tempfail, discard")
    }
    let role = try standIn.role(verdict)
    for objection in role.objections(to: controls.rules) { tell("warning: \(objection)") }
    controls.role = role
    return SteeringPlan(controls: controls, sources: sources, choosesNegotiation: true)
  }

  /// A milter that misbehaves in one way, on every connection until it is ended.
  private func provoke(_ provocation: Provocation) throws {
    guard let trial = provocation.milter else { return }
    let stage = try stage()
    tell("listening on \(stage.address) as a milter that provokes \(provocation.id)")
    try play(provocation, trial, on: stage)
  }

  private func play(_ provocation: Provocation, _ trial: MTATrial, on stage: consuming MilterStage) throws {
    let output = Output()
    while true {
      let (_, records) = stage.play(TrialMilter(trial), title: "provokes \(provocation.id)")
      for line in provocation.lines(in: records) { output.write(line) }
      output.flush()
    }
  }

  /// Where the MTA connects.
  private func stage() throws -> MilterStage {
    signal(SIGPIPE, SIG_IGN)
    guard let address = try listeningAddress(listen) else {
      throw Failure(
        "a milter that is played listens by itself", hint: "give --listen an address, not systemd")
    }
    guard recording.write != "-" else {
      throw Failure(
        "-w: what comes of it is on standard output, so the trace needs a file", hint: "-w faults.mtrace")
    }
    let clock = Clock()
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      listen: address.description)
    let user = try service.plan().user
    let stage = try MilterStage(
      on: address, access: try socket.access().given(to: user), clock: clock,
      journal: try Journal(recording.write, head))
    try user?.take()
    return stage
  }

  private func checkConformance() throws {
    let ids = try checklist.ids(of: MTATrial.table.map(\.id))
    let stage = try stage()
    tell("listening on \(stage.address) as a milter")
    if submission.smtp == nil {
      let count = ids?.count ?? MTATrial.table.count
      tell(
        "send the MTA a mail for each of the \(count) fault\(count == 1 ? "" : "s"), or let --smtp ADDRESS --to RECIPIENT do it"
      )
    }
    let printer = ChecklistPrinter(
      of: submission.smtp ?? "the MTA", isJSON: recording.json, hasColours: Output.takesColours)
    var run = MTAConformance(
      submission: submission, printer: printer,
      checklist: MTAChecklist(only: ids, knowsClient: submission.smtp != nil))
    try run.run(on: stage)
  }
}
