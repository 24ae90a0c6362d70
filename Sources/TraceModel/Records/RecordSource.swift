/// Where records are read back from: a file by its index, or memory.
///
/// The pure targets ask through this; whoever owns the file answers. Records are numbered from 0 in trace order.
package protocol RecordSource: AnyObject {
  var head: TraceHead? { get }
  /// How many records there are by now; only grows.
  var count: Int { get }
  /// The record at `index`, read back if need be; nil past the end, or where the line cannot be read.
  func record(at index: Int) -> Record?
  /// False only where the packet of that record surely does not have that text, in whatever letter case: then nobody
  /// needs to read it.
  func mayHold(_ probe: TextProbe, at index: Int) -> Bool
  /// The file that the record came from; nil where all are from one.
  func file(at index: Int) -> String?
}

extension RecordSource {
  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool { true }
  package func file(at index: Int) -> String? { nil }
}
