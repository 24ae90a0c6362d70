import CommandLanguage
import TraceModel

/// The packet that a prompt, a menu or a form is about, from when it opens: whatever comes meanwhile is not meant.
struct Aim: Equatable, Sendable {
  let number: Int
  /// Whether it waited for the operator then.
  let wasHeld: Bool
}

extension ConsoleModel {
  /// What opens is about the packet that is selected now.
  mutating func keepAim() {
    guard aim == nil, let number = subject.number else { return }
    aim = Aim(number: number, wasHeld: subject.isHeld)
  }

  /// Where the selected packet does not wait but another of its connection does, that one is meant.
  mutating func aimAtHeld() -> [Response] {
    let subject = self.subject
    guard aim == nil, !subject.isHeld, let held = subject.heldNearby else { return [] }
    aim = Aim(number: held.number, wasHeld: true)
    return .hint("packet \(held.number) is the one held on c\(scene.trace.index[held.row].connection)")
  }

  /// The selection goes on from what the operator lets go.
  mutating func goOn(after effects: [ConsoleEffect]) {
    for case .instruct(let instruction, let packet) in effects where instruction.letsGo {
      timeline.following.release(packet, isStep: instruction == .step, scene.trace)
    }
  }
}

extension Subject {
  /// What waits on the connection of the selected packet, the most urgent first.
  var heldNearby: HeldEntry? {
    guard let row else { return nil }
    let connection = trace.index.connectionIndex(at: row)
    return trace.waiting.first { trace.index.connectionIndex(at: $0.row) == connection }
  }
}

extension Act {
  /// Whether it opens something, or does something, for a packet that waits.
  var isForHeld: Bool {
    switch self {
    case .verdictMenu, .changeMenu, .drop, .undo, .revert, .form, .edit: true
    default: false
    }
  }
}

extension Instruction {
  /// Whether the packet leaves, or never will, because of it.
  fileprivate var letsGo: Bool {
    switch self {
    case .forward, .step, .drop, .answer: true
    case .hold, .ask, .forwardAll, .progress, .change, .set, .raw, .fault, .revert, .delay, .close, .mark,
      .unmark,
      .note:
      false
    }
  }

  /// Whether it is about a packet that waits.
  var isForHeld: Bool {
    switch self {
    case .ask, .forward, .step, .drop, .answer, .progress, .change, .set, .raw, .revert, .delay: true
    case .fault(let fault): fault.isOfPacket
    case .hold, .forwardAll, .close, .mark, .unmark, .note: false
    }
  }
}
