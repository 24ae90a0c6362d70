import Cells
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// The body of a mail: its parts decoded for reading, then the bytes as they came.
enum BodySection {
  /// Lines of one decoded part, and of the body as sent.
  private static let partLines = 400
  private static let rawLines = 4000

  /// - Parameter isReading: only what there is to read: the bytes as they came are for ``addSource(_:into:)``, unless
  ///   they are the text.
  static func add(
    _ content: MessageContent, isReading: Bool, _ charsets: Charsets, into page: inout DetailPage
  ) {
    guard !content.body.isEmpty else {
      if content.unseen != nil {
        page.heading("Body")
        unseen(content, into: &page)
      }
      return
    }
    let whole = MIMEPart(headers: content.headers.map(\.header), body: content.body)
    let isDecoded = isWorthDecoding(whole)
    if isDecoded {
      parts(whole, content.body, charsets, into: &page)
      if isReading { unseen(content, into: &page) }
    }
    if !isReading || !isDecoded { source(content, into: &page) }
  }

  private static func unseen(_ content: MessageContent, into page: inout DetailPage) {
    guard let unseen = content.unseen else { return }
    page.paragraph(DisplayText(unseen.words, style: Style(.warn)), indent: 1)
  }

  /// The bytes as they came, where the parts were shown alone before.
  static func addSource(_ content: MessageContent, into page: inout DetailPage) {
    let whole = MIMEPart(headers: content.headers.map(\.header), body: content.body)
    if !content.body.isEmpty, isWorthDecoding(whole) { source(content, into: &page) }
  }

  private static func source(_ content: MessageContent, into page: inout DetailPage) {
    page.heading("Body as sent  " + size(content.body.count, content.bodyIsCut))
    for line in VisibleText.lines(content.body[...], limit: rawLines, usual: crlf) {
      page.paragraph(line, indent: 1)
    }
    if content.bodyIsCut { page.add(.remark("… more than is shown here", indent: 1)) }
    unseen(content, into: &page)
  }

  private static let crlf = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]

  private static func size(_ bytes: Int, _ isCut: Bool) -> String {
    NumberText.bytes(bytes) + (isCut ? " and more" : "")
  }

  /// Plain text that nothing encodes reads the same either way.
  private static func isWorthDecoding(_ part: MIMEPart) -> Bool {
    !part.parts.isEmpty || part.encoding != .identity || !isText(part)
  }

  private static func isText(_ part: MIMEPart) -> Bool { part.type.type.hasPrefix("text/") }

  private static func parts(
    _ whole: MIMEPart, _ body: [UInt8], _ charsets: Charsets, into page: inout DetailPage
  ) {
    page.heading("Parts")
    if !whole.parts.isEmpty || whole.type.isMultipart {
      page.paragraph(title(whole, nil, body, charsets), indent: 1)
    }
    for entry in whole.numbered where !(entry.depth == 0 && whole.type.isMultipart) {
      let indent = 1 + entry.depth * 2
      page.paragraph(
        title(entry.part, entry.number, body, charsets), indent: indent,
        value: entry.part.fileName(charsets), part: entry.number)
      guard entry.part.parts.isEmpty, isText(entry.part) else { continue }
      text(entry.part, body, charsets, indent: indent + 2, into: &page)
    }
  }

  private static func title(
    _ part: MIMEPart, _ number: Int?, _ body: [UInt8], _ charsets: Charsets
  ) -> DisplayText {
    var text = number.map { DisplayText("\($0)  ", style: Style(.number)) } ?? ""
    text += DisplayText(part.type.type, style: Style(.name))
    if let name = part.fileName(charsets) {
      text +=
        DisplayText(" “", style: .dim) + DisplayText(escaping: name, columns: 80)
        + DisplayText("”", style: .dim)
    }
    if part.encoding != .identity { text += DisplayText("  \(part.encoding.words)", style: .dim) }
    text += DisplayText("  " + NumberText.bytes(part.content.count), style: .dim)
    if part.encoding != .identity, part.parts.isEmpty {
      let bytes = part.decoded(from: body).bytes.count
      text += DisplayText(", decoded " + NumberText.bytes(bytes), style: .dim)
    }
    switch part.oddity {
    case .noBoundary?: text += DisplayText("  its boundary never comes", style: Style(.warn))
    case .notClosed?: text += DisplayText("  not closed", style: Style(.warn))
    case .tooDeep?, .tooMany?: text += DisplayText("  more parts than are shown", style: Style(.warn))
    case nil: break
    }
    return text
  }

  private static func text(
    _ part: MIMEPart, _ body: [UInt8], _ charsets: Charsets, indent: Int, into page: inout DetailPage
  ) {
    guard let decoded = part.text(from: body, limit: 65_536, charsets) else {
      page.paragraph(DisplayText("in a character set that is not known", style: .dim), indent: indent)
      return
    }
    let lines = VisibleText.lines(decoded[...], limit: partLines, usual: nil, showsEnds: false)
    for line in lines { page.paragraph(line, indent: indent, value: decoded) }
    if lines.count == partLines { page.add(.remark("…", indent: indent)) }
  }
}

extension TransferEncoding {
  fileprivate var words: String {
    switch self {
    case .identity: "as it is"
    case .quotedPrintable: "quoted-printable"
    case .base64: "base64"
    }
  }
}
