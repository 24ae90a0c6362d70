import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// Mails that passed several milters, as the report tells of them.
struct ChainReport {
  let input: ExportInput

  private var index: TimelineIndex { input.index }

  /// A row a mail, a column a milter; nil where no mail passed more than one.
  var table: String? {
    let taps = index.tapNames
    guard taps.count > 1 else { return nil }
    let mails = index.messages.indices.filter { index.head(ofMessage: $0) == $0 && isChosen($0) }
    guard mails.contains(where: { index.chain(ofMessage: $0).count > 1 }) else { return nil }
    var table = "| mail | " + taps.map { MarkdownText.code($0) }.joined(separator: " | ") + " |\n"
    table += "|---|" + String(repeating: "---|", count: taps.count) + "\n"
    for i in mails.prefix(Self.rowLimit) {
      let cells = taps.map { cell(at: $0, of: index.chain(ofMessage: i)) }
      table += "| \(name(of: i)) | " + cells.joined(separator: " | ") + " |\n"
    }
    if mails.count > Self.rowLimit { table += "\n\(mails.count - Self.rowLimit) more.\n" }
    return "## Mails by milter\n\n" + table
  }

  /// What each milter did to the mail, in order; nil unless it is the first of several that are one.
  func story(ofMessage i: Int, under known: KnownMTA?) -> String? {
    let chain = index.chain(ofMessage: i)
    guard chain.count > 1, index.head(ofMessage: i) == i else { return nil }
    let story = ChainStory(chain, in: index, from: input.source, under: known)
    let taps = story.passages.map { String(decoding: $0.tap, as: UTF8.self) }
    var text = "One mail at \(chain.count) milters, in this order:\n\n"
    for (place, passage) in story.passages.enumerated() {
      text +=
        "\(place + 1). \(MarkdownText.code(taps[place])), \(name(of: passage.message)): \(passage.outcome.rawValue)"
      text += passage.took.map { " after \(TimeText.span($0))" } ?? ""
      text += passage.deeds.isEmpty ? ", changes nothing\n" : "\n"
      for deed in passage.deeds.prefix(Self.rowLimit) {
        let seen = deed.seen(by: taps[(place + 1)...]).map { " (\($0))" } ?? ""
        let mark = deed.isHarm ? "**note**: " : ""
        text += "   - packet \(deed.packet): \(mark)\(MarkdownText.code(deed.words.text))\(seen)\n"
      }
      if passage.deeds.count > Self.rowLimit { text += "   - \(passage.deeds.count - Self.rowLimit) more\n" }
    }
    return text
  }

  private static let rowLimit = 100

  private func isChosen(_ i: Int) -> Bool {
    index.chain(ofMessage: i).contains { input.chosen.hasConnection(index.messages[$0].connection) }
  }

  private func name(of i: Int) -> String {
    "\(index.connections[index.messages[i].connection].number).\(index.messages[i].number)"
  }

  private func cell(at tap: String, of chain: [Int]) -> String {
    let own = chain.first { i in
      index.tap(ofConnection: index.messages[i].connection).map { $0 == Array(tap.utf8) } ?? false
    }
    guard let own else { return "" }
    let entry = index.messages[own]
    var words = [entry.outcome.rawValue]
    if let took = entry.decision?.row.flatMap({ index[$0].took }) { words.append(TimeText.span(took)) }
    let changes = entry.modificationCount
    if changes > 0 { words.append(changes == 1 ? "1 change" : "\(changes) changes") }
    return words.joined(separator: ", ")
  }
}
