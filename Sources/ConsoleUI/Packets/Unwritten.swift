import TraceModel

/// Notes and marks on packets of a recorded trace: they end with the program unless they are written to another file, for
/// the trace itself is never written to.
struct Unwritten: Equatable, Sendable {
  /// Numbers of packets whose mark is another than in the file.
  private var marked: Set<Int> = []
  private var noted: Set<Int> = []

  var packets: Set<Int> { marked.union(noted) }

  /// Keeps in mind what an instruction adds; the answer is what to say about it.
  mutating func remember(_ instruction: Instruction, on packet: Int, _ subject: Subject) -> StatusMessage? {
    guard subject.trace.isRecorded else { return nil }
    let words: String
    switch instruction {
    case .mark, .unmark:
      let isOn = instruction == .mark
      // A mark set and taken off again leaves nothing to be written.
      if isOn != subject.isMarked { marked.formSymmetricDifference([packet]) }
      words = isOn ? "marked" : "mark taken off"
    case .note:
      noted.insert(packet)
      words = "noted"
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .set, .raw, .fault,
      .revert,
      .delay,
      .close:
      return nil
    }
    let key = subject.scene.key(for: .writePrompt, in: .timeline, else: ": write FILE")
    return StatusMessage(.done, "packet \(packet) \(words); kept only when written: \(key)")
  }

  /// These records are in a file now.
  mutating func wrote(_ records: [Int], _ trace: TraceView) {
    let written = Set(records)
    let packets = packets.filter { number in
      guard let row = trace.index.row(number: number) else { return true }
      return written.isSuperset(of: trace.index.recordNumbers(about: row))
    }
    marked.subtract(packets)
    noted.subtract(packets)
  }
}
