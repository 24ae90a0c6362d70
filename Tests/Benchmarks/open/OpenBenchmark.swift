import Cells
import CommandLanguage
import ConsoleUI
import Glibc
import MilterProtocol
import ProxyRuntime
import Timeline
import TraceModel

/// Opens a trace as `mitmilter open` does, filters and searches it, and prints how long each took.
@main struct OpenBenchmark {
  static func main() throws {
    let paths = Array(CommandLine.arguments.dropFirst())
    guard let path = paths.first else { return print("usage: run trace...") }
    var reader: TraceFileReader?
    try measure("find the lines") { reader = try TraceFileReader(path: path) }
    guard let reader else { return }
    if paths.count > 1 {
      let readers = try paths.map { try TraceFileReader(path: $0) }
      measure("merge \(paths.count) files") { _ = MergedRecords(readers) }
    }
    measure("read every record") { for i in 0..<reader.count { _ = reader.record(at: i) } }
    var model = ConsoleModel(source: AnnotatedRecords(reader), origin: .files([path]), isLive: false)
    measure("first screen, with its first records") {
      _ = model.update(.resized(Size(columns: 120, rows: 40)))
      _ = model.update(.appended)
      _ = render(model, size: Size(columns: 120, rows: 40))
    }
    measure("index all \(reader.count) records, in slices") { work(&model) }
    print("  the longest slice: \(longest / 1_000_000) ms")
    for filter in [
      "reject", "took > 10ms", "message.subject contains \"nowhere\"", "message.from contains \"nowhere\"",
      "rcpt.address contains \"nowhere\"", "header.value contains \"nowhere\"", "\"nowhere to be found\"",
      // What nearly every message has.
      "message.header[\"Subject\"] contains \"e\"", "message.from contains \"e\"",
      "message.rcpts contains \"e\"",
      "message.size > 1", "macro[\"i\"] contains \"1\"", "queue contains \"1\"", "helo.name contains \"e\"",
      "rcpt.address contains \"e\"", "header.value contains \"e\"", "\"e\"",
    ] {
      measure("filter: " + filter) {
        type("f", &model)
        type(filter, &model, "\r")
        work(&model)
      }
      print("  the longest slice: \(longest / 1_000_000) ms")
      type("f", &model)
      // The prompt begins with the filter that is on.
      for _ in 0..<filter.unicodeScalars.count { _ = model.update(.key(.named(.backspace))) }
      type("", &model, "\r")
      work(&model)
    }
    for words in ["nowhere to be found", "xyzzy"] {
      measure("search in vain: " + words) {
        type("/", &model)
        type(words, &model, "\r")
        work(&model)
      }
      print("  the longest slice: \(longest / 1_000_000) ms")
    }
  }

  nonisolated(unsafe) static var longest: Int64 = 0

  private static func work(_ model: inout ConsoleModel) {
    longest = 0
    while model.isBusy {
      let start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
      _ = model.update(.idle)
      longest = max(longest, nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start)
    }
  }

  private static func type(_ text: String, _ model: inout ConsoleModel, _ end: String = "") {
    for letter in text.unicodeScalars { _ = model.update(.key(.character(letter))) }
    if end == "\r" { _ = model.update(.key(.named(.enter))) }
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Processor time first: other work on the machine counts in the other.
  private static func measure(_ title: String, _ work: () throws -> Void) rethrows {
    let start = (nanoseconds(CLOCK_PROCESS_CPUTIME_ID), nanoseconds(CLOCK_MONOTONIC))
    try work()
    let used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start.0
    let wall = nanoseconds(CLOCK_MONOTONIC) - start.1
    print("\(title): \(used / 1_000_000) ms of processor, \(wall / 1_000_000) ms")
  }
}
