import MilterProtocol

/// The table of texts as the page `docs/log-lines.md`.
package enum LogTextPage {
  package static var markdown: String {
    var page = """
      # What logs say about milters

      Every text about a milter that Postfix (smtpd, cleanup), Sendmail and libmilter print, as `mitmilter explain` knows it; printed from the
      table in `Sources/LogLines/Texts`, do not edit. Braces stand for what differs. Postfix puts `warning: ` or a queue id in front, Sendmail a
      queue id. [explain](explain.md) says how to ask.

      Most of the texts were provoked with Postfix 3.7.11, Sendmail 8.17.1.9 and libmilter 8.17; the others are from source (Postfix 2.3 to 3.12,
      Sendmail and libmilter 8.12 to 8.18).

      """
    for speaker in Speaker.allCases {
      page += "\n## \(speaker.name)\n\n| text | means | what to look at | source |\n|---|---|---|---|\n"
      for text in LogText.all where text.speaker == speaker {
        let history = TextHistory.of(text).map { " (\($0.words))" } ?? ""
        let cells = [code(text.format), text.meaning + history, text.advice.words, text.source]
        page += "| " + cells.map { $0.replacingBar }.joined(separator: " | ") + " |\n"
      }
    }
    return page
  }

  private static func code(_ text: String) -> String { text.contains("`") ? "`` \(text) ``" : "`\(text)`" }
}

extension String {
  /// A bar would end a cell of a table.
  fileprivate var replacingBar: String {
    split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}

extension Advice {
  /// In a cell of the page.
  fileprivate var words: String {
    switch self {
    case .connecting: "the text of the error: nobody listens, no such path, not allowed, no answer"
    case .reading:
      "the text of the error: Success and the like mean that the milter closed, timed out that it was silent"
    case .length: "the number as four characters: whose protocol it is"
    case .finding(let id): FindingRule.withID(id).map { "\(id): \($0.cure)" } ?? id
    case .consequence: "the line before it, of the same process"
    case .verdict: "who decided: the milter, or the MTA in its place"
    case .progress: "nothing"
    case .told(let counsel): counsel.causes.joined(separator: "; ")
    }
  }
}
