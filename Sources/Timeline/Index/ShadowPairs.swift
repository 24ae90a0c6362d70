import MilterProtocol
import TraceModel

/// Which connections play the MTA of another one to a shadow of its milter, and what was found to differ; nothing where there are none.
package struct ShadowPairs: Sendable {
  /// By index of a connection: those of its shadows.
  private var shadows: [Int: [Int]] = [:]
  /// By index of a shadow's connection: that of the milter.
  private var originals: [Int: Int] = [:]
  /// By index of a shadow's mail.
  private var differences: [Int: Int] = [:]

  package var isEmpty: Bool { originals.isEmpty }

  /// Of one connection: no run has more, and a trace may say anything.
  private static let most = 8

  mutating func pair(_ shadow: Int, with original: Int) {
    originals[shadow] = original
    if (shadows[original]?.count ?? 0) < Self.most { shadows[original, default: []].append(shadow) }
  }

  mutating func found(_ rule: FindingRule, inMessage message: Int) {
    if rule == .shadowDecides || rule == .shadowChanges { differences[message, default: 0] += 1 }
  }

  fileprivate func shadows(of connection: Int) -> [Int] { shadows[connection] ?? [] }
  fileprivate func original(of connection: Int) -> Int? { originals[connection] }
  fileprivate func count(ofMessage message: Int) -> Int { differences[message] ?? 0 }
}

extension TimelineIndex {
  /// The mails that shadows got in the place of one, by index.
  package func shadows(ofMessage i: Int) -> [Int] {
    shadows.shadows(of: messages[i].connection).compactMap { message(messages[i].number, of: $0) }
  }

  /// Whether the connection of a mail has shadows, be it that they got the mail or not.
  package func isShadowed(message i: Int) -> Bool { !shadows.shadows(of: messages[i].connection).isEmpty }

  /// The connection whose MTA is played to a shadow, by index; nil for one of an MTA.
  package func original(ofConnection c: Int) -> Int? { shadows.original(of: c) }

  /// The mail that a shadow got this one in the place of.
  package func original(ofMessage i: Int) -> Int? {
    shadows.original(of: messages[i].connection).flatMap { message(messages[i].number, of: $0) }
  }

  /// How often a shadow was found to do something else with its mail.
  package func differences(ofShadowsMessage i: Int) -> Int { shadows.count(ofMessage: i) }

  /// Both were told the same mails, so they have the same numbers.
  private func message(_ number: Int, of connection: Int) -> Int? {
    var next = connections[connection].latestMessage
    while let i = next, messages[i].number > number { next = messages[i].previous }
    return next.flatMap { messages[$0].number == number ? $0 : nil }
  }
}
