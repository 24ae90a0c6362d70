import Cells
import Dialogue
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
    case .macro(let letter, _): return announced(in: packet, letter)
    default: return ""
    }
  }

  /// Dim, and with the name of the macro where there is room: the milter declined the command, and the client's own words are not there.
  private func announced(in packet: Packet, _ letter: UInt8) -> DisplayText {
    let name = letter == CommandKind.mail.rawValue ? "mail_addr" : "rcpt_addr"
    let pair = MacroPairs(of: packet).first {
      KnownMacro.bareName(packet.bytes[$0.name]).elementsEqual(name.utf8)
    }
    guard let pair else { return "" }
    return DisplayText(escaping: packet.bytes[pair.value], columns: 120, style: .dim)
      + DisplayText(" {\(name)}", style: .dim)
  }

  func recipients(of message: MessageEntry) -> DisplayText {
    var text = address(at: message.rcptRow)
    if message.recipientCount > 1 { text += DisplayText(" +\(message.recipientCount - 1)", style: .dim) }
    return text
  }

  /// Those that nobody has refused by then; where none was, as ``recipients(of:)`` has them.
  func standingRecipients(of message: MessageEntry, at row: Int) -> DisplayText {
    guard message.refusedCount > 0, let facts = detail(at: row)?.facts.message else {
      return recipients(of: message)
    }
    let standing = facts.accepted
    guard let first = standing.first else { return DisplayText("none left", style: Style(.warn)) }
    let text = DisplayText(escaping: first.address.bytes, columns: 120)
    return standing.count > 1 ? text + DisplayText(" +\(standing.count - 1)", style: .dim) : text
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
