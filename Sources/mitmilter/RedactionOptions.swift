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
      "Replace addresses, names and text by others of the same shape; report and html do without being told.")
  var redact: Bool?

  @Option(
    name: .customLong("redact-map"),
    help: ArgumentHelp("Write what became what, for yourself alone.", valueName: "file"))
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
    let key = RedactionKey(.random(in: .min ... .max), .random(in: .min ... .max))
    do throws(FileFailure) {
      let copy = try RedactedCopy(of: records, by: Redactor(key: key, keeping: keep))
      var progress = Progress(of: copy.stepCount)
      for number in 0..<copy.stepCount {
        try copy.step(number)
        progress.done(number)
      }
      progress.finish()
      if let redactMap { try writeMap(copy.pseudonyms, redactMap) }
      return try copy.finished()
    } catch {
      throw Failure(error.message, hint: error.hint)
    }
  }

  /// A line for each name: what stands in the output, a tab, what it was.
  private func writeMap(_ pseudonyms: [[UInt8]: [UInt8]], _ path: String) throws(FileFailure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600)
    guard descriptor >= 0 else { throw FileFailure(writing: path, errno) }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else {
      throw FileFailure(writing: path, errno)
    }
    let lines = pseudonyms.map { old, new in
      "\(InertText.string(escaping: new))\t\(InertText.string(escaping: old))\n"
    }
    let failed = writeAll(Array(lines.sorted().joined().utf8), to: descriptor)
    if let failed { throw FileFailure(writing: path, failed) }
  }
}
