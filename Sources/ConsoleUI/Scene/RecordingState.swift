import Cells

/// Where the records of a live run are written for good.
package enum RecordingState: Equatable, Sendable {
  case off
  /// For the whole run (`-w`).
  case byOption(String)
  /// Since somebody asked for it on the screen.
  case started(String)

  package var isOn: Bool { self != .off }

  /// What was asked for on the screen.
  package var started: String? { if case .started(let path) = self { path } else { nil } }
}

extension RecordingState {
  /// What `W` asks.
  func ask(_ trace: TraceView) -> [Response] {
    guard !trace.isRecorded else {
      return .refuse("this trace is a file already; : write FILE writes what is shown to another")
    }
    switch self {
    case .byOption(let path): return .refuse("-w records to \(path), from the start to the end")
    case .started(let path): return .confirm("Stop recording to \(path)?", .stopRecording)
    case .off:
      return [
        .choose(
          Menu(
            title: "Record to a file",
            items: [
              Menu.Item(
                "a", "all", "what was seen so far, and what comes", .ask(.record(withPast: true), Self.name)),
              Menu.Item("n", "from now on", "what comes", .ask(.record(withPast: false), Self.name)),
            ]))
      ]
    }
  }

  /// Proposed; a trace that is there already is set aside.
  private static let name = "session.mtrace"
}
