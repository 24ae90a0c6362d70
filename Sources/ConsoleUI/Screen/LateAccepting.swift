import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// Asks before a mail is let through for which the SMTP client waits no longer.
enum LateAccepting {
  /// nil where nothing of that kind is asked for.
  static func question(about effects: [ConsoleEffect], _ trace: TraceView) -> Question? {
    guard let late = effects.lazy.compactMap({ packet(letThroughBy: $0, trace) }).first else { return nil }
    let mail = trace.index[late.row].name
    return Question(
      words: "\(mail): the client left or will send again: it may be delivered twice. Accept?", yes: effects)
  }

  /// The packet that has waited for too long.
  private static func packet(letThroughBy effect: ConsoleEffect, _ trace: TraceView) -> HeldEntry? {
    let late = trace.waiting.filter { $0.outlivesClient(at: trace.now) }
    switch effect {
    case .instruct(.answer(.accept), let packet), .instruct(.answer(.continue), let packet):
      return late.first { $0.number == packet }
    case .instruct(.forward, let packet), .instruct(.step, let packet):
      return late.first { $0.number == packet && goesOn($0, trace) }
    case .forwardAll, .instruct(.forwardAll, _): return late.first { goesOn($0, trace) }
    case .instruct, .setRules, .arm, .edit, .write, .export, .save, .record, .stopRecording, .replay, .copy,
      .redraw, .suspend, .quit, .backToList, .remember, .keepLine:
      return nil
    }
  }

  /// Whether the mail goes on with the packet as it would leave.
  private static func goesOn(_ entry: HeldEntry, _ trace: TraceView) -> Bool {
    if case .reply(let kind)? = trace.packetAsItLeaves(at: entry.row)?.kind { !kind.refuses } else { true }
  }
}
