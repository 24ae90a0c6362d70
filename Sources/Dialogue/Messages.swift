import MilterProtocol

/// The mails of a connection: how many there were, and how far the one in progress is (protocol.md 6.1).
package struct Messages: Sendable {
  /// Number of the one in progress, or of the latest; 0 before the first.
  package private(set) var number = 0
  package private(set) var phase = Phase.open
  /// Nothing but macros so far.
  private var isUntouched = true
  /// Its verdict answered the end of message: whatever content comes is that of another mail.
  private var hadItsEnd = false

  package enum Phase: UInt8, Equatable, Sendable {
    case open
    /// Its verdict is given; ABORT may still follow.
    case decided
    /// Ended by ABORT; after a verdict that is mere tidying up.
    case aborted
    /// The connection ended first.
    case lost
  }

  /// The message in progress; 0 for none.
  package var open: Int { phase == .open ? number : 0 }

  /// The message that a command, or macros for it, belongs to: the one in progress or a new one; 0 for none.
  ///
  /// - Parameter milterHasLeft: what was on its way when it went still belongs to the mail that was lost with it.
  mutating func enter(_ kind: CommandKind, byMacros: Bool, milterHasLeft: Bool) -> Int {
    switch kind {
    case .mail:
      // Macros for MAIL begin the message, so that it is there even where the milter declined MAIL itself.
      if number == 0 || phase != .open || !isUntouched { begin() }
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      if number == 0 || phase == .aborted || phase == .lost && !milterHasLeft || hadItsEnd { begin() }
    case .unknown: return open
    case .abort: return number == 0 || phase == .aborted || phase == .lost ? 0 : number
    case .optNeg, .macro, .connect, .helo, .quit, .quitNC: return 0
    }
    if !byMacros {
      switch kind {
      case .mail, .rcpt, .header, .body: isUntouched = false
      case .optNeg, .macro, .connect, .helo, .data, .eoh, .bodyEOB, .unknown, .abort, .quit, .quitNC: break
      }
    }
    return number
  }

  private mutating func begin() {
    number += 1
    (phase, isUntouched, hadItsEnd) = (.open, true, false)
  }

  mutating func aborted() { phase = .aborted }

  /// The connection ended, or QUIT came.
  mutating func connectionEnded() { if number > 0, phase == .open { phase = .lost } }

  /// The MTA heard a verdict on a command of that message.
  mutating func heard(_ verdict: ReplyKind, at stage: Stage, of message: Int) {
    guard message != 0, message == number else { return }
    switch stage {
    case .mail, .header, .eoh, .body: if verdict != .continue, verdict != .skip { decide() }
    // A refused recipient or DATA leaves the message open: both MTAs send further RCPT and DATA (protocol.md 6.2).
    case .rcpt, .data: if verdict == .accept || verdict == .discard { decide() }
    case .bodyEOB:
      decide()
      hadItsEnd = true
    case .negotiation, .connect, .helo, .unknown: break
    }
  }

  private mutating func decide() { if phase == .open { phase = .decided } }
}
