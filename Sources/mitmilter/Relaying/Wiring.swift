import ArgumentParser
import Glibc
import MTAConfiguration
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TraceModel

/// What every run that relays is made of, with a screen or without one, up to its engine.
struct Wiring: ~Copyable {
  struct Options {
    /// One, or several with names.
    var gates: [GatePlan]
    var socket = SocketAccess()
    var service = ServicePlan()
    var writing = WritePlan()
    var recording: RecordingOptions
    var grace = Engine.Configuration().grace
    var steering = SteeringPlan()
    var ceilings = Ceilings()
    /// Milters beside the one; nil for none.
    var shadows: Shadows.Plan?
    /// Where screens and scripts of other processes may come in; nil for nowhere.
    var control: ControlPlan?
    /// What to say once it listens, with the lines for the MTA; nil says nothing.
    var greeting: (([(address: MilterAddress, plan: GatePlan)]) -> [String])?

    init(_ gates: [GatePlan], _ recording: RecordingOptions) {
      self.gates = gates
      self.recording = recording
    }
  }

  let clock = Clock()
  /// Asks something of the engine, from any thread.
  let requests = Mailbox<Engine.Request>()
  /// Where it listens: the port that was taken for port 0.
  let listening: [(address: MilterAddress, plan: GatePlan)]
  let guidance: Guidance
  let head: TraceHead
  /// There for as long as somebody keeps it.
  let pidFile: PidFile?
  private let options: Options
  private let gates: [Gate]
  private let pipes: AwaitedPipes

  /// Waits for whoever reads what is written into pipes, looks for the milter, and listens.
  ///
  /// - Parameter signals: of which one ends the waiting.
  init(_ options: Options, obeying signals: borrowing Signals) throws {
    let written = [options.recording.write, options.recording.log].compactMap { $0 }
    // Told to end before it began.
    guard let pipes = AwaitedPipes(written, until: signals, tell: tell) else { throw ExitCode.success }
    let targets = try options.gates.map { try $0.milter.map { try MilterTarget($0) } }
    let access = options.socket.given(to: options.service.user)
    let pidFile = try options.service.pidFile.map { try PidFile($0) }
    var (gates, places): ([Gate], [Guidance.Place]) = ([], [])
    for (plan, target) in zip(options.gates, targets) {
      let listener =
        if let address = plan.listen {
          try Listener(on: address, access: access)
        } else {
          try Listener(handedOver: ServicePlan.takeHandedOver())
        }
      places.append(
        Guidance.Place(name: plan.name, address: listener.address, isLocal: listener.isLocal))
      gates.append(Gate(listener, milter: target, name: plan.name))
    }
    try options.service.user?.take()
    self.options = options
    self.gates = gates
    self.pipes = pipes
    self.pidFile = pidFile
    listening = zip(places, options.gates).map { (address: $0.address, plan: $1) }
    guidance = Guidance(listeningOn: places, access, control: options.control?.access.path)
    let taps = gates.compactMap(\.tap)
    head = TraceHead(
      format: options.shadows == nil ? TraceHead.plain : TraceHead.withShadows, program: Mitmilter.version,
      startedAt: clock.startedAt, command: CommandLine.arguments,
      listen: taps.isEmpty ? places.first?.address.description : nil,
      milter: taps.isEmpty ? options.gates.first?.milter?.description : nil, taps: taps,
      negotiation: options.steering.controls.negotiation.rawValue,
      isOneOfSeveral: options.writing.ring != nil)
  }

  /// The trace that was asked for; nil for none.
  func trace() throws -> TraceFileWriter? {
    guard let path = options.recording.write else { return nil }
    let trace = try TraceFileWriter(path: path, head: head)
    if let kept = trace.kept { tell("note: '\(path)' was there already; it is kept as '\(kept)'") }
    return trace
  }

  /// A trace that can be read meanwhile: the one that was asked for, else one without a name.
  func readableTrace() throws -> TraceFileWriter {
    guard let named = try trace() else { return try TraceFileWriter(temporaryWith: head) }
    return named
  }

  /// Lets other processes in, who read that descriptor's trace; nil where nobody asked for that.
  func control(hasScreen: Bool) -> ((_ trace: Int32) throws -> ControlServer)? {
    guard let plan = options.control else { return nil }
    let isSieved = options.writing.filter != nil
    let (name, startedAt, requests) = (options.recording.write, clock.startedAt, requests)
    return { trace in
      guard !isSieved else {
        throw Failure(
          "--control and --write-filter do not go together: screens that attach read the trace, and mails are missing there",
          hint: "leave one of them out")
      }
      var status = stat()
      guard fstat(trace, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw Failure(
          "--control needs a trace that is a file: screens that attach read it",
          hint: "give --write the name of a file, or leave it out")
      }
      return try ControlServer(
        at: plan.access, program: Mitmilter.version, trace: name.map { .named($0) } ?? .unnamed(trace),
        keepsOnDetach: plan.keeps, hasScreen: hasScreen, startedAt: startedAt, requests: requests)
    }
  }

  /// What divides the trace into several; nil for one.
  var ring: TraceRing? { options.writing.ring.map { TraceRing($0) } }

  /// What keeps mails from the trace that nobody asked for; nil where all are wanted.
  ///
  /// - Parameter report: takes a message for the operator, one line.
  func sieve(_ report: @escaping (String) -> Void) -> TraceSieve? {
    options.writing.filter.map { TraceSieve($0, head: head, utcOffset: Clock.localOffset, report: report) }
  }

  /// The log of decisions that was asked for; nil for none.
  func log() throws -> DecisionLog? {
    guard let path = options.recording.log else { return nil }
    return try DecisionLog(path: path, startedAt: clock.startedAt)
  }

  /// - Parameters:
  ///   - signals: those that the engine itself obeys.
  ///   - report: takes a message for the operator, one line.
  consuming func engine(
    _ journal: consuming Journal, obeying signals: consuming Signals? = nil,
    tell: ((String) -> Void)? = nil, report: @escaping (String) -> Void
  ) -> Engine {
    var configuration = Engine.Configuration()
    configuration.grace = options.grace
    configuration.ceilings = options.ceilings
    configuration.shadows = options.shadows
    configuration.settings = options.steering.controls
    configuration.tell = tell
    configuration.supervisor = Supervisor()
    configuration.keepsOnDetach = options.control?.keeps ?? false
    let sources = options.steering.sources
    // What is in files may be another thing after HUP: rules, and the lists that they ask.
    let asksFiles = options.steering.controls.rules.entries.contains { !$0.rule.condition.files.isEmpty }
    if !sources.files.isEmpty || asksFiles { configuration.rereadRules = { sources.reread(report) } }
    return Engine(
      configuration, gates: gates, clock: clock, journal: journal, requests: requests, signals: signals,
      report: report)
  }
}
