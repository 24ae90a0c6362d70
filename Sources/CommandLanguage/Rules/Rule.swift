import MilterProtocol
import TraceModel

/// `on EXPRESSION do INSTRUCTION; …`: what is done about a packet without the operator.
///
/// How often it has matched is known to whoever runs it, not here.
package struct Rule: Equatable, Sendable {
  package var condition: Expression
  package var name: String?
  package var frequency: Frequency
  /// Its matches are told in the program's messages.
  package var logs: Bool
  package var isEnabled: Bool
  package var instructions: [Instruction]
  /// Where it is written, `rules.txt:12`; not what makes a rule the one it is.
  package var place: String?

  package init(
    on condition: Expression, name: String? = nil, frequency: Frequency = .always, logs: Bool = false,
    isEnabled: Bool = true, do instructions: [Instruction]
  ) {
    self.condition = condition
    self.name = name
    self.frequency = frequency
    self.logs = logs
    self.isEnabled = isEnabled
    self.instructions = instructions
  }

  /// The name of the rule by which the operator says what is to be held (`i`, `--hold`).
  package static let breakpointName = "hold"

  /// Whether it only stops what the operator wants to look at.
  package var isBreakpoint: Bool { name == Self.breakpointName && instructions == [.hold] }

  package static func == (a: Rule, b: Rule) -> Bool {
    a.condition == b.condition && a.name == b.name && a.frequency == b.frequency && a.logs == b.logs
      && a.isEnabled == b.isEnabled && a.instructions == b.instructions
  }

  package enum Frequency: Equatable, Sendable {
    case always
    case once
    /// The first time for each value, as a greylist wants it.
    case oncePer(RuleKey)
    /// Each Nth time.
    case every(Int)
    /// Each time but the first so many for one value, within so long of the first of them.
    case beyond(Int, RuleKey, within: Moment.Span)
  }

  /// What it goes by in the trace and in lists.
  package var label: String { name ?? text }

  /// The same with the entries of its files in it.
  package var spelledOut: Rule {
    var rule = self
    rule.condition = condition.spelledOut
    return rule
  }

  /// The text that parses to this rule.
  package var text: String {
    var text = "on \(condition.text)"
    if let name { text += " named \(Quoting.string(Array(name.utf8)))" }
    switch frequency {
    case .always: break
    case .once: text += " once"
    case .oncePer(let key): text += " once per \(key.text)"
    case .every(let count): text += " every \(count)"
    case .beyond(let count, let key, let span):
      text += " count \(count) per \(key.text) over \(Units.duration(span.microseconds))"
    }
    if logs { text += " log" }
    if !isEnabled { text += " off" }
    if !instructions.isEmpty { text += " do " + instructions.map(\.text).joined(separator: "; ") }
    return text
  }
}

/// The fields of `once per`: packets that have the same in all of them count as one.
package struct RuleKey: Equatable, Sendable {
  package let fields: [Expression.Field]

  package init(_ fields: [Expression.Field]) { self.fields = fields }

  package var text: String { fields.map(\.text).joined(separator: ", ") }

  /// One string for all values, the same for what compares as the same.
  package func value(in context: some PacketContext) -> [UInt8] {
    var value: [UInt8] = []
    for field in fields {
      for text in texts(of: field, in: context) {
        // Lengths in front keep ("ab", "c") apart from ("a", "bc"), which hostile mail might try.
        value += Array("\(text.count):".utf8) + text
      }
      value.append(UInt8(ascii: ","))
    }
    return value
  }

  private func texts(of field: Expression.Field, in context: some PacketContext) -> [[UInt8]] {
    switch field.term.source {
    case .number(let number): number.value(in: context).map { [Array(String($0).utf8)] } ?? []
    case .text(let text):
      TextSource(text, key: field.key).values(in: context).all.map { value in
        let plain = field.term.type == .mailbox ? value.withoutBrackets : value
        return field.term.type == .bytes ? Array(plain) : plain.map(lowercased)
      }
    case .kinds, .refusal, .flags, .finding, .stage, .sender, .time: []
    }
  }
}
