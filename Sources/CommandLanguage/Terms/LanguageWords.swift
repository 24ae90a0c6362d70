import MilterProtocol
import TraceModel

/// Every word of the language, from the tables that the parsers read: what redaction leaves in a rule.
package enum LanguageWords {
  package static var all: [String] {
    Term.table.map(\.name) + InstructionWord.allCases.map(\.rawValue) + Assignment.Field.plain.map(\.name)
      + [Assignment.Field.symbolListName] + TextValueParser.functions + Comparison.allCases.map(\.rawValue)
      + rules + values
  }

  /// A text of an instruction, cut into what goes out as it stands and values.
  package static func pieces(of text: [UInt8]) -> [(bytes: [UInt8], isValue: Bool)] {
    ValuedText(text).pieces
  }

  private static let rules = [
    "and", "or", "not", "in", "do", "named", "once", "per", "every", "count", "over", "log", "off", "all",
    "up", "down",
    "delete",
  ]

  /// What is compared with, or set.
  private static var values: [String] {
    Stage.allCases.map(\.name) + Leg.allCases.map(\.name) + Finding.Severity.allCases.map(\.name)
      + ActionFlags.table.map(\.name) + ProtocolFlags.table.map(\.name)
  }
}
