import ArgumentParser

struct Mitmilter: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mitmilter", abstract: "Man in the middle for milters.", version: version,
    subcommands: [
      DemoCommand.self, Proxy.self, MilterCommand.self, Open.self, Show.self, Lint.self, Explain.self,
      Export.self, DoctorCommand.self, WiresharkDissectorCommand.self,
    ])

  static let version = "0.1.0"
}
