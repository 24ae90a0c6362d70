import Comparison
import TraceFormat

/// Differences as lines, in the manner of a unified diff: `-` is what the first trace has, `+` the second.
struct DifferenceText {
  private let names: (String, String)
  private var isBegun = false

  init(first: String, second: String) { names = (ListingText.inert(first), ListingText.inert(second)) }

  mutating func text(_ pair: ComparedPair, _ differences: [Difference]) -> String {
    var text = isBegun ? "" : "--- \(names.0)\n+++ \(names.1)\n"
    isBegun = true
    text += "@@ \(Self.name(pair)) @@\n"
    for difference in differences { text += Self.text(difference) }
    return text
  }

  func text(times differences: [Difference]) -> String {
    differences.isEmpty ? "" : "reply times (they do not count):\n" + differences.map(Self.text).joined()
  }

  static func text(_ tally: ComparisonTally) -> String {
    var parts = ["\(tally.alike) alike", "\(tally.different) differ"]
    if tally.onlyFirst > 0 { parts.append("\(tally.onlyFirst) only in the first") }
    if tally.onlySecond > 0 { parts.append("\(tally.onlySecond) only in the second") }
    if tally.byOrder > 0 { parts.append("\(tally.byOrder) matched by their order alone") }
    return (tally.isAlike ? "no difference" : "they differ") + "; mails: " + parts.joined(separator: ", ")
      + "\n"
  }

  private static func text(_ difference: Difference) -> String {
    var text = " \(difference.title)\n"
    if let first = difference.first { text += "-\(line(first))\n" }
    if let second = difference.second { text += "+\(line(second))\n" }
    return text
  }

  private static func line(_ said: Difference.Said) -> String {
    said.packet.map { "#\($0) \(said.text)" } ?? said.text
  }

  private static func name(_ pair: ComparedPair) -> String {
    var text = pair.numbers
    if let words = (pair.first ?? pair.second)?.name, !words.isEmpty { text += " \(words)" }
    return pair.isByOrder ? text + ", matched by order alone" : text
  }
}
