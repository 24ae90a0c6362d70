import CommandLanguage
import MilterProtocol
import TraceModel

// Other bytes for a packet that waits.
extension Subject {
  func form() -> [Response] {
    whereHeld { row in
      guard let detail = trace.detail(at: row) else { return [] }
      let macros = trace.index.macroRows(of: row).last.flatMap { trace.packet(at: $0) }
      let form = EditForm(detail, macros: macros.map(detail.macros))
      guard !form.fields.isEmpty else {
        return .refuse("this packet is too long for a form; E opens its text in your editor")
      }
      return [.fillIn(form)]
    }
  }

  /// Opens the operator's editor on what of the packet is text: a value of its own, or at end of message the mail's body.
  ///
  /// - Parameter draft: what was written there before and could not be kept.
  func edit(_ draft: EditRequest?) -> [Response] {
    whereHeld { row in
      guard let detail = trace.detail(at: row) else { return [] }
      if let draft, draft.packet == detail.number { return [.outside(.edit(draft))] }
      guard detail.stage == .bodyEOB || detail.packet.kind == .command(.bodyEOB), !detail.packet.hasOwnText
      else { return edit(valueOf: detail) }
      guard let mail else { return .refuse("there is no mail here") }
      let content = trace.index.content(ofMessage: mail, upTo: row, from: trace.source)
      guard !content.bodyIsCut else { return .refuse("the body is too long to edit") }
      return [.outside(.edit(EditRequest(packet: detail.number, .body, content.body)))]
    }
  }

  private func edit(valueOf detail: PacketDetail) -> [Response] {
    let fields = Assignment.Field.all(of: PacketValue(decoding: detail.leaving ?? detail.packet))
    let texts: [Assignment.Field] = [
      .body, .headerValue, .replyText, .reason, .unknownLine, .heloName, .rcptAddress, .mailAddress,
    ]
    for text in texts {
      guard let value = fields.first(where: { $0.field == text })?.value else { continue }
      return [.outside(.edit(EditRequest(packet: detail.number, .field(text), value)))]
    }
    return .refuse("\(detail.packet.kind.name) has no text; e opens its fields")
  }

  /// The effects, or a question first where they would make the packet that waits one that is remarked on as an error.
  func confirming(_ effects: [ConsoleEffect]) -> [Response] { .confirming(effects, remarks(on: effects)) }

  private func remarks(on effects: [ConsoleEffect]) -> [PacketJudge.Remark] {
    guard isHeld, let detail = row.flatMap({ trace.detail(at: $0) }) else { return [] }
    let before = detail.leaving ?? detail.packet
    let after = effects.reduce(before) { packet, effect in
      if case .instruct(let edit, detail.number) = effect, edit.isEdit {
        PacketDetail.edited(packet, by: trace.filled(edit, at: detail.row))
      } else {
        packet
      }
    }
    return after == before || after == detail.packet ? [] : PacketJudge(detail).remarks(on: after)
  }
}

extension EditRequest {
  /// What comes of the text that the editor left, and what is to be there again with the next E because it could not be kept.
  func outcome(_ text: [UInt8], _ trace: TraceView) -> (responses: [Response], draft: EditRequest?) {
    let bytes = bytes(of: text)
    switch target {
    case .body:
      return (
        [.outside(.instruct(Instruction.change(.replaceBody(.text(bytes))).asItStands, packet: packet))], nil
      )
    case .field(let field):
      do throws(Refusal) {
        let assignment = try Assignment(field, bytes)
        let effects = [ConsoleEffect.instruct(Instruction.set(assignment).asItStands, packet: packet)]
        guard let detail = trace.index.row(number: packet).flatMap({ trace.detail(at: $0) }) else {
          return (effects.map { .outside($0) }, nil)
        }
        let value = try assignment.applied(to: PacketValue(decoding: detail.leaving ?? detail.packet))
        let remarks = PacketJudge(detail).remarks(on: Packet(encoding: value, from: detail.packet.sender))
        let isAsked = remarks.contains { $0.rule.severity == .error }
        return (.confirming(effects, remarks), isAsked ? with(text) : nil)
      } catch {
        return (.refuse("\(error.reason); E opens your text again"), with(text))
      }
    }
  }
}

extension Packet {
  /// Whether it is a reply with a text that one may want to change, rather than the mail's.
  fileprivate var hasOwnText: Bool {
    guard case .reply(let kind) = kind else { return false }
    return kind == .replyCode || kind.role == .modification
  }
}

extension Instruction {
  /// Whether it makes another packet of one that waits; what leaves then is the operator's.
  fileprivate var isEdit: Bool {
    switch self {
    case .set, .raw: true
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .revert, .delay,
      .fault, .close,
      .mark, .unmark, .note:
      false
    }
  }
}
