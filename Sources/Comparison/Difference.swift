import MilterProtocol

/// Something that two traces do not say alike.
package struct Difference: Equatable, Sendable {
  package let kind: Kind
  /// Where in the dialogue; nil where it is about no command.
  package let stage: Stage?
  /// Which command, macro or finding of several; safe to print.
  package let about: String?
  /// What the first trace has, and the second; nil for nothing.
  package let first: Said?
  package let second: Said?

  package enum Kind: String, Equatable, Sendable, CaseIterable {
    /// A mail or a connection that the other trace does not have.
    case missing
    case negotiation
    /// What the MTA said.
    case command
    case macro
    case verdict
    case modification
    case finding
    /// How long replies took.
    case time
  }

  package struct Said: Equatable, Sendable {
    /// Safe to print.
    package let text: String
    /// Number of the packet.
    package let packet: Int?
  }

  /// What it is about, in a few words.
  package var title: String {
    let place = [stage?.name, about].compactMap { $0 }.joined(separator: " ")
    let what =
      switch kind {
      case .missing: about ?? "mail"
      case .negotiation: "negotiation"
      case .command: "what the MTA says"
      case .macro: "macro"
      case .verdict: "verdict"
      case .modification: "modification"
      case .finding: "finding"
      case .time: "reply time"
      }
    return kind == .missing || place.isEmpty ? what : "\(what) at \(place)"
  }
}

/// A mail or a connection of one trace and the one that it is compared with; one of them may lack.
package struct ComparedPair: Equatable, Sendable {
  package let first: Place?
  package let second: Place?
  /// Whether nothing but their order says that they belong together.
  package let isByOrder: Bool

  package struct Place: Equatable, Sendable {
    package let connection: Int
    /// Within the connection; 0 for the connection itself.
    package let message: Int
    /// Queue id and sender, as far as they are known; safe to print.
    package let name: String
    /// Of the index: the mail, or the connection.
    let entry: Int
  }

  /// Whether it is about a mail, not about a connection.
  package var isMail: Bool { (first ?? second)?.message ?? 0 > 0 }

  /// `c1.1`, or `c1.1 / c2.1` where it is another in the second trace.
  package var numbers: String {
    let (first, second) = (first.map(Self.numbers), second.map(Self.numbers))
    if let first, let second, first != second { return "\(first) / \(second)" }
    return first ?? second ?? ""
  }

  private static func numbers(_ place: Place) -> String {
    place.message > 0 ? "c\(place.connection).\(place.message)" : "c\(place.connection)"
  }
}

/// What a comparison comes to.
package struct ComparisonTally: Equatable, Sendable {
  package private(set) var alike = 0
  package private(set) var different = 0
  package private(set) var onlyFirst = 0
  package private(set) var onlySecond = 0
  /// Mails that nothing but their order matches.
  package private(set) var byOrder = 0
  /// Differences of each kind; reply times are told and do not count.
  package private(set) var kinds: [Difference.Kind: Int] = [:]

  package var isAlike: Bool { kinds.allSatisfy { $0.key == .time } }

  mutating func take(_ pair: ComparedPair, _ differences: [Difference]) {
    for difference in differences { kinds[difference.kind, default: 0] += 1 }
    guard pair.isMail else { return }
    if pair.isByOrder { byOrder += 1 }
    if pair.second == nil {
      onlyFirst += 1
    } else if pair.first == nil {
      onlySecond += 1
    } else if differences.isEmpty {
      alike += 1
    } else {
      different += 1
    }
  }

  mutating func take(times: [Difference]) { if !times.isEmpty { kinds[.time] = times.count } }
}
