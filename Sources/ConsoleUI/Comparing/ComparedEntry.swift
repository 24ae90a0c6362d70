import Cells
import Comparison
import MilterProtocol

/// A row of the list of what was compared: a mail, a connection, or the reply times of both traces.
struct ComparedEntry {
  enum Content {
    case pair(ComparedPair)
    case lines([ComparedLine])
  }

  let content: Content
  let isDifferent: Bool
  let numbers: DisplayText
  let name: DisplayText
  /// What differs, in a line.
  private let words: DisplayText

  /// More is seen once it is opened.
  private static let mostColumns = 240

  init(_ pair: ComparedPair, _ differences: [Difference]) {
    content = .pair(pair)
    isDifferent = !differences.isEmpty
    numbers = DisplayText(pair.numbers, columns: 24)
    var name = DisplayText((pair.first ?? pair.second)?.name ?? "", columns: 120)
    if pair.isByOrder { name = DisplayText("matched by order alone: ", style: Style(.warn)) + name }
    self.name = name
    words = Self.words(pair, differences)
  }

  init(times differences: [Difference]) {
    content = .lines(
      differences.map { difference in
        ComparedLine(
          kind: .time, isReply: false, first: difference.first, second: difference.second,
          verdict: .different)
      })
    // They are told, and do not count.
    isDifferent = false
    numbers = DisplayText("·", style: .dim)
    name = DisplayText("reply times")
    words = DisplayText(
      "not alike at " + differences.compactMap { $0.stage?.name }.joined(separator: ", "), style: .dim)
  }

  private static func words(_ pair: ComparedPair, _ differences: [Difference]) -> DisplayText {
    if pair.second == nil { return DisplayText("only in the first", style: Style(.removed)) }
    if pair.first == nil { return DisplayText("only in the second", style: Style(.added)) }
    if differences.isEmpty { return DisplayText("alike", style: .dim) }
    var kinds: [(kind: Difference.Kind, stage: Stage?, count: Int)] = []
    for difference in differences {
      if let place = kinds.firstIndex(where: { $0 == difference.kind && $1 == difference.stage && $2 > 0 }) {
        kinds[place].count += 1
      } else {
        kinds.append((difference.kind, difference.stage, 1))
      }
    }
    let parts = kinds.map { kind, stage, count in
      let what =
        count == 1 ? kind.words : NumberText.count(count, kind.words, kind == .negotiation ? kind.words : nil)
      return stage.map { "\(what) at \($0.name)" } ?? what
    }
    return DisplayText(parts.joined(separator: ", "), columns: mostColumns)
  }

  var isMail: Bool { if case .pair(let pair) = content { pair.isMail } else { false } }

  /// Which it is, for the line above its columns.
  var title: DisplayText { numbers + " " + name }

  var cells: [DisplayText] {
    [DisplayText(isDifferent ? "≠" : "", style: Style(.warn, .bold)), numbers, name, words]
  }
}

extension Difference.Kind {
  fileprivate var words: String {
    switch self {
    case .missing: "mail"
    case .negotiation: "negotiation"
    case .command: "command"
    case .macro: "macro"
    case .verdict: "verdict"
    case .modification: "modification"
    case .finding: "finding"
    case .time: "reply time"
    }
  }
}
