import ArgumentParser
import CommandLanguage
import Glibc
import ProxyRuntime

/// What the tool itself could not do: ends the run with one line, a hint where there is one, and exit 2.
struct Failure: Explained {
  var message: String
  var hint: String?

  init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }

  init(_ cause: some Explained) { self.init(cause.message, hint: cause.hint) }

  /// - Parameter option: whose value does not parse.
  init(_ error: SyntaxError, in option: String, hint: String) {
    let isBlank = error.line.allSatisfy { $0 <= 0x20 }
    self.init("\(option): " + (isBlank ? "it is empty" : error.description), hint: hint)
  }
}

/// Runs the command line and ends the process: 0 done, 1 done and something differs or was found, 2 could not.
func runCommandLine() -> Never {
  let arguments = Array(CommandLine.arguments.dropFirst())
  do {
    if let failure = Misuse.unknownCommand(arguments) { throw failure }
    if let text = try HelpTopic.text(arguments) {
      let output = Output()
      output.write(text)
      output.flush()
      exit(0)
    }
    var command = try Mitmilter.parseAsRoot(arguments)
    try command.run()
  } catch let cause as any Explained {
    end(with: cause)
  } catch let code as ExitCode {
    exit(code.rawValue)
  } catch {
    // Help and version are asked for by throwing as well.
    if Mitmilter.exitCode(for: error).isSuccess { Mitmilter.exit(withError: error) }
    end(with: Misuse.failure(error, arguments))
  }
  exit(0)
}

private func end(with cause: some Explained) -> Never {
  report(cause)
  exit(2)
}

/// One line, a hint where there is one; the program goes on.
func report(_ cause: some Explained) {
  tell("error: \(cause.message)")
  if let hint = cause.hint { tell("hint: \(hint)") }
}

/// One line on standard error. What was typed may be quoted in it: control characters become escapes.
func tell(_ message: String) {
  var line = "mitmilter: "
  for scalar in message.unicodeScalars {
    switch scalar.value {
    case 0x0A: line.unicodeScalars.append(scalar)
    case 0..<0x10: line += "\\x0" + String(scalar.value, radix: 16)
    case 0x10..<0x20, 0x7F..<0xA0: line += "\\x" + String(scalar.value, radix: 16)
    default: line.unicodeScalars.append(scalar)
    }
  }
  let failed = writeAll(Array((line + "\n").utf8), to: STDERR_FILENO)
  // Nobody is left to tell.
  _ = failed
}
