import MilterProtocol

/// How far an MTA has come in a connection; the states of `docs/protocol.md`, "Observer's state table".
package enum Position: UInt8, Sendable, Equatable, CaseIterable {
  /// Nothing has been sent.
  case start
  /// OPTNEG is not answered.
  case negotiating
  /// Negotiated; no CONNECT yet, or none since QUIT_NC.
  case ready
  case connect, helo
  case mail, rcpt, data, header, eoh, body
  /// The verdict on the message is due.
  case bodyEOB
  /// The message has its verdict, or was refused.
  case done
  /// The milter accepted or discarded: the MTA leaves it alone until the next message, or for good.
  case out
  /// QUIT, or a close.
  case closed
}

/// Whether a command is in its place.
package enum Order {
  case legal
  case illegal
  /// One of the commands that have to come between is missing.
  case tooEarly
  /// A new message, without an end of the one before.
  case unfinishedMessage
}

extension Position {
  /// Whether a command may come here, when the commands in `declined` are switched off.
  ///
  /// A message is a walk up the steps MAIL RCPT DATA HEADER EOH BODY BODYEOB: RCPT, HEADER and BODY may repeat; HEADER
  /// and BODY may be absent (no headers, an empty body), the others only where they are switched off.
  package func order(of kind: CommandKind, declined flags: ProtocolFlags) -> Order {
    switch kind {
    case .macro, .quit: return .legal
    case .optNeg: return self == .start ? .legal : .illegal
    case .connect: return self == .ready ? .legal : .illegal
    case .helo: return isBetweenCommands || self == .ready && flags.contains(.noConnect) ? .legal : .illegal
    case .unknown: return isBetweenCommands || self == .ready ? .legal : .illegal
    case .abort: return self == .start || self == .negotiating ? .illegal : .legal
    case .quitNC:
      switch self {
      case .ready, .connect, .helo, .done: return .legal
      case .start, .negotiating, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .out, .closed:
        return .illegal
      }
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB: return order(ofStep: kind, flags)
    }
  }

  private func order(ofStep kind: CommandKind, _ flags: ProtocolFlags) -> Order {
    guard let from = step(flags), let to = kind.step else { return .illegal }
    if to == 1 { return from == 0 ? .legal : from == 7 ? .illegal : .unfinishedMessage }
    if to == from { return kind == .rcpt || kind == .header || kind == .body ? .legal : .illegal }
    guard to > from else { return .illegal }
    for step in from + 1..<to where !isOptional(CommandKind.steps[step - 1], flags) { return .tooEarly }
    return .legal
  }

  /// 0 where a message may begin, 1 to 7 within one; nil where none may.
  private func step(_ flags: ProtocolFlags) -> Int? {
    switch self {
    case .ready: flags.contains(.noConnect) ? 0 : nil
    case .connect, .helo, .done, .out: 0
    case .mail: 1
    case .rcpt: 2
    case .data: 3
    case .header: 4
    case .eoh: 5
    case .body: 6
    case .bodyEOB: 7
    case .start, .negotiating, .closed: nil
    }
  }

  private func isOptional(_ step: CommandKind, _ flags: ProtocolFlags) -> Bool {
    switch step {
    case .mail: flags.contains(.noMail)
    case .rcpt: flags.contains(.noRcpt)
    case .data: flags.contains(.noData)
    case .eoh: flags.contains(.noEOH)
    case .header, .body, .bodyEOB: true
    case .optNeg, .macro, .connect, .helo, .unknown, .abort, .quit, .quitNC: true
    }
  }

  /// Where the SMTP client has the word: HELO and unknown commands may come.
  private var isBetweenCommands: Bool {
    switch self {
    case .connect, .helo, .mail, .rcpt, .done, .out: true
    case .start, .negotiating, .ready, .data, .header, .eoh, .body, .bodyEOB, .closed: false
    }
  }

  /// Within a message that is still going on.
  package var isInMessage: Bool {
    switch self {
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB: true
    case .start, .negotiating, .ready, .connect, .helo, .done, .out, .closed: false
    }
  }

  /// Where a command leads; nil for those that leave it as it is.
  static func after(_ kind: CommandKind) -> Position? {
    switch kind {
    case .optNeg: .negotiating
    case .connect: .connect
    case .helo: .helo
    case .mail: .mail
    case .rcpt: .rcpt
    case .data: .data
    case .header: .header
    case .eoh: .eoh
    case .body: .body
    case .bodyEOB: .bodyEOB
    case .quit: .closed
    case .quitNC: .ready
    case .macro, .unknown, .abort: nil
    }
  }
}

extension CommandKind {
  /// The commands of a message, each at its ``step`` less one.
  fileprivate static let steps: [CommandKind] = [.mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB]

  /// Place among the commands of a message, from 1.
  fileprivate var step: Int? {
    switch self {
    case .mail: 1
    case .rcpt: 2
    case .data: 3
    case .header: 4
    case .eoh: 5
    case .body: 6
    case .bodyEOB: 7
    case .optNeg, .macro, .connect, .helo, .unknown, .abort, .quit, .quitNC: nil
    }
  }

  /// Part of a message: MAIL to BODYEOB.
  package var isOfMessage: Bool { step != nil }
}
