import LogLines
import TraceFormat

/// Prints explanations as they come: of lines that say the same the first, and at the end how many there were.
struct ToldLines {
  private let output: Output
  private let isJSON: Bool
  private let places: TracePlaces?
  /// Whether each line is shown before its explanation.
  private let echoes: Bool
  /// By what they say.
  private var counts: [String: (line: String, count: Int)] = [:]
  private var unrelated: [Unrelated] = []
  private var unrelatedCount = 0
  private var hasPrinted = false
  private(set) var hasExplained = false

  private static let mostKinds = 10_000
  private static let mostUnrelated = 3

  init(_ output: Output, isJSON: Bool, _ places: TracePlaces?, echoes: Bool) {
    (self.output, self.isJSON, self.places, self.echoes) = (output, isJSON, places, echoes)
  }

  mutating func take(_ answers: inout [Explainer.Answer]) {
    for answer in answers { tell(answer) }
    answers.removeAll(keepingCapacity: true)
    output.flush()
  }

  /// - Parameter isAsked: whether somebody asked about this line, so that no answer is left out.
  mutating func tell(_ answer: Explainer.Answer, isAsked: Bool = false) {
    switch answer {
    case .explained(let explanation, let line):
      hasExplained = true
      if !isJSON, !isAsked, isKnown(explanation, line) { return }
      print(explanation, line)
    case .unrelated(let one):
      if one.isBlank { return }
      unrelatedCount += 1
      if isAsked { print(one) } else if unrelated.count < Self.mostUnrelated { unrelated.append(one) }
    }
  }

  private mutating func isKnown(_ explanation: Explanation, _ line: String) -> Bool {
    let kind = explanation.kind
    if let known = counts[kind] {
      counts[kind] = (known.line, known.count + 1)
      return true
    }
    if counts.count < Self.mostKinds { counts[kind] = (line, 1) }
    return false
  }

  private mutating func print(_ explanation: Explanation, _ line: String) {
    let place = places?.place(of: explanation.facts)
    if isJSON {
      output.append { ExplanationJSON.append(explanation, line: line, place, to: &$0) }
    } else {
      separate(line)
      output.write(
        ExplanationText.text(explanation, packet: place?.words ?? (places == nil ? nil : "none in the trace"))
      )
    }
  }

  private mutating func print(_ one: Unrelated) {
    if isJSON {
      output.append { ExplanationJSON.append(one, to: &$0) }
    } else {
      separate(one.line)
      output.write(ExplanationText.text(one))
    }
  }

  private mutating func separate(_ line: String) {
    if hasPrinted { output.write("\n") }
    hasPrinted = true
    if echoes { output.write(line + "\n") }
  }

  /// What was counted; and where nothing was explained, what the first lines are.
  mutating func finish() {
    if !hasExplained { for one in unrelated { print(one) } }
    let repeated = counts.values.filter { $0.count > 1 }.sorted { ($1.count, $0.line) < ($0.count, $1.line) }
    if !isJSON, !repeated.isEmpty {
      output.write("\nHow often each was said:\n")
      for (line, count) in repeated { output.write("  \(count) times: \(line)\n") }
    }
    output.flush()
    if hasExplained, unrelatedCount > 0, !isJSON {
      mitmilter.tell(
        "note: \(unrelatedCount) \(unrelatedCount == 1 ? "line is" : "lines are") not about a milter")
    }
  }
}
