import MilterProtocol

/// Which versions print a text, and what it means in each, where that is not the same in all.
///
/// Sources: HISTORY of Postfix and RELEASE_NOTES of Sendmail, and the sources of Postfix 3.7.11, 3.10.13 and 3.12-20260821 and of
/// Sendmail 8.15.2 to 8.18.2. Seen were Postfix 3.7.11 and Sendmail 8.17.1.9 alone.
struct TextHistory: Sendable {
  /// The first version that prints it; nil where none known here does not.
  var since: MTAVersion?
  /// The first that does not print it any more.
  var until: MTAVersion?
  /// The text that stands in its place in the other versions.
  var instead: String?
  /// What the text means from a version on; the first row counts for all before the second.
  var meanings: [(from: MTAVersion?, words: String)] = []

  /// nil where all versions that are known here print the text and mean the same by it.
  static func of(_ text: LogText) -> TextHistory? {
    switch text.speaker {
    case .postfix: postfix[text.format]
    case .sendmail: sendmail(text.format)
    case .libmilter: nil
    }
  }

  /// In all versions.
  var words: String { ([printing].compactMap { $0 } + changes).joined(separator: "; ") }

  /// What it means from version to version; nil where it only came or went.
  var meaningByVersion: String? { meanings.isEmpty ? nil : changes.joined(separator: "; ") }

  /// Whether one version prints it; of one whose meaning changed ``meaning(_:_:)`` says more.
  func words(_ version: MTAVersion, _ speaker: Speaker) -> String {
    let name = "\(speaker.shortName) \(version.words)"
    guard isPrinted(by: version) else {
      let other = instead.map { ": there it reads “\($0)”" } ?? ""
      return "\(name) does not print this, only \(printing ?? "")\(other)"
    }
    return "\(name) prints it, and means the same as others that do"
  }

  /// What it means in that version and not in all; nil where that version does not print it.
  func meaning(_ version: MTAVersion, _ speaker: Speaker) -> String? {
    guard isPrinted(by: version) else { return nil }
    let meaning = meanings.last { one in one.from.map { version >= $0 } ?? true }
    return meaning.map { "\(speaker.shortName) \(version.words): \($0.words)." }
  }

  private func isPrinted(by version: MTAVersion) -> Bool {
    (since.map { version >= $0 } ?? true) && (until.map { version < $0 } ?? true)
  }

  private var printing: String? {
    switch (since, until) {
    case (let since?, let until?): "versions from \(since.words) on and before \(until.words)"
    case (let since?, nil): "versions from \(since.words) on"
    case (nil, let until?): "versions before \(until.words)"
    case (nil, nil): nil
    }
  }

  private var changes: [String] {
    meanings.enumerated().map { place, one in
      if let from = one.from { return "from \(from.words) on \(one.words)" }
      return meanings.dropFirst(place + 1).first?.from.map { "before \($0.words) \(one.words)" } ?? one.words
    }
  }

  // MARK: The table

  private static let postfix: [String: TextHistory] = [
    "milter {milter}: can't read packet header: {error}": TextHistory(
      until: MTAVersion(2, 5), instead: "can't read SMFIC_… reply packet header"),
    "milter {milter}: can't read {event} reply packet header: {error}": TextHistory(
      since: MTAVersion(2, 5), instead: "can't read packet header"),
    "milter {milter}: malformed reply: {reply}": TextHistory(meanings: [
      (nil, "only the beginning of the reply is looked at"),
      (MTAVersion(3, 12), "every line of the reply is looked at, and bytes behind its NUL"),
    ]),
    "milter {milter}: unrecognized default action: {action}": TextHistory(meanings: [
      (nil, "the words are accept, reject and tempfail"),
      (MTAVersion(2, 6), "the words are accept, reject, tempfail and quarantine"),
      (
        MTAVersion(3, 11),
        "the words are accept, reject, tempfail, quarantine and shutdown (3.10.13 has it, too)"
      ),
    ]),
    "unexpected SMFIC_UNKNOWN response: {reply}": TextHistory(since: MTAVersion(3, 8)),
    "milter-reject: {stage} from {client}: message content rejected; {envelope}": TextHistory(meanings: [
      (nil, "the client gets 250, and the mail is thrown away"),
      (MTAVersion(3, 11), "the mail is refused for now, and the client tries again"),
    ]),
    "milter-reject: {stage} from {client}: {reply}; {envelope}": TextHistory(meanings: [
      (nil, "where a milter failed and nothing is set, milter_default_action is tempfail: 451 4.7.1"),
      (
        MTAVersion(3, 11),
        "where a milter failed and nothing is set, milter_default_action is shutdown: 421 4.7.1, and the client is disconnected (3.10.13, too)"
      ),
    ]),
    "milter-hold: {stage} from {client}: milter triggers HOLD action; {envelope}": TextHistory(meanings: [
      (nil, "the milter's reason is not in the log"),
      (MTAVersion(3, 10), "the milter gave no reason: else it stood here"),
    ]),
    "milter-hold: {stage} from {client}: {reply}; {envelope}": TextHistory(meanings: [
      (nil, "it is of smtpd, before the end of the message"),
      (
        MTAVersion(3, 10),
        "it is the milter's reason, up to 100 bytes; default_action means that Postfix decided, as a milter failed"
      ),
    ]),
  ]

  /// Up to 8.15.2 the lines about what a milter changes have no name in them.
  private static func sendmail(_ format: String) -> TextHistory? {
    if format == "Milter ({milter}): timeout before data read" {
      return TextHistory(until: MTAVersion(8, 15), instead: "timeout before data read, where=…")
    }
    if format.contains("timeout"), format.contains("where={stage}") {
      return TextHistory(since: MTAVersion(8, 15), instead: "timeout before data read")
    }
    let acts = ["add: ", "change", "insert (", "delete", "chgfrom: ", "message: body replaced"]
    func isChange(_ head: String) -> Bool { acts.contains { format.hasPrefix(head + $0) } }
    if isChange("Milter ({milter}) ") {
      return TextHistory(since: MTAVersion(8, 16), instead: "the same without the filter's name")
    }
    return isChange("Milter ")
      ? TextHistory(until: MTAVersion(8, 16), instead: "the same with the filter's name") : nil
  }
}
