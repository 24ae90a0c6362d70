import ConsoleUI
import ProxyRuntime
import Sending

/// What came of shadows, as lines.
enum ShadowSummary {
  static func lines(_ tallies: [(address: String, tally: ShadowTally)], unshadowed: Int) -> [String] {
    var lines = tallies.map { line($0.address, $0.tally) }
    if unshadowed > 0 {
      lines.append(
        "\(NumberText.count(unshadowed, "connection")) had no shadow: as many conversations were open as there may be"
      )
    }
    return lines
  }

  private static func line(_ address: String, _ tally: ShadowTally) -> String {
    let mails = tally.mails
    var parts = ["\(mails.alike + mails.different) compared, \(mails.different) different"]
    if mails.open > 0 { parts.append("\(mails.open) unfinished") }
    if tally.givenUp > 0 { parts.append("given up \(NumberText.count(tally.givenUp, "time"))") }
    return
      "shadow \(address): \(NumberText.count(tally.conversations, "conversation")), mails: \(parts.joined(separator: ", "))"
  }
}
