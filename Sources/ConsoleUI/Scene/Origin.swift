extension ConsoleModel {
  /// Where the records come from, for the title.
  package enum Origin: Equatable, Sendable {
    /// Addresses in canonical form, and the file being written, if any.
    case live(listen: String, milter: String?, file: String?)
    /// The same of a proxy in another process, which goes on when the screen is left.
    case attached(listen: String, milter: String?, file: String?)
    case files([String])
    case demo
  }

  /// How records come.
  package enum Stream: Equatable, Sendable {
    case flowing
    /// Nothing more will come.
    case ended
    /// They come, but the trace cannot be written any more.
    case unrecorded
  }
}

extension TraceView {
  /// Whether the packets have gone elsewhere, rather than going through here.
  var isRecorded: Bool { if case .files = origin { true } else { false } }

  /// Whether a proxy is stopped where the program is.
  var isProxy: Bool { if case .live = origin { true } else { false } }

  /// Whether no milter stands behind, so that somebody here decides.
  var isDesk: Bool {
    switch origin {
    case .live(_, let milter, _), .attached(_, let milter, _): milter == nil
    case .files, .demo: false
    }
  }

  /// What an empty screen says.
  var waitingWords: String {
    switch origin {
    case .live(let listen, _, _), .attached(let listen, _, _): "waiting for an MTA to connect to \(listen)"
    case .demo: "the first mail is on its way"
    case .files: isLive ? "waiting for the first packet to arrive" : "this trace has no packets so far"
    }
  }
}
