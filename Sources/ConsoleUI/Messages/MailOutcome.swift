import Cells
import MilterProtocol
import Timeline
import TraceModel

/// What became of a mail, in the words that the list, its page and a search share.
enum MailOutcome {
  enum Length { case short, medium, long }

  /// - Parameter trace: where the words of a refusal are read; nil where they stand beside it.
  static func words(_ message: MessageEntry, of trace: TraceView?, _ length: Length) -> DisplayText {
    let outcome = DisplayText(message.outcome.rawValue, style: Style(role(message.outcome)))
    let refused = message.refusedCount
    if refused > 0, !message.lostAllRecipients {
      switch length {
      case .long, .medium: return outcome + DisplayText(", \(refused) refused", style: Style(.bad))
      case .short where message.outcome == .accepted:
        return DisplayText("ok", style: Style(.good)) + DisplayText(" −\(refused) rcpt", style: Style(.bad))
      case .short: return outcome + DisplayText(" −\(refused)", style: Style(.bad))
      }
    }
    guard length == .long else { return outcome }
    if message.lostAllRecipients, message.decision == nil || message.decision?.stage == .rcpt {
      return outcome + DisplayText(", no recipient left", style: Style(.bad))
    }
    guard let trace, let row = message.decision?.row, message.decision?.kind == .replyCode,
      let packet = trace.packetAsItLeaves(at: row), case .replyCode(let text) = Dissection(packet).shape
    else { return outcome }
    return outcome + DisplayText(" ", style: .dim)
      + DisplayText(escaping: packet.bytes[text], columns: 60, style: .dim)
  }

  static func role(_ outcome: MessageEntry.Outcome) -> Style.Role {
    switch outcome {
    case .accepted: .good
    case .rejected: .bad
    case .tempfailed, .discarded, .quarantined, .lost: .warn
    case .open, .aborted: .dim
    }
  }
}
