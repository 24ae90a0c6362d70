/// The records that there are by now: what comes later to the source behind is not seen.
package final class RecordPrefix: RecordSource {
  private let base: any RecordSource
  package let count: Int

  package init(_ base: any RecordSource) {
    self.base = base
    count = base.count
  }

  package var head: TraceHead? { base.head }
  package func record(at index: Int) -> Record? { index < count ? base.record(at: index) : nil }
  package func file(at index: Int) -> String? { index < count ? base.file(at: index) : nil }

  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool { base.mayHold(probe, at: index) }
}
