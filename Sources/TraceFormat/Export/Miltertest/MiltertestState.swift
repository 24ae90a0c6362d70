import MilterProtocol

/// How far miltertest believes a connection to be: before a step it sends by itself what it thinks is missing, unless the milter
/// switched that off (`mt_assert_state` in OpenDKIM's miltertest.c 1.6).
struct MiltertestState {
  enum Step: Int, Comparable {
    case start, negotiated, connect, helo, mail, rcpt, data, header, eoh, body, end

    static func < (a: Step, b: Step) -> Bool { a.rawValue < b.rawValue }
  }

  private(set) var step = Step.start
  /// As the milter answered.
  var flags: ProtocolFlags = []

  /// What it would send by itself before a function that wants `wanted`, and takes as done then.
  mutating func assert(_ wanted: Step) -> [CommandKind] {
    var sent: [CommandKind] = []
    for (step, kind, flag) in Self.steps where step > self.step && step <= wanted {
      if !flags.contains(flag) { sent.append(kind) }
    }
    step = max(step, wanted)
    return sent
  }

  /// Whether it gives up over a command that the milter switched off.
  func refuses(_ kind: CommandKind) -> Bool {
    if kind == .unknown { return flags.contains(.noUnknown) }
    return Self.steps.contains { $0.1 == kind && flags.contains($0.2) }
  }

  mutating func reached(_ step: Step) { self.step = step }

  private static let steps: [(Step, CommandKind, ProtocolFlags)] = [
    (.connect, .connect, .noConnect), (.helo, .helo, .noHelo), (.mail, .mail, .noMail),
    (.rcpt, .rcpt, .noRcpt), (.data, .data, .noData), (.header, .header, .noHeaders), (.eoh, .eoh, .noEOH),
    (.body, .body, .noBody),
  ]
}
