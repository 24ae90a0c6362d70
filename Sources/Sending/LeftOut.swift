import Dialogue
import MilterProtocol

/// What an MTA would not say any more, by what this milter answered: the rest of a mail that is over, of a session whose client is
/// refused, of headers or body that it does not want to see, and commands that it switched off.
struct LeftOut: Sendable {
  private var omission = Omission.nothing
  private var accepted = 0
  /// Whether this milter refused a recipient.
  private var hasRefused = false

  private enum Omission {
    case nothing
    /// Of the kind that this is.
    case kind(CommandKind)
    /// Up to the next mail.
    case mail
    /// Up to QUIT.
    case session
  }

  /// - Parameter stage: of macros, that of the command that they come before.
  mutating func leavesOut(_ kind: CommandKind?, at stage: Stage?, _ negotiation: Negotiation) -> Bool {
    if hasRefused, accepted == 0, stage == .data || stage == .header { omission = .mail }
    if ends(at: kind, stage) { omission = .nothing }
    switch omission {
    case .mail, .session: return true
    case .kind(let kind) where stage == kind.stage: return true
    case .kind, .nothing: break
    }
    // Macros go to a milter that declined their command, too, where an MTA had sent them (protocol.md 2.3).
    guard kind != .macro, let stage else { return false }
    return negotiation.milterDeclines(stage)
  }

  private func ends(at kind: CommandKind?, _ stage: Stage?) -> Bool {
    let isNewSession = kind == .optNeg || kind == .quit || kind == .quitNC
    switch omission {
    case .nothing: return false
    case .session: return isNewSession
    case .mail, .kind: return isNewSession || kind == .abort || stage == .mail
    }
  }

  mutating func said(_ kind: CommandKind?) { if kind == .mail { (accepted, hasRefused) = (0, false) } }

  mutating func accepted(_ kind: ReplyKind, at stage: Stage) {
    if stage == .rcpt, !kind.refuses { accepted += 1 }
  }

  /// What the milter answered ends more than the MTA's words so far have it.
  mutating func decided(_ kind: ReplyKind, at stage: Stage, to command: CommandKind?) {
    switch stage {
    case .connect, .helo: if kind != .continue, kind != .skip { omission = .session }
    case .rcpt where kind.refuses: hasRefused = true
    case .data where kind.refuses: omission = .mail
    case .negotiation, .bodyEOB, .unknown: break
    case .mail, .rcpt, .data, .header, .eoh, .body:
      if kind.endsMessage(at: stage) {
        omission = .mail
      } else if kind == .skip, let command {
        omission = .kind(command)
      }
    }
  }
}
