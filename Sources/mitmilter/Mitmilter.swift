import ArgumentParser
import CAbout
import TraceFormat

struct Mitmilter: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mitmilter", abstract: "Man in the middle for milters.",
    discussion: """
      The documentation is in the program: mitmilter help COMMAND or TOPIC, and a WORD of it: help findings R02, help \
      filters took. The topics are \(HelpTopic.names.joined(separator: ", ")).
      """,
    version: description,
    subcommands: [
      DemoCommand.self, Proxy.self, MilterCommand.self, Open.self, Show.self, SendCommand.self, Replay.self,
      Lint.self, Diff.self, Explain.self, Export.self, DoctorCommand.self, AttachCommand.self,
      CtlCommand.self,
      WiresharkDissectorCommand.self,
    ])

  static let version = "0.1.0"

  /// The version, and what is known of where the program comes from.
  private static var description: String {
    let commit = String(cString: about_commit())
    let build = String(cString: about_build())
    let parts = [
      commit.isEmpty ? nil : "commit \(commit)", build.isEmpty ? nil : "build \(build)",
      "trace format \(RecordWriter.format)",
    ]
    return "mitmilter \(version) (\(parts.compactMap { $0 }.joined(separator: ", ")))"
  }
}
