import ArgumentParser
import Glibc
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TraceModel

struct Proxy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stand between an MTA and a milter; change nothing, record everything.")

  @Option(help: ArgumentHelp("Where the MTA connects.", valueName: "address"))
  var listen: String

  @Option(help: ArgumentHelp("Where the milter is.", valueName: "address"))
  var milter: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Record everything in this trace; - is standard output.", valueName: "file"))
  var write: String?

  @Flag(help: "No screen.")
  var headless = false

  @Flag(name: .shortAndLong, help: "Print no packets.")
  var quiet = false

  @Option(help: ArgumentHelp("How long connections may go on after INT or TERM.", valueName: "seconds"))
  var grace = 10

  @Option(help: ArgumentHelp("Mode of a unix socket that we listen on, octal.", valueName: "mode"))
  var socketMode = "660"

  func run() throws {
    let relay = try Relay(
      listen: parse(listen), milter: parse(milter), socketMode: mode(socketMode), trace: write,
      grace: .seconds(Int64(grace)))
    relay.run()
  }

  private func parse(_ text: String) throws -> MilterAddress {
    do { return try MilterAddress(parsing: text) } catch {
      throw Failure(error.message, hint: MilterAddress.ParsingError.hint)
    }
  }

  private func mode(_ text: String) throws -> mode_t {
    guard let mode = mode_t(text, radix: 8), mode <= 0o777 else {
      throw Failure("--socket-mode: expected an octal mode from 0 to 777, there is '\(text)'")
    }
    return mode
  }
}
