import ArgumentParser
import ProxyRuntime
import Sending

/// A replay that is the milter.
struct AsMilterOptions: ParsableArguments {
  @Flag(help: "Be the recorded milter, for a living MTA or a test suite, until this program is ended.")
  var asMilter = false

  @Option(
    help: ArgumentHelp(
      "With --as-milter: where the MTA connects: inet:8891@127.0.0.1, unix:/run/mitmilter/milter.sock.",
      valueName: "address"))
  var listen: String?

  @Option(
    help: ArgumentHelp(
      "With --as-milter: what to do about a command that no recorded one fits: continue (where nothing is said), tempfail or close.",
      valueName: "act"))
  var unmatched: Surprise?

  @OptionGroup var socket: SocketOptions

  enum Surprise: String, ExpressibleByArgument, CaseIterable {
    case `continue`, tempfail, close

    var act: ReplayedMilter.Surprise {
      switch self {
      case .continue: .continue
      case .tempfail: .tempfail
      case .close: .close
      }
    }
  }

  /// - Parameter others: options that were given, and are of the other way round.
  func check(besides others: [String]) throws {
    guard asMilter else {
      let own = [("--listen", listen != nil), ("--unmatched", unmatched != nil)].filter(\.1).map(\.0)
      guard let name = own.first else { return }
      throw Failure("\(name) is for being the recorded milter", hint: "give --as-milter as well")
    }
    if let other = others.first {
      throw Failure(
        "--as-milter and \(other) do not go together", hint: "with --milter it is the MTA that is played")
    }
    guard listen != nil else {
      throw Failure("--as-milter needs --listen", hint: "--listen inet:8891@127.0.0.1")
    }
  }
}
