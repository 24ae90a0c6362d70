/// The pages about the selected packet.
package enum DetailTab: Int, Equatable, Sendable, CaseIterable {
  case fields, macros, message, hex, session, ladder

  package var title: String {
    switch self {
    case .fields: "Fields"
    case .macros: "Macros"
    case .message: "Message"
    case .hex: "Hex"
    case .session: "Session"
    case .ladder: "Ladder"
    }
  }

  package func moved(by step: Int) -> DetailTab {
    let all = DetailTab.allCases
    return all[((rawValue + step) % all.count + all.count) % all.count]
  }
}

/// The lists of the screen, by the digit that shows them.
package enum ListView: Int, Equatable, Sendable, CaseIterable {
  case timeline = 1
  case messages = 2
  case held = 3
  case findings = 4
  case rules = 5
  case stats = 6

  /// The first and the last digit that is a view's.
  static let digits = (allCases.map(\.rawValue).min() ?? 1, allCases.map(\.rawValue).max() ?? 1)

  package var title: String {
    switch self {
    case .timeline: "Timeline"
    case .messages: "Messages"
    case .held: "Held"
    case .findings: "Findings"
    case .rules: "Rules"
    case .stats: "Stats"
    }
  }

  package var place: Binding.Places {
    switch self {
    case .timeline: .timeline
    case .messages: .messages
    case .held: .held
    case .findings: .findings
    case .rules: .rules
    case .stats: .stats
    }
  }
}
