import MilterProtocol

/// Explains lines of a log one by one; what a line follows from it knows from the lines before.
///
/// 1. A line is taken apart (``LogLine``, ``LogMessage``) and held against the table of texts.
/// 2. `to error state`, `451 4.7.1 Service unavailable` and the like have their cause in an earlier line of the same process.
/// 3. A line that is cut off may go on in the next one; it is kept back until that is known.
///
/// As much is remembered as there are processes that met a failure, a few thousand at most.
package struct Explainer: Sendable {
  package enum Answer: Sendable {
    case explained(Explanation, line: String)
    /// No text about a milter.
    case unrelated(Unrelated)
  }

  /// The last failure of each process, in its words.
  private var failures: [String: String] = [:]
  /// A line that ends before its text does.
  private var waiting: (line: LogLine, answer: Answer)?

  /// Of the MTA that printed the lines; nil where nobody said.
  private let version: MTAVersion?

  private static let mostProcesses = 4096

  package init(_ version: MTAVersion? = nil) { self.version = version }

  /// What can be said now: nothing while the line may go on in the next, and of the line before as well where it did not.
  package mutating func take(_ bytes: ArraySlice<UInt8>) -> [Answer] {
    // Of a gigabyte of log this is all that most lines cost.
    if waiting == nil, !LogTable.shared.mayHold(bytes) { return [.unrelated(Unrelated(bytes))] }
    let line = LogLine(bytes)
    if let (begun, answer) = waiting {
      waiting = nil
      if line.mayContinue, let whole = explain(Self.joined(begun, line)), whole.fit == .whole {
        return [whole.answer]
      }
      return [answer] + take(line, bytes)
    }
    return take(line, bytes)
  }

  /// What is to be said of a line that is expected; its queue id need not be known.
  package mutating func take(_ expected: ExpectedLine) -> Explanation? {
    let unknown = "QUEUE: "
    let text =
      expected.text.hasPrefix(unknown) ? String(expected.text.dropFirst(unknown.count)) : expected.text
    let program = expected.program.isEmpty ? "milter" : expected.program
    for case .explained(let explanation, _) in take(Array("\(program)[1]: \(text)".utf8)[...]) + flush() {
      return explanation
    }
    return nil
  }

  /// The line that was kept back: for the end of the log, or where no more is there for now.
  package mutating func flush() -> [Answer] {
    defer { waiting = nil }
    return waiting.map { [$0.answer] } ?? []
  }

  private mutating func take(_ line: LogLine, _ bytes: ArraySlice<UInt8>) -> [Answer] {
    guard let (answer, fit) = explain(line) else {
      if LogTable.shared.isBeginning(line.bytes) { failures[line.process ?? ""] = nil }
      return [.unrelated(Unrelated(bytes))]
    }
    guard fit == .cut else { return [answer] }
    waiting = (line, answer)
    return []
  }

  private static func joined(_ begun: LogLine, _ rest: LogLine) -> LogLine {
    var whole = begun
    var more = rest.bytes
    while let first = more.first, first <= 0x20 { more.removeFirst() }
    whole.bytes = (Array(begun.bytes) + [UInt8(ascii: " ")] + Array(more))[...]
    while whole.bytes.count > LogLine.longest { whole.bytes.removeLast() }
    return whole
  }

  private mutating func explain(_ line: LogLine) -> (answer: Answer, fit: LogPattern.Fit)? {
    let speaker = line.program.flatMap(Speaker.init(program:))
    let message = LogMessage(line.bytes)
    // What is taken for a queue id may be the milter's name, which belongs to the text.
    guard
      let match = LogTable.shared.match(message.text, by: speaker)
        ?? LogTable.shared.match(line.bytes, by: speaker)
    else { return nil }
    let reading = Reading(match, message, line)
    let cause = line.process.flatMap { failures[$0] } ?? (line.program == nil ? failures[""] : nil)
    var explanation = reading.explanation(after: cause)
    if let own = meaning(of: explanation) {
      explanation.meaning += " \(own)"
    } else {
      explanation.version = words(of: explanation)
    }
    remember(explanation, message, line)
    let shown = InertText.string(escaping: line.bytes.prefix(LogLine.shown))
    return (.explained(explanation, line: shown), match.fit)
  }

  /// What the text means in the version that was named, where that is not the same in all.
  private func meaning(of explanation: Explanation) -> String? {
    let text = explanation.text
    guard let version, version.isOf(text.speaker), !isOfMilterAlone(explanation) else { return nil }
    return TextHistory.of(text)?.meaning(version, text.speaker)
  }

  /// What changed of refusals is what Postfix does in a milter's place.
  private func isOfMilterAlone(_ explanation: Explanation) -> Bool {
    explanation.facts.reply.map { !$0.contains("Service unavailable") } ?? false
  }

  /// What differs between versions; of a text that is the same in all of them only where one was named.
  private func words(of explanation: Explanation) -> String? {
    let text = explanation.text
    let version = version.flatMap { $0.isOf(text.speaker) ? $0 : nil }
    let history = TextHistory.of(text)
    guard let version else {
      return isOfMilterAlone(explanation) ? nil : history?.meaningByVersion
    }
    return history?.words(version, text.speaker)
      ?? "\(text.speaker.shortName) \(version.words): as in every version that is known here"
  }

  private mutating func remember(_ explanation: Explanation, _ message: LogMessage, _ line: LogLine) {
    switch explanation.text.advice {
    case .connecting, .reading, .length, .finding, .told:
      if failures.count >= Self.mostProcesses { failures.removeAll(keepingCapacity: true) }
      failures[line.process ?? ""] = InertText.string(escaping: message.text.prefix(200))
    case .consequence, .verdict, .progress: break
    }
  }
}
