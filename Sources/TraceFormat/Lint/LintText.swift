import MilterProtocol

/// Groups of findings in words: each with how often, where first, what comes of it, and what to do.
package enum LintText {
  /// The line of a group, and its explanation under it.
  package static func text(_ group: FindingTally.Group) -> String {
    var text = line(group) + "\n"
    text += "    \(inert(group.text))\n"
    if !group.consequence.isEmpty { text += "    what comes of it: \(inert(group.consequence))\n" }
    if !group.cure.isEmpty { text += "    what to do: \(inert(group.cure))\n" }
    for log in group.finding.logs {
      text += "    in the log: \(inert(log.heading))\n"
      for line in log.lines {
        text += "      \(inert(line.line))\(line.condition.map { "  (\(inert($0)))" } ?? "")\n"
      }
    }
    for (rule, count) in group.consequences {
      text +=
        "    └ \(rule.severity.sign) \(inert(rule.id)) \(inert(rule.title)): follows from it, \(times(count))\n"
    }
    return text
  }

  /// `✖ R02 a second verdict for one command: 2 times, first at packet 17 (c1.1)`.
  package static func line(_ group: FindingTally.Group) -> String {
    let rule = group.rule
    let first = place(group.first).map { ", \(group.count > 1 ? "first " : "")\($0)" } ?? ""
    return "\(rule.severity.sign) \(inert(rule.id)) \(inert(rule.title)): \(times(group.count))\(first)"
  }

  /// An annotation that GitHub shows at a run of its Actions
  /// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
  package static func annotation(_ group: FindingTally.Group, in file: String) -> String {
    let command = group.rule.severity == .note ? "notice" : group.rule.severity.name
    let title = "\(group.rule.id) \(group.rule.title)"
    var words = "\(group.text): \(times(group.count))"
    if let place = place(group.first) { words += ", \(group.count > 1 ? "first " : "")\(place)" }
    words += "\nWhat comes of it: \(group.consequence)"
    if !group.cure.isEmpty { words += "\nWhat to do: \(group.cure)" }
    return "::\(command) file=\(property(file)),title=\(property(title))::\(data(words))\n"
  }

  /// `at packet 17 (c1.1) of 'a.mtrace'`; nil where there is nothing to say.
  private static func place(_ place: FindingTally.Place) -> String? {
    let connection = place.connection > 0 ? "c\(place.connection)" : nil
    let message = place.message.map { $0 > 0 ? ".\($0)" : "" } ?? ""
    let file = place.file.map { " of '\(inert($0))'" } ?? ""
    guard let packet = place.packet else {
      return connection.map { "on \($0)\(file)" } ?? (file.isEmpty ? nil : "in" + file.dropFirst(3))
    }
    return "at packet \(packet)" + (connection.map { " (\($0)\(message))" } ?? "") + file
  }

  private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private static func inert(_ text: String) -> String { ListingText.inert(text) }

  /// What is written behind the two colons.
  private static func data(_ text: String) -> String { escaped(inertLines(text), "%\r\n") }

  private static func property(_ text: String) -> String { escaped(inert(text), "%\r\n:,") }

  private static func inertLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { inert(String($0)) }
      .joined(separator: "\n")
  }

  private static func escaped(_ text: String, _ special: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      guard special.unicodeScalars.contains(scalar) else {
        escaped.unicodeScalars.append(scalar)
        continue
      }
      let hex = String(scalar.value, radix: 16, uppercase: true)
      escaped += "%" + (hex.count < 2 ? "0" : "") + hex
    }
    return escaped
  }
}
