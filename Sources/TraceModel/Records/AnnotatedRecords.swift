/// A trace, and records put in by its reader: marks and notes on a file that is only looked at.
///
/// What is put in stands after all that had been read by then, so numbers once given stay.
package final class AnnotatedRecords: RecordSource {
  private let base: any RecordSource
  /// Put in, each with the number it has.
  private var own: [(number: Int, record: Record)] = []

  package init(_ base: any RecordSource) { self.base = base }

  package var head: TraceHead? { base.head }
  package var count: Int { base.count + own.count }

  package func append(_ record: Record) { own.append((count, record)) }

  package func record(at index: Int) -> Record? {
    let place = place(index)
    return place.own.map { own[$0].record } ?? base.record(at: index - place.before)
  }

  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool {
    let place = place(index)
    return place.own != nil || base.mayHold(probe, at: index - place.before)
  }

  package func file(at index: Int) -> String? {
    let place = place(index)
    return place.own == nil ? base.file(at: index - place.before) : nil
  }

  /// How many were put in before that record, and which of them it is, if any.
  private func place(_ index: Int) -> (before: Int, own: Int?) {
    var low = 0
    var high = own.count
    while low < high {
      let middle = (low + high) / 2
      if own[middle].number < index { low = middle + 1 } else { high = middle }
    }
    return (low, low < own.count && own[low].number == index ? low : nil)
  }
}
