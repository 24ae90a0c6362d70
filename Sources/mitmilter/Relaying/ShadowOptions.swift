import ArgumentParser
import MTAConfiguration
import ProxyRuntime

/// Milters that get what the milter gets, and are never heard.
struct ShadowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Give a second milter the same commands, and compare its answers; they never reach the MTA. Repeatable.",
      valueName: "address"))
  var shadow: [String] = []

  @Option(
    help: ArgumentHelp("Give shadows that share of the connections, as 10%.", valueName: "percent"))
  var shadowRate: String?

  /// nil where there are none.
  ///
  /// - Parameter gates: where we listen, and where the milter itself is.
  func plan(beside gates: [GatePlan]) throws -> Shadows.Plan? {
    let rate = try rate()
    guard !shadow.isEmpty else {
      guard shadowRate == nil else {
        throw Failure("--shadow-rate without --shadow", hint: "say where the shadow is: --shadow ADDRESS")
      }
      return nil
    }
    guard gates.count == 1, let gate = gates.first, gate.name == nil else {
      throw Failure(
        "--shadow gets what one milter gets: it does not go with --tap",
        hint: "run a proxy of its own in front of that milter: --listen, --milter and --shadow")
    }
    let (listen, milter) = (gate.listen, gate.milter)
    let addresses = try shadow.map { try milterAddress($0) }
    for (place, address) in addresses.enumerated() {
      if let listen, listen.takesConnections(to: address) {
        throw Failure(
          "the shadow's address \(address) is the one to listen on: every connection would come back to us",
          hint: "give --shadow the address of another milter")
      }
      if address == milter {
        throw Failure(
          "the shadow's address \(address) is that of the milter: it would get each mail twice",
          hint: "give --shadow the address of another milter")
      }
      if addresses[..<place].contains(address) {
        throw Failure("--shadow names \(address) twice", hint: "name each shadow once")
      }
    }
    guard addresses.count <= Self.most else {
      throw Failure("--shadow: at most \(Self.most) shadows", hint: "leave some of them out")
    }
    return Shadows.Plan(try addresses.map { try MilterTarget($0) }, rate: rate)
  }

  private static let most = 8

  private func rate() throws -> Double {
    guard let text = shadowRate else { return 1 }
    guard text.last == "%", let percent = Double(text.dropLast()), percent > 0, percent <= 100 else {
      throw Failure(
        "--shadow-rate: expected a percentage above 0% and up to 100%, there is '\(text)'",
        hint: "10% gives a shadow every tenth connection")
    }
    return percent / 100
  }
}
