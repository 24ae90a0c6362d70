import ArgumentParser
import CommandLanguage
import ProxyCore
import ProxyRuntime
import Sending
import TraceModel

/// What the MTA of a replay says otherwise than it did.
struct ChangeOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Say another value wherever there is such a field, e.g. 'macro[\"{auth_authen}\"] = \"alice\"'; can be given again.",
      valueName: "change"))
  var set: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Change what a rule says, e.g. 'on rcpt do drop'; can be given again. See mitmilter help replay.",
      valueName: "rule"))
  var command: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("File of such rules, one per line.", valueName: "file"))
  var rules: [String] = []

  /// nil where everything is said as it was.
  func read() throws -> AskedChanges? {
    if set.isEmpty, command.isEmpty, rules.isEmpty { return nil }
    var assignments: [Assignment] = []
    for text in set {
      do throws(SyntaxError) { assignments.append(try Assignment(parsing: text)) } catch {
        throw Failure(error, in: "--set", hint: "mitmilter help instructions lists what set changes")
      }
    }
    let rules = try RuleSources(files: rules, commands: command).read { tell("warning: \($0)") }
    for instruction in assignments.map(Instruction.set) + rules.flatMap(\.instructions) {
      guard let refusal = WhatIf.refusal(of: instruction) else { continue }
      throw Failure("\(instruction.text): \(refusal.reason)", hint: "mitmilter help replay")
    }
    return AskedChanges(assignments: assignments, rules: rules)
  }
}
