import Cells
import Mail
import MilterProtocol
import Timeline
import TraceModel

// Whom a mail is from, whom it is for, and what about, for rows.
extension TraceView {
  func address(at row: Int?) -> DisplayText {
    guard let row, let packet = packet(at: row) else { return DisplayText("·", style: .dim) }
    switch Dissection(packet).shape {
    case .mail(let address, _), .rcpt(let address, _):
      return DisplayText(escaping: packet.bytes[address], columns: 120)
    default: return ""
    }
  }

  func recipients(of message: MessageEntry) -> DisplayText {
    var text = address(at: message.rcptRow)
    if message.recipientCount > 1 { text += DisplayText(" +\(message.recipientCount - 1)", style: .dim) }
    return text
  }

  func subject(of message: MessageEntry) -> DisplayText {
    guard let row = message.subjectRow, let packet = packet(at: row),
      case .header(_, let value) = Dissection(packet).shape
    else { return DisplayText("·", style: .dim) }
    return DisplayText(escaping: decoded(Array(packet.bytes[value])), columns: 200)
  }

  private func decoded(_ value: [UInt8]) -> [UInt8] {
    let words = EncodedWords(value, charsets)
    return words.hasEncodedWords ? words.text(of: value) : value
  }
}
