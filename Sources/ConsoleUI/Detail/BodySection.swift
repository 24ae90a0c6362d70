import Cells
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// The body of a mail: its parts decoded for reading, then the bytes as they came.
struct BodySection {
  private let content: MessageContent
  private let whole: MIMEPart
  private let charsets: Charsets
  /// Whether what is here of the body is all of it: otherwise nothing is missing in the mail that is missing here.
  private let isComplete: Bool
  private let hasEnded: Bool

  /// Lines of one decoded part, and of the body as sent.
  private static let partLines = 400
  private static let rawLines = 4000

  /// - Parameter hasEnded: whether the end of the mail has come by then.
  init(_ content: MessageContent, hasEnded: Bool, _ charsets: Charsets) {
    self.content = content
    self.charsets = charsets
    self.hasEnded = hasEnded
    isComplete = hasEnded && !content.bodyIsCut && content.unseen == nil
    whole = MIMEPart(headers: content.headers.map(\.header), body: content.body)
  }

  /// - Parameter isReading: only what there is to read: the bytes as they came are for ``addSource(into:)``, unless they are
  ///   the text.
  func add(isReading: Bool, into page: inout DetailPage) {
    guard !content.body.isEmpty else {
      if content.unseen != nil {
        page.heading("Body")
        unseen(into: &page)
      }
      return
    }
    if isWorthDecoding {
      parts(into: &page)
      if isReading { unseen(into: &page) }
    }
    if !isReading || !isWorthDecoding { source(into: &page) }
  }

  /// The bytes as they came, where the parts were shown alone before.
  func addSource(into page: inout DetailPage) {
    if !content.body.isEmpty, isWorthDecoding { source(into: &page) }
  }

  private func unseen(into page: inout DetailPage) {
    guard let unseen = content.unseen else { return }
    page.paragraph(DisplayText(unseen.words, style: Style(.warn)), indent: 1)
  }

  private func source(into page: inout DetailPage) {
    page.heading(
      "Body as sent  " + NumberText.bytes(content.body.count) + (content.bodyIsCut ? " and more" : ""))
    let lines = VisibleText.lines(content.body[...], limit: Self.rawLines, usual: Self.crlf)
    for line in lines { page.paragraph(line, indent: 1) }
    if content.bodyIsCut || lines.count == Self.rawLines {
      page.add(.remark("… more than is shown here", indent: 1))
    }
    unseen(into: &page)
  }

  private static let crlf = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]

  /// Plain text that nothing encodes reads the same either way.
  private var isWorthDecoding: Bool {
    !whole.parts.isEmpty || whole.encoding != .identity || !whole.type.isText
  }

  private func parts(into page: inout DetailPage) {
    page.heading("Parts")
    if !whole.parts.isEmpty || whole.type.isMultipart {
      page.paragraph(title(whole, nil), indent: 1)
    }
    for entry in whole.numbered where !(entry.depth == 0 && whole.type.isMultipart) {
      let indent = 1 + entry.depth * 2
      page.paragraph(
        title(entry.part, entry.number), indent: indent, value: entry.part.fileName(charsets),
        part: entry.number)
      guard entry.part.parts.isEmpty, entry.part.type.isText else { continue }
      text(entry.part, indent: indent + 2, into: &page)
    }
    if !hasEnded, whole.type.isMultipart {
      page.add(
        .remark("the mail goes on behind this packet: parts are listed as far as they are here", indent: 1))
    } else if content.bodyIsCut {
      page.add(
        .remark("parts behind the first \(NumberText.bytes(content.body.count)) are not listed", indent: 1))
    }
  }

  private func title(_ part: MIMEPart, _ number: Int?) -> DisplayText {
    let text = PartTitle.text(part, number, of: content.body, charsets)
    guard isComplete else { return text }
    return switch part.oddity {
    case .noBoundary?: text + DisplayText("  its boundary is missing", style: Style(.warn))
    case .notClosed?: text + DisplayText("  not closed", style: Style(.warn))
    case .tooDeep?, .tooMany?: text + DisplayText("  more parts than are shown", style: Style(.warn))
    case nil: text
    }
  }

  private func text(_ part: MIMEPart, indent: Int, into page: inout DetailPage) {
    guard let decoded = part.text(from: content.body, limit: 65_536, charsets) else {
      page.paragraph(DisplayText("in an unknown character set", style: .dim), indent: indent)
      return
    }
    let lines = VisibleText.lines(decoded[...], limit: Self.partLines, usual: nil, showsEnds: false)
    for line in lines { page.paragraph(line, indent: indent, value: decoded) }
    if lines.count == Self.partLines { page.add(.remark("…", indent: indent)) }
  }
}

/// A part of a mail in one line: `2  image/png “logo.png”  base64  84 kB, decoded 61 kB`.
enum PartTitle {
  /// - Parameter body: that the part is of.
  static func text(_ part: MIMEPart, _ number: Int?, of body: [UInt8], _ charsets: Charsets) -> DisplayText {
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
      let bytes = part.encoding.decodedCount(of: body[part.content])
      text += DisplayText(", decoded " + NumberText.bytes(bytes), style: .dim)
    }
    return text
  }
}

extension ContentType {
  var isText: Bool { type.hasPrefix("text/") }
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
