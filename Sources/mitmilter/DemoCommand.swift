import ArgumentParser
import MTAConfiguration
import ProxyRuntime

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract:
      "See it work, with nothing to set up: a built-in MTA sends mail through the proxy to a built-in milter.",
    discussion:
      "The engine and the sockets are the real ones, on the loopback interface. All addresses are reserved names."
  )

  @OptionGroup var recording: RecordingOptions

  @OptionGroup var screen: ScreenOptions

  @OptionGroup var steering: SteeringOptions

  @Option(help: ArgumentHelp("1 is real time, 10 ten times as fast, 0 without pauses.", valueName: "factor"))
  var speed = 1.0

  @Option(
    help: ArgumentHelp(
      "How many times to send all mails. Default: once; with a screen, until you quit.", valueName: "times"))
  var count: UInt16?

  func run() throws {
    try screen.check()
    guard speed >= 0, speed.isFinite else {
      throw Failure(
        "--speed: expected a number from 0 up, there is '\(speed)'", hint: "1 is real time, 10 is fast")
    }
    let isShown = wantsScreen(recording)
    Signals.block(isShown ? Signals.ofScreen : Signals.ofRelay)
    let demo: Demo
    do throws(Demo.Failure) {
      demo = try Demo(pace: DemoPace(speed: speed), rounds: count.map { Int($0) } ?? (isShown ? .max : 1))
    } catch {
      throw Failure("cannot listen on the loopback interface", hint: "the demo needs 127.0.0.1")
    }
    var options = Wiring.Options(
      [
        GatePlan(listen: .inet(host: "127.0.0.1", port: 0, family: .any), milter: demo.milterAddress)
      ], recording)
    options.steering = try steering.plan(with: screen, isShown: wantsScreen(recording))
    if isShown {
      let live = try LiveScreen(options)
      guard case .inet(_, let port, _)? = live.listening.first else { return }
      let sentAll = live.sentAll
      return try live.run(screen.withoutRules, origin: .demo) { demo.play(throughPort: port, ended: sentAll) }
    }
    var relay = try Relay(options)
    guard case .inet(_, let port, _)? = relay.listening.first else { return }
    let requests = relay.requests
    demo.play(throughPort: port) { requests.post(.stop) }
    relay.run()
    let played = demo.played
    let place = recording.write.map { $0 == "-" ? "" : ", recorded in \($0)" } ?? ""
    tell("\(played.mails) mails from \(played.clients) clients, \(relay.packets) packets\(place)")
  }
}
