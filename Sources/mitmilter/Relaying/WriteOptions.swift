import ArgumentParser
import CommandLanguage
import MilterProtocol
import ProxyRuntime

/// What of a long run is recorded, and in how many files.
struct WriteOptions: ParsableArguments {
  @Option(
    name: .customLong("write-limit"),
    help: ArgumentHelp(
      "Begin a new trace when this one is so large; the old one gets a number behind its name.",
      valueName: "size"))
  var limit: String?

  @Option(
    name: .customLong("write-every"),
    help: ArgumentHelp("Begin a new trace after so long.", valueName: "duration"))
  var every: String?

  @Option(
    name: .customLong("write-keep"),
    help: ArgumentHelp("Keep so many traces, this one included; the oldest is removed.", valueName: "number"))
  var keep: UInt16?

  @Option(
    name: .customLong("write-filter"),
    help: ArgumentHelp(
      "Record only mails that match, whole ones, once their connection has ended.", valueName: "expression"))
  var filter: String?

  func plan(for recording: RecordingOptions, isShown: Bool) throws -> WritePlan {
    let named = [
      limit.map { _ in "--write-limit" }, every.map { _ in "--write-every" },
      keep.map { _ in "--write-keep" },
      filter.map { _ in "--write-filter" },
    ].compactMap { $0 }
    guard let first = named.first else { return WritePlan() }
    guard let file = recording.write else {
      throw Failure("\(first) needs --write", hint: "name the trace: -w today.mtrace")
    }
    guard !isShown else {
      throw Failure("\(first) and a screen do not go together", hint: "--headless leaves the screen out")
    }
    var plan = WritePlan()
    if let filter {
      do { plan.filter = try Expression(parsing: filter) } catch {
        throw Failure(error, in: "--write-filter", hint: "mitmilter help filters lists the terms")
      }
    }
    guard limit != nil || every != nil || keep != nil else { return plan }
    guard file != "-" else {
      throw Failure("\(first): standard output is one trace", hint: "name a file for --write")
    }
    guard limit != nil || every != nil else {
      throw Failure(
        "--write-keep needs --write-limit or --write-every", hint: "when does the next trace begin?")
    }
    guard keep != 0 else {
      throw Failure(
        "--write-keep: expected a number from 1 up, there is '0'", hint: "leave it out to keep all")
    }
    plan.ring = TraceRing.Plan(
      limit: try limit.map { try LimitOptions.size($0, of: "--write-limit", atLeast: 1 << 16) },
      period: try every.map { try SteeringOptions.span($0, of: "--write-every") }, keep: keep.map { Int($0) })
    return plan
  }
}

struct WritePlan {
  /// nil for one trace that grows.
  var ring: TraceRing.Plan?
  /// nil records everything.
  var filter: Expression?
}
