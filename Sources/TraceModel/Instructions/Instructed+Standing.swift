extension Instruction {
  /// Whether it changes the held packet or its mail, so that it can be taken back.
  package var isChange: Bool {
    switch self {
    case .answer, .drop, .change, .set, .raw: true
    case .fault(let fault): fault.isOfPacket
    case .hold, .ask, .forward, .forwardAll, .step, .progress, .revert, .delay, .close, .mark, .unmark, .note:
      false
    }
  }
}

extension Instruction {
  /// Whether it may come to nothing after it was taken.
  fileprivate var isKept: Bool {
    switch self {
    case .change, .answer: true
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .set, .raw, .fault, .revert, .delay,
      .close,
      .mark,
      .unmark,
      .note:
      false
    }
  }
}

extension [Instructed] {
  /// - Parameter records: about one packet, in order.
  package init(in records: [Record]) {
    self = records.compactMap { record in
      if case .instructed(let instructed) = record.event { instructed } else { nil }
    }
  }

  /// Of what was asked about one packet, the changes that were made and neither given up nor taken back since.
  package var standing: [Instructed] {
    var standing: [Instructed] = []
    for asked in self {
      guard let instruction = asked.instruction else { continue }
      if asked.refusal != nil {
        // What was kept for the end of the message, or for its turn, and lost on the way there.
        if instruction.isKept, let lost = standing.lastIndex(where: { $0.instruction == instruction }) {
          standing.remove(at: lost)
        }
      } else if case .revert(let reverted) = instruction {
        standing.removeLast(reverted == .all ? standing.count : Swift.min(1, standing.count))
      } else if instruction.isChange {
        standing.append(asked)
      }
    }
    return standing
  }
}
