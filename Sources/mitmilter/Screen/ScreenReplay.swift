import CommandLanguage
import Comparison
import ConsoleUI
import MilterProtocol
import ProxyRuntime
import TraceModel

/// A mail that is said again to a milter while the screen goes on: on a thread of its own, and on a connection that no MTA knows of.
///
/// It ends by itself: a milter that does not answer is waited for as long as ``timeouts`` say. Whoever lets go of it hears no more of it.
final class ScreenReplay {
  enum Outcome {
    case compared(ComparisonPane)
    case refused(String)
  }

  /// The outcome on its way to the screen's thread.
  ///
  /// Sendable, because the thread that makes it touches it no more once it is posted.
  private final class Handover: @unchecked Sendable {
    let outcome: Outcome
    init(_ outcome: Outcome) { self.outcome = outcome }
  }

  private let box = Mailbox<Handover>()

  /// Who looks at a screen does not wait as long as an MTA.
  private static let timeouts = MTATimeouts(command: .seconds(10), content: .seconds(30))

  init(_ request: ReplayRequest, of source: any RecordSource) {
    let records = request.records.compactMap { source.record(at: $0) }
    let head = source.head
    Thread { [box] in box.post(Handover(Self.outcome(request, records, head))) }.detach()
  }

  /// Readable once it is over.
  var descriptor: Int32 { box.descriptor }

  /// What came of it; nil while it goes on.
  func take() -> Outcome? { box.take().first?.outcome }

  private static func outcome(_ request: ReplayRequest, _ records: [Record], _ head: TraceHead?) -> Outcome {
    do {
      return try play(request, RecordList(records, head: head))
    } catch let cause as any Explained {
      return .refused(cause.message)
    } catch {
      return .refused("\(error)")
    }
  }

  private static func play(_ request: ReplayRequest, _ source: RecordList) throws -> Outcome {
    let target = try MilterTarget(try milterAddress(request.milter))
    var recorded = ComparedTrace(source)
    let orders =
      request.changes.isEmpty
      ? nil
      : try AskedChanges.orders(request.changes, from: request.packet, in: recorded.index, source)
    let remarks = Remarks()
    let supply = RecordedConnections(
      recorded.index, source, timeouts: timeouts, orders, tell: remarks.take)
    guard supply.count > 0 else {
      throw Failure("the trace does not have the connection's OPTNEG, so it cannot be said again")
    }
    let (replayed, failures) = play(supply, target, remarks)
    if failures.unreachable > 0 { return .refused(remarks.all.last ?? "the milter cannot be reached") }
    _ = supply.changes.finish()
    var second = ComparedTrace(replayed)
    recorded.ours = supply.changes.unsaid
    let shapes = ComparisonBasis.adjust(&recorded, &second)
    second.descends(by: supply.changes.origins, changed: supply.changes.changed)
    let names = ComparisonPane.Names(
      "recorded", (orders == nil ? "replayed at " : "what if, at ") + target.address.description)
    return .compared(
      ComparisonPane(
        Comparison(recorded, second), names,
        remarks: remarks.all + [shapes, recorded.stagesNote(second)].compactMap { $0 }, opensMail: true))
  }

  private static func play(
    _ supply: RecordedConnections, _ target: MilterTarget, _ remarks: Remarks
  ) -> (RecordList, ReplayFailures) {
    let clock = Clock()
    var failures = ReplayFailures()
    var records: [Record] = []
    supply.play(at: target, most: 1, clock: clock, Journal(file: nil, window: nil, report: remarks.take)) {
      records += $0
      for record in $0 { if let words = failures.take(record) { remarks.take(words) } }
    }
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: [],
      milter: target.address.description)
    return (RecordList(records, head: head), failures)
  }

  /// What is to be known about it, a sentence each.
  private final class Remarks {
    private(set) var all: [String] = []

    /// Without the word that a line on standard error has in front.
    func take(_ words: String) {
      let kind = ["note: ", "warning: "].first { words.hasPrefix($0) }
      all.append(String(words.dropFirst(kind?.count ?? 0)))
    }
  }
}
