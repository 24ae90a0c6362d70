import Cells
import MilterProtocol

/// A packet in one line of the screen: the words of `PacketSummary`, told apart by what they are.
enum PacketWords {
  /// What a row says after the stage.
  static func text(of packet: Packet, columns: Int = 400) -> DisplayText {
    var text = DisplayText()
    if let keyword = keyword(of: packet.kind) {
      text += keyword
    }
    for part in PacketSummary(packet).parts {
      if text.width >= columns { break }
      switch part {
      case .words(let words):
        if !isVerdictWord(packet.kind) { text += DisplayText(words, style: wordStyle(packet.kind)) }
      case .wire(let bytes): text.append(escaping: bytes, columns: columns, style: wireStyle(packet.kind))
      }
    }
    return text
  }

  /// The name in front of what the stage column does not say already: what kind of reply it is.
  private static func keyword(of kind: PacketKind) -> DisplayText? {
    switch kind {
    case .command: return nil
    case .reply(let reply):
      switch reply.role {
      case .verdict where reply != .replyCode, .keepAlive, .misplaced:
        return DisplayText(reply.word, style: Style(role(of: reply)))
      case .modification:
        return DisplayText(reply.name, style: Style(.changed)) + " "
      case .verdict, .negotiation: return nil
      }
    case .unknown, .empty: return DisplayText(kind.name, style: Style(.bad)) + " "
    }
  }

  /// The summary of such a packet is its name, which stands there already.
  private static func isVerdictWord(_ kind: PacketKind) -> Bool {
    guard case .reply(let reply) = kind, reply != .replyCode else { return false }
    switch reply.role {
    case .verdict, .keepAlive, .misplaced: return true
    case .modification, .negotiation: return false
    }
  }

  private static func wordStyle(_ kind: PacketKind) -> Style {
    switch kind {
    case .command(.body), .command(.macro), .command(.optNeg), .command(.eoh), .command(.bodyEOB),
      .reply(.optNeg):
      .dim
    case .command, .reply, .unknown, .empty: .text
    }
  }

  private static func wireStyle(_ kind: PacketKind) -> Style {
    switch kind {
    case .reply(.replyCode): Style(.bad)
    case .command(.body), .command(.macro): .dim
    case .command, .reply, .unknown, .empty: .text
    }
  }

  /// How a reply looks, by what it does to the mail.
  static func role(of kind: ReplyKind) -> Style.Role {
    switch kind {
    case .continue, .skip, .progress: .dim
    case .accept: .good
    case .reject, .replyCode, .shutdown, .connFail, .setSymList: .bad
    case .tempfail, .discard: .warn
    case .quarantine: .warn
    case .optNeg, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody:
      .changed
    }
  }

  /// The row in plain letters, for copy.
  static func plain(_ packet: Packet) -> String { String(decoding: plainBytes(packet), as: UTF8.self) }

  /// The same as UTF-8, for search.
  static func plainBytes(_ packet: Packet) -> [UInt8] {
    var bytes: [UInt8] = []
    if case .reply(let reply) = packet.kind, reply.role == .modification { bytes += "\(reply.name) ".utf8 }
    for part in PacketSummary(packet).parts { part.append(to: &bytes) }
    return bytes
  }
}
