import ArgumentParser
import MilterProtocol

/// A command line that does not parse, in our words: what was expected, what is there, and where to look.
///
/// ArgumentParser keeps its errors to itself, so the sentences it makes of them are taken apart; the rows of
/// `MisuseTests` notice when its words change.
enum Misuse {
  /// For a word where a subcommand should be; nil where all is well.
  ///
  /// ArgumentParser by itself would complain of what follows the word, and of `help WORD` not at all.
  static func unknownCommand(_ arguments: [String]) -> Failure? {
    guard var word = arguments.first, !word.hasPrefix("-") else { return nil }
    var names = Mitmilter.configuration.subcommands.map { $0._commandName }
    var list = "the commands are \(names.joined(separator: ", "))"
    if word == "help" {
      guard arguments.count > 1 else { return nil }
      word = arguments[1]
      if HelpTopic.hasPage(word) { return nil }
      names += HelpTopic.names
      list += "; the topics are \(HelpTopic.names.joined(separator: ", "))"
    }
    if names.contains(word) || word.hasPrefix("-") { return nil }
    let near = Nearest.match(for: word, among: names).map { "did you mean '\($0)'? " } ?? ""
    return Failure(
      "unknown command \(arguments[0] == "help" ? "or topic " : "")'\(word)'", hint: near + list)
  }

  /// - Parameter error: what parsing `arguments` threw.
  static func failure(_ error: any Error, _ arguments: [String]) -> Failure {
    var error = error
    var arguments = arguments
    var missing: [String] = []
    // What is missing is told last: it is put in until something else is wrong, or nothing.
    while let name = missingArgument(error), !missing.contains(name) {
      missing.append(name)
      if name.hasPrefix("-") { arguments.append(String(name.prefix { $0 != " " })) }
      arguments.append(standIn)
      do { _ = try Mitmilter.parseAsRoot(arguments) } catch let next {
        if Mitmilter.exitCode(for: next).isSuccess || Mitmilter.message(for: next).contains(standIn) { break }
        error = next
        continue
      }
      break
    }
    let command = commandName(error)
    let help = "\(command) --help lists the options"
    if missingArgument(error) != nil {
      let needed = missing.map { $0.hasPrefix("-") ? $0 : kind($0.filter { !"<>. ".contains($0) }) }
      return Failure("\(command) needs \(needed.joined(separator: " and "))", hint: help)
    }
    return described(Mitmilter.message(for: error), arguments, command, help)
  }

  /// Stands where a required argument is missing.
  private static let standIn = "(missing)"

  private static func described(
    _ message: String, _ arguments: [String], _ command: String, _ help: String
  ) -> Failure {
    if let parts = message.prefixMatch(of: /Unknown option '(.*?)'(?:\. Did you mean '(.*?)'\?)?/) {
      let near = parts.2.map { "did you mean '\($0)'? " } ?? ""
      return Failure("unknown option '\(parts.1)'", hint: near + help)
    }
    if let parts = message.prefixMatch(of: /Missing value for '(\S+) <(.*)>'/) {
      let next = arguments.lastIndex(of: String(parts.1)).map { arguments[($0 + 1)...] }?.first
      let there = next.map { "there is '\($0)'" } ?? "nothing follows"
      return Failure("\(parts.1): expected \(kind(String(parts.2))), \(there)", hint: help)
    }
    if let parts = message.prefixMatch(
      of: /The value '(.*)' is invalid for '(\S+) <(.*?)>'(?:\. Please provide one of (.*)\.)?/
        .dotMatchesNewlines())
    {
      let expected = parts.4.map { String($0.filter { $0 != "'" }) } ?? kind(String(parts.3))
      return Failure("\(parts.2): expected \(expected), there is '\(parts.1)'", hint: help)
    }
    if let parts = message.prefixMatch(of: /The option '(\S+)' does not take any value, but '(.*)' was/) {
      return Failure("\(parts.1) takes no value, there is '\(parts.2)'", hint: help)
    }
    let first = message.prefix { $0 != "\n" }
    return Failure(first.prefix(1).lowercased() + first.dropFirst(), hint: help)
  }

  /// `--listen <address>`, `<file> ...`; nil for any other error.
  private static func missingArgument(_ error: any Error) -> String? {
    Mitmilter.message(for: error).prefixMatch(of: /Missing expected argument '(.*)'/).map { String($0.1) }
  }

  /// `mitmilter show`: the command that was being parsed.
  private static func commandName(_ error: any Error) -> String {
    let text = Mitmilter.fullMessage(for: error)
    return text.firstMatch(of: /See '(.*) --help'/).map { String($0.1) } ?? "mitmilter"
  }

  /// What a value is, by its name in the help.
  private static func kind(_ name: String) -> String {
    switch name {
    case "seconds": "a whole number of seconds up to \(UInt16.max)"
    case "times": "a whole number up to \(UInt16.max)"
    case "factor": "a number from 0 up"
    case let name where "aeiou".contains(name.prefix(1)): "an \(name)"
    default: "a \(name)"
    }
  }
}
