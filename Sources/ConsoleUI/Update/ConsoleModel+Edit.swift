import Cells
import MilterProtocol
import TraceModel

// Editing what is held.
extension ConsoleModel {
  mutating func openForm() -> [ConsoleEffect] {
    guard let row = heldRow(), let detail = trace.detail(at: row) else { return [] }
    let macros = trace.index.macroRows(of: row).last.flatMap { trace.packet(at: $0) }
    let form = EditForm(detail, macros: macros.map(detail.macros))
    guard !form.fields.isEmpty else {
      return refuse("this packet is too long for a form; E opens its text in your editor")
    }
    self.form = form
    return []
  }

  /// A key while the form is open.
  mutating func filledIn(_ key: Key) -> [ConsoleEffect] {
    guard let count = form?.fields.count, let current = form?.current else { return [] }
    switch key {
    case .named(.escape), .control("c"), .control("g"): form = nil
    case .named(.down), .named(.tab), .control("n"): form?.current = (current + 1) % count
    case .named(.up), .named(.backTab), .control("p"): form?.current = (current + count - 1) % count
    case .named(.enter): return keepEdits()
    default:
      guard form?.fields[current].apply(key) == true else { return [] }
      form?.judge()
    }
    return []
  }

  private mutating func keepEdits() -> [ConsoleEffect] {
    guard let form else { return [] }
    switch form.judgement {
    case .unchanged:
      self.form = nil
      return []
    case .refused(let index, let words):
      self.form?.current = index
      return refuse(words)
    case .fine(let instructions, _, let remarks):
      self.form = nil
      let effects = instructions.map { ConsoleEffect.instruct($0, packet: form.number) }
      return confirming(effects, remarks)
    }
  }

  /// Asks first where what would leave is an error; otherwise does it.
  mutating func confirming(
    _ effects: [ConsoleEffect], _ remarks: [(rule: FindingRule, text: Sentence)]
  ) -> [ConsoleEffect] {
    guard let worst = remarks.first(where: { $0.rule.severity == .error }) else { return effects }
    question = Question(words: "\(worst.rule.id) \(worst.rule.title). Keep it all the same?", yes: effects)
    return []
  }

  // MARK: the operator's editor

  /// What of the packet is text: a value of its own, or at end of message the mail's body.
  mutating func openEditor() -> [ConsoleEffect] {
    guard let row = heldRow(), let detail = trace.detail(at: row) else { return [] }
    if let draft = editDraft, draft.packet == detail.number { return [.edit(draft)] }
    if detail.stage == .bodyEOB || detail.packet.kind == .command(.bodyEOB) {
      if case .reply(let kind) = detail.packet.kind, kind == .replyCode || kind.role == .modification {
        return edit(valueOf: detail)
      }
      guard let message = trace.index.messageIndex(at: row) else { return refuse("there is no mail here") }
      let content = trace.index.content(ofMessage: message, upTo: row, from: trace.source)
      guard !content.bodyIsCut else { return refuse("the body is too long to edit") }
      return [.edit(EditRequest(packet: detail.number, .body, content.body))]
    }
    return edit(valueOf: detail)
  }

  private mutating func edit(valueOf detail: PacketDetail) -> [ConsoleEffect] {
    let fields = Assignment.Field.all(of: PacketValue(decoding: detail.leaving ?? detail.packet))
    let texts: [Assignment.Field] = [
      .body, .headerValue, .replyText, .reason, .unknownLine, .heloName, .rcptAddress, .mailAddress,
    ]
    for text in texts {
      guard let value = fields.first(where: { $0.field == text })?.value else { continue }
      return [.edit(EditRequest(packet: detail.number, .field(text), value))]
    }
    return refuse("\(detail.packet.kind.name) has no text; e opens its fields")
  }

  /// The editor has come back. What cannot be kept is there again with the next E.
  mutating func edited(_ request: EditRequest, _ text: [UInt8]) -> [ConsoleEffect] {
    guard text != request.text || request == editDraft else {
      status = StatusMessage(.done, "nothing was changed")
      return []
    }
    editDraft = nil
    let bytes = request.bytes(of: text)
    switch request.target {
    case .body: return [.instruct(.change(.replaceBody(.text(bytes))), packet: request.packet)]
    case .field(let field):
      do throws(Refusal) {
        let assignment = try Assignment(field, bytes)
        let effects = [ConsoleEffect.instruct(.set(assignment), packet: request.packet)]
        guard let detail = trace.index.row(number: request.packet).flatMap({ trace.detail(at: $0) }) else {
          return effects
        }
        let value = try assignment.applied(to: PacketValue(decoding: detail.leaving ?? detail.packet))
        let packet = Packet(encoding: value, from: detail.packet.sender)
        let kept = confirming(effects, PacketJudge(detail).remarks(on: packet))
        if kept.isEmpty { editDraft = request.with(text) }
        return kept
      } catch {
        editDraft = request.with(text)
        return refuse("\(error.reason); E opens your text again")
      }
    }
  }
}
