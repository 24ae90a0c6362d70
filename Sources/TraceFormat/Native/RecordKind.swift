import TraceModel

/// The words under `k`: what kind of record a line is.
enum RecordKind: UInt8, CaseIterable {
  case open, recv, pass, send, hold, release, instr, find, note, mark, close

  init(_ event: Record.Event) {
    switch event {
    case .opened: self = .open
    case .received: self = .recv
    case .passed: self = .pass
    case .sent: self = .send
    case .held: self = .hold
    case .released: self = .release
    case .instructed: self = .instr
    case .found: self = .find
    case .noted: self = .note
    case .marked: self = .mark
    case .closed: self = .close
    }
  }

  var name: StaticString {
    switch self {
    case .open: "open"
    case .recv: "recv"
    case .pass: "pass"
    case .send: "send"
    case .hold: "hold"
    case .release: "release"
    case .instr: "instr"
    case .find: "find"
    case .note: "note"
    case .mark: "mark"
    case .close: "close"
    }
  }
}
