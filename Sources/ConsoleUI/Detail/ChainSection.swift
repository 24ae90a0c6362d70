import Cells
import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// The mail at each milter that it passed: who did what, in order, and which of the later ones saw it.
enum ChainSection {
  /// - Parameters:
  ///   - mail: index of the one whose page it is.
  ///   - known: the MTA by whose rules changes count; nil where nothing tells.
  static func add(of mail: Int, under known: KnownMTA?, _ trace: TraceView, into page: inout DetailPage) {
    let chain = trace.index.chain(ofMessage: mail)
    guard chain.count > 1 else { return }
    let story = ChainStory(chain, in: trace.index, from: trace.source, under: known)
    let names = story.passages.map { String(decoding: $0.tap, as: UTF8.self) }
    page.heading("At \(chain.count) milters")
    for (place, passage) in story.passages.enumerated() {
      add(passage, names[place], isThis: passage.message == mail, trace, into: &page)
      for deed in passage.deeds {
        let harm = deed.isHarm ? DisplayText("note ", style: Style(.findingNote)) : ""
        let seen = deed.seen(by: names[(place + 1)...]).map { DisplayText("  " + $0, style: .dim) }
        page.paragraph(
          harm + DisplayText(deed.words.text) + (seen ?? ""), indent: 4, packet: deed.packet)
      }
    }
  }

  private static func add(
    _ passage: ChainStory.Passage, _ name: String, isThis: Bool, _ trace: TraceView,
    into page: inout DetailPage
  ) {
    let message = trace.messages[passage.message]
    let connection = trace.connections[message.connection].number
    var text = DisplayText(name, style: isThis ? Style(.name, .bold) : Style(.name))
    text += DisplayText("  c\(connection).\(message.number)  ", style: Style(.connection(connection)))
    text += MailOutcome.words(message, of: trace, .medium)
    if let took = passage.took { text += DisplayText(" after " + TimeText.span(took), style: .dim) }
    if passage.deeds.isEmpty { text += DisplayText(", changes nothing", style: .dim) }
    page.paragraph(text, indent: 2, packet: message.decision?.row.map { trace.index.number(at: $0) })
  }
}
