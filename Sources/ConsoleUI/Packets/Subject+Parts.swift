import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

// The parts of the selected mail.
extension Subject {
  /// The line of the prompt that saves the part numbered `chosen`, else the first attachment.
  func askSavePart(_ chosen: Int?) -> [Response] {
    guard let parts = mailParts else { return .refuse("no mail is selected") }
    let listed = parts.listed
    let part =
      listed.first { $0.number == chosen } ?? listed.first { $0.part.fileName(trace.charsets) != nil }
      ?? listed.first
    guard let part else { return .refuse("the mail has no part to save") }
    let name = Quoting.argument(Array(part.part.safeFileName(part.number, trace.charsets).utf8))
    return [.ask(.instruction, "save-part \(part.number) \(name)")]
  }

  func savePart(_ number: Int, to path: String) -> [Response] {
    guard let parts = mailParts else { return .refuse("no mail is selected") }
    guard let part = parts.listed.first(where: { $0.number == number }) else {
      let count = NumberText.count(parts.listed.count, "part")
      return .refuse("there is no part \(number): the mail has \(count)")
    }
    guard !parts.isCut else { return .refuse("the mail is too long to be saved from here") }
    let content = part.part.decoded(from: parts.body, limit: .max)
    return [.outside(.save(path: path, bytes: content.bytes, replaces: false))]
  }

  private var mailParts: (listed: [MIMEPart.Numbered], body: [UInt8], isCut: Bool)? {
    guard let mail else { return nil }
    let content = trace.index.content(ofMessage: mail, from: trace.source, bodyLimit: TraceView.longestBody)
    guard !content.body.isEmpty else { return nil }
    let whole = MIMEPart(headers: content.headers.map(\.header), body: content.body)
    return (whole.numbered, content.body, content.bodyIsCut)
  }
}

extension TraceView {
  /// What is read of a body: more than any MTA takes by default.
  static let longestBody = 64 << 20

  /// The whole body of the mail that the packet belongs to; nil while it is still coming.
  func body(ofMailWith packet: Int) -> [UInt8]? {
    guard let row = index.row(number: packet), let mail = index.messageIndex(at: row),
      messages[mail].endRow != nil
    else { return nil }
    let content = index.content(ofMessage: mail, from: source, bodyLimit: TraceView.longestBody)
    return content.bodyIsCut ? nil : content.body
  }
}
