import Mail
import MilterProtocol
import Timeline
import TraceModel

/// Changes asked for while a mail waits: accepted, kept, and sent only before its final reply.
struct PendingChanges {
  private var changes: [(change: Change, packet: Int, cause: Cause)] = []

  init(ofMessage message: Int, in trace: TraceView) {
    for row in trace.index.rows(ofMessage: message) {
      for record in trace.index.remarkRecords(about: row, from: trace.source) {
        guard case .instructed(let instructed) = record.event,
          case .change(let change)? = instructed.instruction
        else { continue }
        if instructed.refusal == nil {
          changes.append((change, instructed.packet ?? trace.index.number(at: row), instructed.cause))
        } else if let lost = changes.firstIndex(where: { $0.change == change }) {
          // Kept before, and given up since.
          changes.remove(at: lost)
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
