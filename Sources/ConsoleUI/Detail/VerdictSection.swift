import Cells
import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// What a reply does to the SMTP client, by the rules of the MTA at hand first and of the other one after it.
enum VerdictSection {
  /// - Parameter rules: of the MTA; nil where nothing tells which it is, and both stand alike.
  static func add(_ detail: PacketDetail, _ rules: KnownMTA?, into page: inout DetailPage) {
    guard case .reply(let kind) = detail.packet.kind, let stage = detail.stage,
      kind.role == .verdict || rules?.profile?.verdict(kind, at: stage) != nil
    else { return }
    // That the dialogue goes on needs no words.
    if kind == .continue, stage != .bodyEOB { return }
    page.heading("What it does")
    let others = kind.role == .verdict ? KnownMTA.measured.filter { $0 != rules } : []
    if rules == nil { page.add(.remark("nothing tells which MTA it is", indent: 2)) }
    for mta in [rules].compactMap({ $0 }) + others {
      let effect = VerdictEffect(
        of: kind, at: stage, under: mta, text: text(detail.packet), ending: .init(of: detail.packet))
      let isMain = rules == nil || mta == rules
      var words = DisplayText(effect.words, style: isMain ? .text : .dim)
      if let code = effect.clientCode {
        words = DisplayText("\(code)  ", style: isMain ? Style(role(code), .bold) : .dim) + words
      }
      page.row(DisplayText(mta.name, style: isMain ? Style(.name) : .dim), words)
      if let danger = effect.danger {
        page.row("", DisplayText("▲ " + danger, style: Style(.findingWarning)))
      }
      if let profile = mta.profile { page.row("", DisplayText(profile.source, style: .dim)) }
    }
  }

  private static func text(_ packet: Packet) -> ArraySlice<UInt8> {
    guard case .replyCode(let text) = Dissection(packet).shape else { return [] }
    return packet.bytes[text]
  }

  private static func role(_ code: Int) -> Style.Role {
    switch code / 100 {
    case 2: .good
    case 4: .warn
    default: .bad
    }
  }
}
