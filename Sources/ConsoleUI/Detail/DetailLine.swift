import Cells

/// One line of the detail pane, and what the operator gets hold of when it is selected.
package struct DetailLine: Equatable, Sendable {
  package var text: DisplayText
  /// What `y` copies; nil where the line stands for nothing of its own.
  package var value: [UInt8]?
  /// The bytes of the packet that the line is about; Hex lights them.
  package var bytes: Range<Int>?
  /// Number of the packet that Enter goes to.
  package var packet: Int?
  /// Number of the MIME part that it names.
  package var part: Int?

  package init(
    _ text: DisplayText, value: [UInt8]? = nil, bytes: Range<Int>? = nil, packet: Int? = nil, part: Int? = nil
  ) {
    self.text = text
    self.value = value
    self.bytes = bytes
    self.packet = packet
    self.part = part
  }

  package static let blank = DetailLine("")

  package static func heading(_ words: String) -> DetailLine {
    DetailLine(DisplayText(words, style: Style(.heading, .bold)))
  }

  package static func remark(_ words: String, indent: Int = 0) -> DetailLine {
    DetailLine(.blanks(indent) + DisplayText(words, style: .dim))
  }
}

/// A page of detail lines under way: labels in one column, values wrapped beside them.
struct DetailPage {
  private(set) var lines: [DetailLine] = []
  let width: Int
  var labelColumns: Int

  init(width: Int, labelColumns: Int = 18) {
    self.width = max(10, width)
    self.labelColumns = min(labelColumns, max(6, width / 3))
  }

  mutating func add(_ line: DetailLine) { lines.append(line) }

  mutating func heading(_ words: String) {
    if !lines.isEmpty { lines.append(.blank) }
    lines.append(.heading(words))
  }

  /// `  label   text`, the text in as many lines as it needs.
  mutating func row(
    _ label: DisplayText, _ text: DisplayText, value: [UInt8]? = nil, bytes: Range<Int>? = nil,
    packet: Int? = nil
  ) {
    let indent = 2
    var head = DisplayText.blanks(indent) + label.fitted(to: max(labelColumns, min(label.width, width / 2)))
    head += " "
    let room = width - head.width
    if room < 12 {
      lines.append(DetailLine(head, value: value, bytes: bytes, packet: packet))
      paragraph(text, indent: indent + 2, value: value, bytes: bytes, packet: packet)
      return
    }
    for (index, part) in text.wrapped(to: room).enumerated() {
      let start = index == 0 ? head : .blanks(head.width)
      lines.append(DetailLine(start + part, value: value, bytes: bytes, packet: packet))
    }
  }

  mutating func row(_ label: String, _ text: DisplayText, bytes: Range<Int>? = nil) {
    row(DisplayText(label, style: Style(.name)), text, bytes: bytes)
  }

  mutating func paragraph(
    _ text: DisplayText, indent: Int = 2, value: [UInt8]? = nil, bytes: Range<Int>? = nil,
    packet: Int? = nil, part: Int? = nil
  ) {
    for line in text.wrapped(to: max(8, width - indent)) {
      lines.append(
        DetailLine(.blanks(indent) + line, value: value, bytes: bytes, packet: packet, part: part))
    }
  }
}
