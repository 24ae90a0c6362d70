import MilterProtocol

/// What a milter made with libmilter will take next: its own table, which is stricter than what MTAs send.
///
/// An illegal command drops the open message and puts the milter "after HELO"; unless the command is legal there, it
/// is ignored *without any reply* (`next_states`, `trans_ok` and `mi_engine` in engine.c; seen with libmilter 8.17).
/// Feed it the commands that the milter got and the verdicts that it gave, whatever the MTA was told.
package struct LibmilterState: Hashable, Sendable {
  /// The last command taken, in libmilter's sense; nil before the first.
  package private(set) var last: CommandKind?
  private var isInMessage = false
  private var declined: ProtocolFlags = []

  package init() {}

  /// Whether the milter would act on a command of that kind now, rather than ignore it.
  package func accepts(_ kind: CommandKind) -> Bool {
    kind == .macro || isLegal(kind, after: last) || Self.afterHelo.contains(kind)
  }

  /// A command reached the milter.
  package mutating func received(_ kind: CommandKind) {
    guard kind != .macro else { return }
    guard isLegal(kind, after: last) else {
      // Also the way of ABORT: the message is dropped, the connection and its HELO stay.
      isInMessage = false
      last = .helo
      if kind != .abort, Self.afterHelo.contains(kind) { take(kind) }
      return
    }
    take(kind)
  }

  private mutating func take(_ kind: CommandKind) {
    if kind == .mail { isInMessage = true }
    if kind == .bodyEOB || kind == .abort { isInMessage = false }
    last = kind == .abort ? .helo : kind
  }

  /// The milter gave a verdict on the command of that stage.
  package mutating func replied(_ verdict: ReplyKind, to stage: Stage) {
    switch verdict {
    case .accept:
      isInMessage = false
      last = .helo
    case .reject, .tempfail, .discard, .replyCode, .shutdown:
      guard stage != .rcpt, stage != .unknown else { return }
      isInMessage = false
      last = .helo
    case .optNeg, .continue, .skip, .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      return
    }
  }

  /// The milter answered OPTNEG: stages switched off may be passed over.
  package mutating func negotiated(_ flags: ProtocolFlags) { declined = flags }

  private static let afterHelo: [CommandKind] = [.helo, .mail, .unknown, .quit]

  private func isLegal(_ kind: CommandKind, after last: CommandKind?) -> Bool {
    if kind == .quit { return true }
    var state = last
    // States that the milter switched off are walked over, as `trans_ok` does.
    while true {
      let next = Self.next(after: state)
      if next.contains(kind) { return true }
      guard let passed = next.first(where: { isDeclined($0) && $0 != state }), passed != last else {
        return false
      }
      state = passed
    }
  }

  private func isDeclined(_ kind: CommandKind) -> Bool {
    guard let flag = kind.stage?.noCommandFlag, kind != .unknown else { return false }
    return declined.contains(flag)
  }

  private static func next(after state: CommandKind?) -> [CommandKind] {
    switch state {
    case nil: [.optNeg]
    case .optNeg, .quitNC: [.connect, .unknown]
    case .connect, .helo: [.helo, .mail, .unknown]
    case .mail: [.rcpt, .abort, .unknown]
    case .rcpt: [.rcpt, .data, .header, .eoh, .body, .bodyEOB, .abort, .unknown]
    case .data, .header: [.header, .eoh, .abort]
    case .eoh, .body: [.body, .bodyEOB, .abort]
    case .bodyEOB: [.mail, .unknown, .quit, .quitNC]
    case .unknown: [.helo, .mail, .rcpt, .data, .body, .unknown, .abort, .quit, .quitNC]
    case .macro, .abort, .quit: []
    }
  }
}
