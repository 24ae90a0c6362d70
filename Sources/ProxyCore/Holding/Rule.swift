import CommandLanguage
import TraceModel

package struct Rule: Hashable, Sendable {
  package var condition: Expression
  package var instructions: [Instruction]
  package var frequency: Frequency = .always
  package var isEnabled = true
  package var label: String { condition.text }
  package enum Frequency: Hashable, Sendable { case always, once, every(Int), oncePer(Key) }
  package struct Key: Hashable, Sendable { func value(in context: some PacketContext) -> [UInt8] { [] } }
  package init(condition: Expression, instructions: [Instruction]) {
    self.condition = condition; self.instructions = instructions
  }
}
extension Instruction { package var text: String { "\(self)" } }
