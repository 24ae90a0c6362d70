import ArgumentParser

struct Mitmilter: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mitmilter")
}
