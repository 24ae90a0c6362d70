import Cells
import Delivery
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What becomes of a mail's body: part by part where it has parts, a part that goes in one line; else line by line.
struct BodyChangesSection {
  private let result: EffectiveResult
  private let content: MessageContent
  private let isWhole: Bool
  private let charsets: Charsets

  /// Lines of a text that are shown; of one that goes as a whole fewer.
  private static let textLines = 4000
  private static let removedLines = 40

  /// - Parameter isWhole: with what stays as it is.
  init(_ result: EffectiveResult, of content: MessageContent, isWhole: Bool, _ charsets: Charsets) {
    self.result = result
    self.content = content
    self.isWhole = isWhole
    self.charsets = charsets
  }

  func add(into page: inout DetailPage) {
    guard !result.bodyPackets.isEmpty || isWhole else { return }
    if isWhole { page.add(.blank) }
    guard !content.bodyIsCut || result.bodyPackets.isEmpty else {
      let words = DisplayText("the body is replaced; it is too long to compare here")
      return DiffLine.add("+ ", [words], .added, packet, into: &page)
    }
    let before = (content.headers.map(\.header), result.bodyBefore)
    let after = (
      result.headers.filter { !$0.isRemoved }.map { Header(name: $0.name, value: $0.text) }, result.body
    )
    guard let changes = PartChanges(from: before, to: after) else {
      return lines(from: result.bodyBefore, to: result.body, into: &page)
    }
    for step in changes.steps { add(step, into: &page) }
  }

  private var packet: Int? { result.bodyPackets.first }

  private func add(_ step: PartChanges.Step, into page: inout DetailPage) {
    switch step {
    case .kept(let part): if isWhole { kept(part, into: &page) }
    case .removed(let part):
      DiffLine.add("- ", [title(part, of: result.bodyBefore)], .removed, packet, into: &page)
    case .added(let part):
      DiffLine.add("+ ", [title(part, of: result.body)], .added, packet, into: &page)
      guard part.part.type.isText else { return }
      for line in text(part.part, of: result.body).lines {
        DiffLine.add("+ ", [line], .added, packet, into: &page)
      }
    case .changed(let old, let new):
      page.paragraph(DisplayText("  ") + title(new, of: result.body), indent: 2)
      lines(
        from: text(old.part, of: result.bodyBefore).bytes, to: text(new.part, of: result.body).bytes,
        into: &page)
    }
  }

  private func kept(_ part: MIMEPart.Numbered, into page: inout DetailPage) {
    DiffLine.add("  ", [title(part, of: result.body)], .text, nil, into: &page)
    guard part.part.type.isText else { return }
    for line in text(part.part, of: result.body).lines { DiffLine.add("  ", [line], .text, nil, into: &page) }
  }

  private func title(_ part: MIMEPart.Numbered, of body: [UInt8]) -> DisplayText {
    "part " + PartTitle.text(part.part, part.number, of: body, charsets)
  }

  /// The text of a part, decoded where its character set is known.
  private func text(_ part: MIMEPart, of body: [UInt8]) -> (bytes: [UInt8], lines: [DisplayText]) {
    let bytes = part.text(from: body, charsets) ?? Array(body[part.content])
    return (bytes, VisibleText.lines(bytes[...], limit: Self.removedLines * 10, columns: 600, usual: Self.lf))
  }

  // MARK: lines

  private func lines(from old: [UInt8], to new: [UInt8], into page: inout DetailPage) {
    let diff = BodyDiff(from: old, to: new).lines
    let removed = diff.count { if case .removed = $0 { true } else { false } }
    var shownRemoved = 0
    for line in diff.prefix(Self.textLines + removed) {
      switch line {
      case .kept(let range): if isWhole { DiffLine.add("  ", text(new[range]), .text, nil, into: &page) }
      case .removed(let range):
        shownRemoved += 1
        guard shownRemoved <= Self.removedLines else { continue }
        DiffLine.add("- ", text(old[range]), .removed, nil, into: &page)
        guard shownRemoved == Self.removedLines, removed > shownRemoved else { continue }
        let more = "… \(NumberText.count(removed - shownRemoved, "line")) more"
        DiffLine.add("- ", [DisplayText(more)], .removed, nil, into: &page)
      case .added(let range): DiffLine.add("+ ", text(new[range]), .added, packet, into: &page)
      }
    }
  }

  private static let lf = [UInt8(ascii: "\n")]

  /// With its end, which may be all that is changed; as it is stored, where CRLF is LF.
  private func text(_ line: ArraySlice<UInt8>) -> [DisplayText] {
    VisibleText.lines(line, limit: 8, columns: 600, usual: Self.lf)
  }
}

/// Lines of a diff, with the packet behind them at the end of the last.
enum DiffLine {
  static func add(
    _ sign: String, _ texts: [DisplayText], _ role: Style.Role, _ packet: Int?, into page: inout DetailPage
  ) {
    for (place, text) in texts.enumerated() {
      let by = place + 1 == texts.count ? packet.map { DisplayText("  packet \($0)", style: .dim) } : nil
      page.paragraph(
        DisplayText(sign, style: Style(role)) + text.styled(role) + (by ?? ""), indent: 2, packet: packet)
    }
  }
}
