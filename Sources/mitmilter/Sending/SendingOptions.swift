import ArgumentParser

/// How often and how fast mails are sent.
struct SendingOptions: ParsableArguments {
  @Option(
    name: .customLong("repeat"), help: ArgumentHelp("Send everything so many times.", valueName: "times"))
  var times = 1

  @Option(
    name: [.long, .customLong("jobs")], help: ArgumentHelp("Connections at once.", valueName: "count"))
  var connections = 1

  @Option(help: ArgumentHelp("Mails that a connection carries, one behind the other.", valueName: "count"))
  var perConnection = 1

  @Option(help: ArgumentHelp("Mails a second, at most.", valueName: "count"))
  var rate: Double?

  /// Options that were given.
  var names: [String] {
    [
      ("--repeat", times != 1), ("--connections", connections != 1), ("--per-connection", perConnection != 1),
      ("--rate", rate != nil),
    ].filter(\.1).map(\.0)
  }

  func check() throws {
    for (name, value) in [
      ("--repeat", times), ("--connections", connections), ("--per-connection", perConnection),
    ]
    where value < 1 {
      throw Failure("\(name): expected a number from 1 up, there is '\(value)'", hint: "leave it out for 1")
    }
    guard connections <= 10_000 else {
      throw Failure(
        "--connections: expected 10000 at most, there is '\(connections)'",
        hint: "each takes a file of the system's")
    }
    if let rate, !(rate > 0) {
      throw Failure(
        "--rate: expected a number above 0, there is '\(rate)'", hint: "0.5 is one in two seconds")
    }
  }
}
