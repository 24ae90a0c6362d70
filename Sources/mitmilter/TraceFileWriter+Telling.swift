import ProxyRuntime
import TraceModel

extension TraceFileWriter {
  /// The same, and says where a trace of an earlier run is kept.
  init(path: String, head: TraceHead, toldBy tell: (String) -> Void) throws(FileFailure) {
    self = try TraceFileWriter(path: path, head: head)
    if let kept { tell("note: '\(path)' was there already; it is kept as '\(kept)'") }
  }
}
