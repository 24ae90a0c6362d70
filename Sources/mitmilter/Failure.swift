import ArgumentParser
import Glibc
import ProxyRuntime

/// What the tool itself could not do: ends the run with one line, a hint where there is one, and exit 2.
struct Failure: Error {
  var message: String
  var hint: String?

  init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }
}

/// Runs the command line and ends the process: 0 done, 1 done and something differs or was found, 2 could not.
func runCommandLine() -> Never {
  do {
    var command = try Mitmilter.parseAsRoot()
    try command.run()
  } catch let failure as Failure {
    end(with: failure)
  } catch let code as ExitCode {
    exit(code.rawValue)
  } catch {
    // Help and version are asked for by throwing as well.
    if Mitmilter.exitCode(for: error).isSuccess { Mitmilter.exit(withError: error) }
    end(
      with: Failure(
        lowercasedFirst(Mitmilter.message(for: error)), hint: "mitmilter --help lists what there is"))
  }
  exit(0)
}

private func end(with failure: Failure) -> Never {
  report(failure)
  exit(2)
}

/// One line, a hint where there is one; the program goes on.
func report(_ failure: Failure) {
  tell("error: \(failure.message)")
  if let hint = failure.hint { tell("hint: \(hint)") }
}

private func lowercasedFirst(_ text: String) -> String {
  let line = text.prefix { $0 != "\n" }
  return line.prefix(1).lowercased() + line.dropFirst()
}

/// One line on standard error.
func tell(_ message: String) {
  let failed = writeAll(Array("mitmilter: \(message)\n".utf8), to: STDERR_FILENO)
  // Nobody is left to tell.
  _ = failed
}
