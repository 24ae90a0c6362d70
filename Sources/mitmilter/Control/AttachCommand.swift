import ArgumentParser
import CommandLanguage
import ConsoleUI
import Glibc
import ProxyRuntime

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Open a screen on a proxy that runs elsewhere on this machine.",
    discussion: """
      The proxy or milter has to run with --control PATH. Several screens may be attached; leaving one, or losing its \
      terminal, changes nothing for mail. Over the network: ssh -t mx1 mitmilter attach PATH
      """)

  @Argument(help: ArgumentHelp("The control socket.", valueName: "path"))
  var path: String

  @OptionGroup var screen: ScreenOptions

  func run() throws {
    try screen.check()
    guard isatty(STDOUT_FILENO) == 1 else {
      throw Failure(
        "attach needs a terminal on standard output", hint: "ssh -t gives one; mitmilter ctl works without")
    }
    let signals = Signals(Signals.ofScreen)
    let client = try ControlClient(connectingTo: path)
    let feed = try AttachedFeed(client)
    let head = feed.records.head
    var model = ConsoleModel(
      source: feed.records,
      origin: .attached(
        listen: head?.places.listen ?? "", milter: head?.places.milter, file: client.path),
      isLive: true,
      utcOffset: Clock.localOffset, charsets: .ofSystem)
    model.leaving.detached = try client.ask(.attend).first.flatMap(Leaving.Detached.init)
    model.ruleList = RuleList(try client.ask(.listRules).compactMap { try? Rule(parsing: $0) })
    // A screen that is lost is left.
    _ = try screen.run(model, feed, signals)
  }
}
