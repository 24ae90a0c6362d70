import MilterProtocol

/// The texts, ready to be looked for.
struct LogTable: Sendable {
  /// A text that a line is of.
  struct Match: Sendable {
    let text: LogText
    let values: [String: String]
    let fit: LogPattern.Fit
  }

  static let shared = LogTable(LogText.all)

  private let texts: [LogText]
  private let patterns: [LogPattern]
  private let search: KeySearch

  private init(_ texts: [LogText]) {
    self.texts = texts
    patterns = texts.map { LogPattern($0.format) }
    // Behind them the word by which a line that is cut off is found, and the signs of a new session or mail.
    search = KeySearch(patterns.map(\.key) + ([Self.subject] + Self.beginnings).map { Array($0.utf8) })
  }

  /// Whether a line may be of a text: most lines of a log are not, and nothing else is asked of them.
  func mayHold(_ line: ArraySlice<UInt8>) -> Bool { search.hasKey(in: line.prefix(LogLine.longest)) }

  /// The text that the line is of; nil for none.
  ///
  /// - Parameter speaker: whose program wrote it; nil where that is not known, or some milter.
  func match(_ line: ArraySlice<UInt8>, by speaker: Speaker?) -> Match? {
    let keys = search.keys(in: line)
    guard !keys.isEmpty else { return nil }
    var best: Match?
    for number in keys where number < texts.count { hold(number, against: line, speaker, &best) }
    if best == nil, keys.contains(texts.count) {
      for number in texts.indices { hold(number, against: line, speaker, &best) }
    }
    return best
  }

  /// Whether a process begins a new session (smtpd) or mail (cleanup) here, and what went wrong before no longer counts.
  func isBeginning(_ line: ArraySlice<UInt8>) -> Bool {
    search.keys(in: line.prefix(LogLine.longest)).contains { $0 > texts.count }
  }

  private static let subject = "ilter"
  private static let beginnings = ["connect from ", ": message-id="]

  private func hold(_ number: Int, against line: ArraySlice<UInt8>, _ speaker: Speaker?, _ best: inout Match?)
  {
    let text = texts[number]
    // A milter may use libmilter's words under any name; an MTA has its own.
    if let speaker, text.speaker != speaker { return }
    guard let (values, fit) = patterns[number].match(line) else { return }
    let match = Match(text: text, values: values, fit: fit)
    if best.map({ Self.isBetter(match, than: $0) }) ?? true { best = match }
  }

  /// The better fit, and of two the one with more of its own words.
  private static func isBetter(_ a: Match, than b: Match) -> Bool {
    if a.fit != b.fit { return a.fit > b.fit }
    return own(a) > own(b)
  }

  private static func own(_ match: Match) -> Int {
    match.text.format.utf8.count - match.values.keys.reduce(0) { $0 + $1.utf8.count + 2 }
  }
}
