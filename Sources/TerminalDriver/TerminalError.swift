/// Why there is no screen, or why a program could not be run on it: for one line on standard error, and a hint.
package enum TerminalError: Error, Equatable, Sendable {
  case noTerminal
  /// `TERM` is empty or names nothing that terminfo knows.
  case unknownTerminal(String)
  /// A terminal that cannot place its cursor, such as `dumb`.
  case cannotPlaceCursor(String)
  case noMemory
  /// A program, and the system's words on why it did not start.
  case cannotRun(String, String)

  package var message: String {
    switch self {
    case .noTerminal: "no terminal to draw a screen on"
    case .unknownTerminal(""): "TERM is not set, so how to draw on this terminal is unknown"
    case .unknownTerminal(let name): "unknown terminal type '\(name)' in TERM"
    case .cannotPlaceCursor(let name): "a terminal of type '\(name)' cannot place its cursor"
    case .noMemory: "the terminal could not be set up"
    case .cannotRun(let program, let reason): "cannot run '\(program)': \(reason)"
    }
  }

  package var hint: String? {
    switch self {
    case .noTerminal: "run it in a terminal, or with --headless"
    case .unknownTerminal:
      "TERM=xterm-256color suits nearly every terminal; else install its terminfo entry (ncurses-term)"
    case .cannotPlaceCursor: "use another terminal, or --headless"
    case .noMemory, .cannotRun: nil
    }
  }
}
