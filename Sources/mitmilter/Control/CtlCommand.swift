import ArgumentParser
import CommandLanguage
import ProxyRuntime
import TraceModel

struct CtlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Ask a running proxy something, or have it do something.",
    discussion: """
      The proxy or milter has to run with --control PATH. REQUEST is one of:
        status                    what is open, held and found, as JSON
        stats                     numbers for Prometheus, as node_exporter reads them from a file
        rules                     the rules in force; rules off and rules on stop and start them
        'on EXPRESSION do …'      add a rule
        forward-all               release everything that is held
        INSTRUCTION               for the held packet of --packet: forward, reject, 'add-header X-Seen yes'
      """)

  @Argument(help: ArgumentHelp("The control socket.", valueName: "path"))
  var path: String

  @Argument(parsing: .remaining, help: ArgumentHelp("What to ask.", valueName: "request"))
  var words: [String]

  @Option(
    help: ArgumentHelp("The held packet that an instruction is for, by its number.", valueName: "number"))
  var packet: Int?

  func run() throws {
    let request = try request()
    let client = try ControlClient(connectingTo: path)
    let lines = try client.ask(request)
    let output = Output()
    for line in lines { output.write(line + "\n") }
    output.flush()
  }

  private func request() throws -> ControlRequest {
    let text = words.joined(separator: " ")
    switch text {
    case "status": return .status
    case "stats": return .stats
    case "rules": return .listRules
    case "rules on", "rules off": return .arm(text == "rules on")
    case "forward-all": return .forwardAll
    default: break
    }
    if text.hasPrefix("on ") {
      let rule: Rule
      do throws(SyntaxError) { rule = try Rule(parsing: text) } catch {
        throw Failure(error, in: "ctl", hint: RuleSources.hint)
      }
      return .addRule(try RuleSources.inlined(rule))
    }
    let instruction: Instruction
    do throws(SyntaxError) { instruction = try Instruction(parsing: text) } catch {
      throw Failure(
        error, in: "ctl",
        hint: "status, stats, rules, a rule, or an instruction (mitmilter help instructions)")
    }
    guard let packet, packet > 0 else {
      throw Failure(
        "which packet? '\(text)' is for one that is held",
        hint: "--packet NUMBER; mitmilter ctl \(path) status lists what is held")
    }
    return .instruct(try Self.inlined(instruction), connection: 0, packet: packet, body: nil)
  }

  /// With the contents of the files that it names.
  private static func inlined(_ instruction: Instruction) throws -> Instruction {
    var texts: [String: [UInt8]] = [:]
    for path in instruction.files { texts[path] = try wholeFile(path) }
    guard let whole = instruction.inlining(texts) else { throw Failure("a file is missing") }
    return whole
  }
}
