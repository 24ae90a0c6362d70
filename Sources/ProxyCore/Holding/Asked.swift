import CommandLanguage
import TraceModel

/// An instruction as it was written, which is what the trace tells, and what it comes to for its packet.
struct Asked: Sendable {
  let written: Instruction
  /// With the values that its texts name; why there are none that it could take.
  let meaning: Result<Instruction, Refusal>

  /// One that means what it says.
  init(_ instruction: Instruction) {
    written = instruction
    meaning = .success(instruction)
  }

  init(_ instruction: Instruction, in context: some PacketContext, _ effort: inout SearchEffort) {
    written = instruction
    do throws(Refusal) { meaning = .success(try instruction.filled(in: context, &effort)) } catch {
      meaning = .failure(error)
    }
  }
}
