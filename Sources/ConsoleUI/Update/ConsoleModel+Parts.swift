import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

// The parts of the selected mail.
extension ConsoleModel {
  /// The whole body of the mail that the packet belongs to; nil while it is still coming.
  package func body(ofMailWith packet: Int) -> [UInt8]? {
    guard let row = trace.index.row(number: packet), let message = trace.index.messageIndex(at: row),
      trace.index.messages[message].endRow != nil
    else { return nil }
    let content = trace.index.content(ofMessage: message, from: trace.source, bodyLimit: 64 << 20)
    return content.bodyIsCut ? nil : content.body
  }

  /// The line of the prompt that saves the part under the cursor, else the first attachment.
  mutating func askSavePart() -> [ConsoleEffect] {
    guard let mail = selectedMailParts else { return refuse("no mail is selected") }
    let listed = mail.parts
    let chosen =
      (focus == .detail ? detail.selectedLine?.part : nil).flatMap { number in
        listed.first { $0.number == number }
      } ?? listed.first { $0.part.fileName != nil } ?? listed.first
    guard let chosen else { return refuse("the mail has no part to save") }
    let name = Quoting.argument(Array(chosen.part.safeFileName(chosen.number).utf8))
    ask(.instruction, text: "save-part \(chosen.number) \(name)")
    return []
  }

  mutating func savePart(_ number: Int, to path: String) -> [ConsoleEffect] {
    guard let mail = selectedMailParts else { return refuse("no mail is selected") }
    guard let entry = mail.parts.first(where: { $0.number == number }) else {
      return refuse("there is no part \(number): the mail has \(NumberText.count(mail.parts.count, "part"))")
    }
    guard !mail.isCut else { return refuse("the mail is too long to be saved from here") }
    let content = entry.part.decoded(from: mail.body, limit: .max)
    return [.save(path: path, bytes: content.bytes, replaces: false)]
  }

  private var selectedMailParts: (parts: [MIMEPart.Numbered], body: [UInt8], isCut: Bool)? {
    guard let row = focusRow, let message = trace.index.messageIndex(at: row) else { return nil }
    let content = trace.index.content(ofMessage: message, from: trace.source, bodyLimit: 64 << 20)
    guard !content.body.isEmpty else { return nil }
    let whole = MIMEPart(headers: content.headers.map(\.header), body: content.body)
    return (whole.numbered, content.body, content.bodyIsCut)
  }
}
