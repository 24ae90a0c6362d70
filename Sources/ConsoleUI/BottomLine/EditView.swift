import Cells
import MilterProtocol
import TraceModel

/// The form of a held packet: a line a field, what would leave, and what would be remarked on it.
enum EditView {
  static func draw(_ form: EditForm, into frame: inout Frame, in rect: Rect) {
    guard rect.rows > 2 else { return }
    frame.fill(rect)
    var rest = rect
    let head = rest.takeTop(1)
    frame.horizontalLine(at: head.origin, columns: head.columns)
    let title = DisplayText(
      " edit packet \(form.number) · \(form.packet.kind.name) ", style: Style(.heading, .bold))
    frame.put(title, at: Point(column: head.column + 1, row: head.row))
    let below = below(form, width: rect.columns)
    let foot = rest.takeBottom(min(below.count, max(0, rest.rows - 2)))
    drawFields(form, into: &frame, in: rest)
    for (index, line) in below.prefix(foot.rows).enumerated() { frame.put(line, in: foot.line(index)) }
  }

  private static func drawFields(_ form: EditForm, into frame: inout Frame, in rect: Rect) {
    guard rect.rows > 0 else { return }
    let labels = form.fields.map { DisplayText($0.label) }
    let labelColumns = min(rect.columns / 3, labels.map(\.width).max() ?? 0)
    let top = max(0, form.current - rect.rows + 1)
    for (index, field) in form.fields.enumerated().dropFirst(top).prefix(rect.rows) {
      let line = rect.line(index - top)
      let isCurrent = index == form.current
      let mark = DisplayText(field.isChanged ? "*" : " ", style: Style(.edited, .bold))
      let label = labels[index].styled(Style(.name, isCurrent ? .bold : [])).fitted(to: labelColumns)
      frame.put(" " + mark + label, in: line)
      let start = line.column + labelColumns + 4
      let room = line.endColumn - start - 1
      if let meaning = field.meaning {
        let box = DisplayText(field.isOn ? "[x]" : "[ ]", style: Style(isCurrent ? .prompt : .value))
        let words = DisplayText("  " + meaning, style: field.isOn ? Style(.value) : .dim)
        frame.put((box + words).fitted(to: max(1, room)), at: Point(column: start, row: line.row))
        if isCurrent { frame.cursor = Point(column: start + 1, row: line.row) }
        continue
      }
      let text = DisplayText(field.editor.text, style: Style(isCurrent ? .prompt : .value))
      field.editor.draw(text, at: start, room: room, hasCursor: isCurrent, into: &frame, in: line)
    }
  }

  private static func below(_ form: EditForm, width: Int) -> [DisplayText] {
    var lines: [DisplayText] = [""]
    let field = form.fields[form.current]
    if field.isChanged {
      lines.append(
        "  " + DisplayText("was  ", style: .dim) + DisplayText(field.before, style: Style(.removed)))
    }
    switch form.judgement {
    case .unchanged: break
    case .refused(let index, let words):
      lines.append("  " + DisplayText("✖ \(form.fields[index].label): \(words)", style: Style(.bad)))
    case .fine(_, let packet, let remarks):
      lines.append(
        "  " + DisplayText("leaves as  ", style: .dim)
          + (packet.isModification ? "" : DisplayText(packet.kind.name + " ", style: Style(.keyword)))
          + PacketWords.text(of: packet, columns: width))
      for remark in remarks {
        let sign =
          remark.rule.severity.mark
          + DisplayText(" \(remark.rule.id) ", style: Style(remark.rule.severity.role))
        lines.append("  " + sign + DisplayText(remark.text.text))
        lines.append("    " + DisplayText(remark.rule.consequence.text(at: form.mta), style: .dim))
        let cure = remark.rule.remedy.text(at: form.mta)
        if !cure.isEmpty { lines.append("    " + DisplayText("→ " + cure)) }
      }
    }
    if let long = form.tooLong {
      lines.append(
        "  " + DisplayText("\(long) is too long for a line; E opens it in your editor", style: .dim))
    }
    return lines
  }

  /// The keys, on the bottom line.
  static func hints(_ form: EditForm) -> DisplayText {
    let space = form.fields[form.current].meaning == nil ? [] : [("Space", "switch")]
    let keys =
      [("Enter", "keep"), ("Esc", "leave")] + space + [("Tab", "next field"), ("Up", "the one before")]
    return keys.map { DisplayText($0, style: .key) + DisplayText(" " + $1, style: .dim) }.joined()
  }
}

extension Packet {
  /// Its words name it already.
  fileprivate var isModification: Bool {
    if case .reply(let kind) = kind { kind.role == .modification } else { false }
  }
}
