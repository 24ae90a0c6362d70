import ArgumentParser
import Glibc
import MTAConfiguration
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TerminalDriver

struct Proxy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sit between an MTA and a milter: record everything, change what rules say.",
    discussion: """
      ADDRESS is inet:8891@127.0.0.1, inet:127.0.0.1:8891, inet6:8891@::1, [::1]:8891, unix:/path or /path.
      With --listen systemd it takes the socket of a .socket unit. --tap puts it in front of several milters at once: one \
      trace, one screen (mitmilter help chain).
      SIGINT, SIGTERM and SIGQUIT shut down gracefully: no new connections, and --grace seconds for those that are \
      open; a second signal quits at once. SIGHUP reads the rules again, and goes on in new files where the trace and the \
      log were moved away.
      """)

  @OptionGroup var taps: TapOptions

  @OptionGroup var shadows: ShadowOptions

  @OptionGroup var recording: RecordingOptions

  @OptionGroup var writing: WriteOptions

  @OptionGroup var screen: ScreenOptions

  @OptionGroup var steering: SteeringOptions

  @Option(
    help: ArgumentHelp("How long open connections may go on after SIGINT or SIGTERM.", valueName: "seconds"))
  var grace: UInt16 = 10

  @OptionGroup var limits: LimitOptions

  @OptionGroup var socket: SocketOptions

  @OptionGroup var service: ServiceOptions

  @OptionGroup var control: ControlOptions

  func run() throws {
    try screen.check()
    let plans = try taps.plans()
    var options = Wiring.Options(plans, recording)
    options.shadows = try shadows.plan(beside: plans)
    options.socket = try socket.access()
    options.service = try service.plan()
    options.writing = try writing.plan(for: recording, isShown: wantsScreen(recording))
    options.ceilings = try limits.ceilings()
    options.control = try control.plan()
    options.grace = .seconds(Int64(grace))
    options.steering = try steering.plan(with: screen, isShown: wantsScreen(recording))
    if let plan = options.control {
      options.steering = options.steering.attachable(holdsUnattended: plan.holdsUnattended)
    }
    if wantsScreen(recording) {
      Terminal.keepApart()
      return try LiveScreen(options).run(screen.withoutRules, origin: nil) {}
    }
    options.greeting = { listening in
      listening.map { address, plan in
        (plan.name.map { "tap \($0): " } ?? "")
          + "listening on \(address)\(plan.milter.map { ", milter at \($0)" } ?? "")"
      }
    }
    var relay = try Relay(options)
    relay.run()
  }
}

func milterAddress(_ text: String) throws -> MilterAddress {
  do { return try MilterAddress(parsing: text) } catch {
    throw Failure(error.message, hint: MilterAddress.ParsingError.hint)
  }
}

/// nil for the socket that systemd hands over.
func listeningAddress(_ text: String) throws -> MilterAddress? {
  text == "systemd" ? nil : try milterAddress(text)
}

/// What a run records and prints, the same for every command that relays.
struct RecordingOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Record everything in this trace; - is standard output.", valueName: "file"))
  var write: String?

  @Option(
    help: ArgumentHelp(
      "Add a line of JSON for each decision about a mail, recipient or client; - is standard output.",
      valueName: "file"))
  var log: String?

  @Flag(help: "No screen: a line a packet on standard output, as without a terminal there.")
  var headless = false

  @Flag(name: .shortAndLong, help: "Print no packets.")
  var quiet = false

  @Flag(help: "Print a line of JSON for each packet.")
  var json = false

  /// A trace or a log on standard output leaves no room for lines.
  var printing: LivePrinter.Form? { quiet || write == "-" || log == "-" ? nil : json ? .json : .text }
}
