import Conformance
import Glibc
import MilterProtocol
import ProxyRuntime
import Sending
import TraceFormat
import TraceModel

/// Goes through the checklist with a milter, and prints what came of each fault.
struct MilterConformance {
  private let target: MilterTarget
  private let patience: MTAPatience
  private let printer: ChecklistPrinter
  private var checklist: MilterChecklist

  /// - Parameter patience: of the MTA; where nobody said how long it waits, it waits as long as the milter's ways call for.
  init(
    of target: MilterTarget, _ checklist: MilterChecklist, patience: MTAPatience, _ printer: ChecklistPrinter
  ) {
    (self.target, self.checklist, self.patience, self.printer) = (target, checklist, patience, printer)
  }

  mutating func run(_ clock: Clock, journal: consuming Journal) throws {
    var player = MTAPlayer<TrialMTA>(most: 2, clock: clock, journal: journal)
    var connections = RecordsByConnection()
    // Both are asked in turn, on this thread.
    var checklist = checklist
    let (target, patience, printer) = (target, patience, printer)
    player.run { now in
      while let (number, records) = connections.nextOver() {
        checklist.take(records, ofConnection: number, at: now)
        for report in checklist.takeReports() { printer.print(report) }
      }
      let order = checklist.next(at: now)
      for report in checklist.takeReports() { printer.print(report) }
      switch order {
      case .play(let script):
        var waiting = patience
        waiting.timeouts = patience.timeouts ?? checklist.timeouts
        return .call(.init(script, to: target, patience: waiting))
      case .wait(let moment): return .later(moment)
      case .done: return .done
      }
    } took: { records in
      connections.take(records)
    }
    if checklist.wasNeverThere {
      throw Failure(
        "the milter at \(target.address) is not there", hint: "mitmilter doctor \(target.address) looks why")
    }
    try printer.finish()
  }
}
