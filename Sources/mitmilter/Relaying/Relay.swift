import MTAConfiguration
import ProxyRuntime
import TraceFormat

/// A proxy without a screen: listens, and relays on this thread until it is told to stop.
struct Relay: ~Copyable {
  /// Where it listens: the port that was taken for port 0.
  let listening: [MilterAddress]
  /// Stops it from any thread.
  let requests: Mailbox<Engine.Request>
  private var engine: Engine
  private let printer: LivePrinter
  private let pidFile: PidFile?
  private let control: ControlServer?

  init(_ options: Wiring.Options) throws {
    let recording = options.recording
    guard recording.write != "-" || recording.log != "-" else {
      throw Failure(
        "standard output cannot take both a trace (--write -) and a log (--log -)",
        hint: "give one of them a file")
    }
    let signals = Signals(Signals.ofRelay)
    let wiring = try Wiring(options, obeying: signals)
    let greeting = options.greeting?(wiring.listening)
    // Whoever reads a trace on standard output may draw a screen from its first line on.
    if recording.write == "-" { wiring.guidance.announce(greeting) }
    let trace = options.control == nil ? try wiring.trace() : try wiring.readableTrace()
    let openControl = wiring.control(hasScreen: false)
    let log = try wiring.log()
    let guidance = wiring.guidance
    let printer = LivePrinter(
      recording.printing, startedAt: wiring.clock.startedAt,
      sharing: recording.write == "-" ? SharedTerminal() : nil)
    let warn = { (words: String) in printer.say("warning: \(words)") }
    let (listening, requests, pidFile) = (wiring.listening.map(\.address), wiring.requests, wiring.pidFile)
    let (ring, sieve) = (wiring.ring, wiring.sieve(warn))
    let engine = wiring.engine(
      Journal(
        file: trace, window: printer.window, decisions: log, ring: ring, sieve: sieve,
        report: warn), obeying: signals,
      tell: { printer.say($0) }, report: warn)
    let control = try openControl?(engine.traceDescriptor)
    if recording.write != "-" { guidance.announce(greeting) }
    (self.listening, self.requests, self.printer, self.control) = (listening, requests, printer, control)
    self.pidFile = pidFile
    self.engine = engine
  }

  var packets: Int { engine.packets }
  var connections: Int { engine.accepted }

  mutating func run() {
    engine.run()
    control?.stop()
    printer.finish()
    for line in ShadowSummary.lines(engine.shadowTallies, unshadowed: engine.unshadowed) { tell(line) }
    tellFindings()
  }

  /// What was found, by its cause; without a word where that is nothing.
  private func tellFindings() {
    let found = engine.findings
    guard !found.isEmpty else { return }
    tell("found: \(found.summary)")
    for group in found.groups { tell("  " + LintText.line(group)) }
  }
}
