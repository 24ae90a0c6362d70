import ArgumentParser
import Glibc
import MilterProtocol
import ProxyRuntime
import TraceFormat
import TraceModel

struct RedactionOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help:
      "Replace addresses, names and text by others of the same shape; report, html and bundle do so by default."
  )
  var redact: Bool?

  @Option(
    name: .customLong("redact-map"),
    help: ArgumentHelp(
      "Write down what was replaced by what, for yourself alone; with an existing file, the same pseudonyms are used again.",
      valueName: "file"))
  var redactMap: String?

  @Option(
    help: ArgumentHelp("A word, name or domain that is not replaced; repeatable.", valueName: "term"))
  var keep: [String] = []

  /// The records with other words in them, in a file without a name; nil where they are shown as they are.
  func redacted(_ records: any RecordSource, isDefault: Bool) throws -> (any RecordSource)? {
    guard redact ?? isDefault else {
      guard redactMap == nil, keep.isEmpty else {
        throw Failure("--redact-map and --keep need --redact", hint: "add --redact")
      }
      return nil
    }
    var map = try redactMap.map { try RedactionMap($0) }
    let key = map?.key ?? .random
    let copy = try RedactedCopy(of: records, by: Redactor(key: key, keeping: keep, language: .own))
    var progress = Progress(of: copy.stepCount)
    for number in 0..<copy.stepCount {
      try copy.step(number)
      progress.done(number)
    }
    progress.finish()
    try map?.write(copy.pseudonyms)
    return try copy.finished()
  }
}
