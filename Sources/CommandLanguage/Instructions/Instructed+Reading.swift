import MilterProtocol
import TraceModel

extension Instructed {
  package init(_ instruction: Instruction, cause: Cause, packet: Int? = nil, refusal: Sentence? = nil) {
    self.init(
      text: instruction.text, instruction: instruction, cause: cause, packet: packet, refusal: refusal)
  }
}

extension Record {
  /// Makes it what somebody has who reads a trace: what its text asks for is read, here and nowhere else.
  package mutating func readInstruction() {
    guard isInstruction, case .instructed(var instructed) = event else { return }
    instructed.instruction = try? Instruction(parsing: instructed.text)
    event = .instructed(instructed)
  }

  /// Asked first, for to look into an event is to copy it.
  private var isInstruction: Bool {
    if case .instructed = event { true } else { false }
  }
}
