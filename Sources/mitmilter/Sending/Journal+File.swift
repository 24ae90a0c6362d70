import ProxyRuntime
import TraceFormat
import TraceModel

extension Journal {
  /// With a trace of that name, where one is wanted.
  init(_ path: String?, _ head: TraceHead) throws {
    var trace: TraceFileWriter?
    if let path {
      let file = try TraceFileWriter(path: path, head: head)
      if let kept = file.kept { tell("note: '\(path)' was there already; it is kept as '\(kept)'") }
      trace = consume file
    }
    self.init(file: trace, window: nil) { tell("warning: \($0)") }
  }
}
