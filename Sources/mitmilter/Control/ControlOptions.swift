import ArgumentParser
import ConsoleUI
import Glibc
import MTAConfiguration
import ProxyRuntime

/// How screens and scripts of other processes get at a run.
struct ControlOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Let mitmilter attach and mitmilter ctl in through this unix socket; its user and root may connect.",
      valueName: "path"))
  var control: String?

  @Option(help: ArgumentHelp("Let this group connect to the control socket, too.", valueName: "group"))
  var controlGroup: String?

  @Option(
    help: ArgumentHelp(
      "What becomes of held packets when the last screen leaves: forward or keep.", valueName: "act"))
  var onDetach: Leaving.Detached = .forward

  @Flag(help: "Hold packets for an operator even while no screen is attached.")
  var holdUnattended = false

  func plan() throws -> ControlPlan? {
    guard let control else {
      guard controlGroup == nil, onDetach == .forward, !holdUnattended else {
        throw Failure(
          "--control-group, --on-detach and --hold-unattended are about a control socket, and there is none",
          hint: "give --control PATH as well")
      }
      return nil
    }
    // Spelt as an address, or beyond what a socket's name has room for.
    guard case .unix(let path)? = try? MilterAddress(parsing: "unix:" + control) else {
      throw Failure(
        "--control: '\(control)' is no path of at most \(MilterAddress.longestPath) bytes",
        hint: "a path alone, such as /run/mitmilter/control")
    }
    return ControlPlan(
      access: ControlServer.Access(
        path: path,
        group: try controlGroup.map {
          try SocketOptions.group($0, of: "--control-group", hint: "name one that operators are in")
        }),
      keeps: onDetach == .keep, holdsUnattended: holdUnattended)
  }
}

/// What was said about the control socket.
struct ControlPlan {
  let access: ControlServer.Access
  /// What is held stays so when the last screen leaves.
  let keeps: Bool
  /// What rules hold waits though no screen is attached.
  let holdsUnattended: Bool
}

extension Leaving.Detached: ExpressibleByArgument {}
