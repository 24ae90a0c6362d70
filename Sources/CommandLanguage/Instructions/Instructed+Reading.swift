import MilterProtocol
import TraceModel

extension Instructed {
  package init(_ instruction: Instruction, cause: Cause, packet: Int? = nil, refusal: Sentence? = nil) {
    self.init(
      text: instruction.text, instruction: instruction, cause: cause, packet: packet, refusal: refusal)
  }
}

extension Record {
  /// The record as somebody has it who reads a trace: what its text asks for is read, here and nowhere else.
  package var read: Record {
    guard case .instructed(var instructed) = event else { return self }
    instructed.instruction = try? Instruction(parsing: instructed.text)
    var record = self
    record.event = .instructed(instructed)
    return record
  }
}
