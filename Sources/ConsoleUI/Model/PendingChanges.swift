import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

/// Changes asked for while a mail waits: accepted, kept, and sent only before its final reply.
struct PendingChanges {
  private var changes: [(change: Change, text: String, packet: Int, cause: Cause)] = []

  init(ofMessage message: Int, in trace: TraceView) {
    for row in trace.index.rows(ofMessage: message) {
      for record in trace.index.remarkRecords(about: row, from: trace.source) {
        guard case .instructed(let instructed) = record.event else { continue }
        if instructed.refusal != nil {
          // Kept before, and given up since.
          if let lost = changes.firstIndex(where: { $0.text == instructed.text }) { changes.remove(at: lost) }
        } else if case .change(let change)? = try? Instruction(parsing: instructed.text) {
          changes.append(
            (change, instructed.text, instructed.packet ?? trace.index.number(at: row), instructed.cause))
        }
      }
    }
  }

  var isEmpty: Bool { changes.isEmpty }

  /// As they would reach the MTA if the mail were let go now.
  func modifications(of content: MessageContent) -> [MessageContent.AskedModification] {
    let plan = ChangePlan(
      changes.map(\.change), headers: content.headers.map(\.header),
      body: content.bodyIsCut ? nil : content.body)
    return plan.steps.flatMap { step in
      step.modifications.map {
        .init($0, packet: changes[step.change].packet, author: .ours(changes[step.change].cause))
      }
    }
  }
}
