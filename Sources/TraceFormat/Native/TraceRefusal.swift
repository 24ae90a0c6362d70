/// Why a file is not a trace that this program can read.
package enum TraceRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case empty
  /// A format that this program does not know.
  case otherFormat(Int)
  /// Not a trace at all; what it looks like, where that can be told.
  case foreign(String?)
  /// Records without the first line.
  case headless
  /// A trace whose first line cannot be read.
  case damaged(LineFault)

  package var description: String {
    switch self {
    case .empty: "it is empty"
    case .otherFormat(let format):
      "this trace is format \(format); this program reads 1 to \(RecordWriter.format)"
    case .foreign(let what?): "it is not a trace; it looks like \(what)"
    case .foreign(nil): "it is not a trace"
    case .headless: "its first line is a record, not the head of a trace"
    case .damaged(let fault): "the first line of the trace is damaged: \(fault)"
    }
  }

  package var hint: String? {
    switch self {
    case .empty: "a trace has at least its first line; was it written by 'mitmilter proxy -w'?"
    case .otherFormat: "read it with the version of mitmilter that wrote it, or a later one"
    case .foreign: "traces are written by 'mitmilter proxy -w FILE'"
    case .headless: "put the first line of the trace it came from in front: (head -n 1 TRACE; cat FILE)"
    case .damaged: "a head line of another trace of the same run can take its place"
    }
  }
}
