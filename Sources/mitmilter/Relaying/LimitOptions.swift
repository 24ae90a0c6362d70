import ArgumentParser
import CommandLanguage
import MilterProtocol
import ProxyRuntime

/// What connections may take, and for how long.
struct LimitOptions: ParsableArguments {
  @Option(
    name: .customLong("max-connections"),
    help: ArgumentHelp(
      "How many connections at a time; others wait. Default: as many as the limit on open files allows.",
      valueName: "number"))
  var connections: UInt32?

  @Option(
    name: .customLong("max-memory"),
    help: ArgumentHelp(
      "How much data all connections may buffer; above that, the connection that buffers most is closed.",
      valueName: "size"))
  var memory = "256M"

  @Option(
    name: .customLong("idle-timeout"),
    help: ArgumentHelp(
      "Close a connection after so long without traffic.", valueName: "duration"))
  var idle = "7210s"

  func ceilings() throws -> Ceilings {
    var ceilings = Ceilings()
    if let connections {
      guard connections > 0 else {
        throw Failure(
          "--max-connections: expected a number from 1 up, there is '0'", hint: "leave it out for no limit")
      }
      ceilings.connections = Int(connections)
    }
    ceilings.memory = try Self.size(memory, of: "--max-memory", atLeast: Self.least)
    ceilings.idle = try SteeringOptions.span(idle, of: "--idle-timeout")
    return ceilings
  }

  static func size(_ text: String, of option: String, atLeast least: Int) throws -> Int {
    guard let bytes = Units.bytes(text), bytes >= least else {
      throw Failure(
        "\(option): expected a size from \(Units.size(Int64(least))) up, there is '\(text)'",
        hint: "a number and its unit: 256M, 1G")
    }
    return Int(bytes)
  }

  /// A frame of the largest kind has room, and what is held behind it.
  private static let least = 8 << 20
}
