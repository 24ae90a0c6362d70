import CommandLanguage
import ConsoleUI
import ProxyRuntime
import Timeline
import TraceFormat
import TraceModel

/// An export that the screen asked for, done a slice at a time between keys; what arrives meanwhile is not in it.
final class ScreenExport {
  let request: ExportRequest
  private let format: ExportFormat
  private let replaces: Bool
  private let spared: NewFile.Spared
  private var phase: Phase
  private var bytes: [UInt8] = []
  /// Numbers of the records that are in the file as they are.
  private(set) var keptRecords: [Int] = []

  private enum Phase {
    /// While a step works on what the others hold, or each would be a copy of it.
    case busy
    case redacting(RedactedCopy, next: Int)
    case indexing(any RecordSource, TimelineIndex, isRedacted: Bool)
    case exporting(any Exporter, next: Int, ExportTarget)
  }

  enum Progress {
    case percent(Int)
    case done(String)
    /// Nothing was written: there is a file of that name, and nobody said that it may go.
    case exists(String)
  }

  /// One key for all exports of a run: their pseudonyms go together.
  private static let key = RedactionKey.random

  /// nil for a format that there is not.
  init?(
    _ request: ExportRequest, replaces: Bool, of records: any RecordSource, sparing spared: NewFile.Spared
  ) throws(FileFailure) {
    guard let format = ExportFormat.named(request.format) else { return nil }
    self.request = request
    self.format = format
    self.replaces = replaces
    self.spared = spared
    let records = RecordPrefix(records)
    if request.redacts ?? format.options.contains(.isRedacted) {
      phase = .redacting(try RedactedCopy(of: records, by: Redactor(key: Self.key, language: .own)), next: 0)
    } else {
      phase = .indexing(records, TimelineIndex(), isRedacted: false)
    }
  }

  private static let slice = Duration.milliseconds(15)
  private static let recordsAtOnce = 64

  /// Goes on for a moment.
  func work() throws(FileFailure) -> Progress {
    let start = ContinuousClock.now
    while true {
      if let end = try step() { return end }
      if start.duration(to: .now) > Self.slice { return .percent(percent) }
    }
  }

  private var percent: Int {
    let (part, share): (Int, Double)
    switch phase {
    case .busy: (part, share) = (0, 0)
    case .redacting(let copy, let next): (part, share) = (0, Double(next) / Double(copy.stepCount))
    case .indexing(let source, let index, _):
      (part, share) = (1, Double(index.recordCount) / Double(max(1, source.count)))
    case .exporting(let exporter, let next, _):
      (part, share) = (2, Double(next) / Double(max(1, exporter.stepCount)))
    }
    return Int((Double(part) + share) / 3 * 100)
  }

  /// A little work; the answer is the end.
  private func step() throws(FileFailure) -> Progress? {
    let current = phase
    phase = .busy
    switch current {
    case .busy: return nil
    case .redacting(let copy, let next):
      for number in next..<min(copy.stepCount, next + Self.recordsAtOnce) { try copy.step(number) }
      let done = min(copy.stepCount, next + Self.recordsAtOnce)
      phase =
        done < copy.stepCount
        ? .redacting(copy, next: done)
        : .indexing(try copy.finished(), TimelineIndex(), isRedacted: true)
    case .indexing(let source, var index, let isRedacted):
      if index.catchUp(with: source, limit: Self.recordsAtOnce * 8) {
        return try begin(
          ExportInput(
            index, source, rows: request.rows, loneFindings: loneFindings(source.head),
            isRedacted: isRedacted,
            charsets: .ofSystem, machine: MadeWith.words))
      }
      phase = .indexing(source, index, isRedacted: isRedacted)
    case .exporting(var exporter, let next, let target):
      guard next < exporter.stepCount else {
        try flush(target)
        try target.finish()
        return .done(words(exporter, target))
      }
      if let name = exporter.fileName(next) { try target.begin(name) }
      exporter.step(next, into: &bytes)
      if bytes.count > 65_536 || target.isFolder { try flush(target) }
      phase = .exporting(exporter, next: next + 1, target)
    }
    return nil
  }

  /// Which findings about no packet the filter takes; nil where it does not ask about findings.
  private func loneFindings(_ head: TraceHead?) -> ChosenPackets.LoneFindings? {
    guard let findings = request.filter.flatMap({ FindingPredicate($0) }) else { return nil }
    let startedAt = head?.startedAt ?? 0
    return { findings.matches($0, startedAt: startedAt, utcOffset: Clock.localOffset) }
  }

  /// Looks at what is there before anything is written.
  private func begin(_ input: ExportInput) throws(FileFailure) -> Progress? {
    let asFolder = FileIdentity.isFolder(request.file) ? format.asFolder : nil
    let exporter = (asFolder ?? format.exporter)(input)
    if format.options.contains(.keepsRemarks), !input.isRedacted {
      let (index, count) = (input.index, input.source.count)
      keptRecords =
        request.rows.map { $0.flatMap { index.recordNumbers(about: Int($0)) } } ?? Array(0..<count)
    }
    let isFolder = asFolder != nil || format.options.contains(.isFilePerMail) && exporter.stepCount > 1
    guard exporter.stepCount > 0 else {
      throw FileFailure("there is no mail with content in what was chosen", hint: nil)
    }
    let names = isFolder ? (0..<exporter.stepCount).compactMap { exporter.fileName($0) } : []
    let paths = isFolder ? names.map { request.file + "/" + $0 } : [request.file]
    for path in paths where try spared.isThere(path) && !replaces { return .exists(path) }
    phase = .exporting(
      exporter, next: 0,
      try ExportTarget(
        request.file, isFolder: isFolder, isGzipped: !isFolder && format.options.contains(.isGzipped),
        replacing: replaces,
        sparing: spared))
    return nil
  }

  private func flush(_ target: ExportTarget) throws(FileFailure) {
    defer { bytes.removeAll(keepingCapacity: true) }
    try target.write(bytes)
  }

  private func words(_ exporter: any Exporter, _ target: ExportTarget) -> String {
    let what =
      target.isFolder
      ? "\(NumberText.count(target.files, format.options.contains(.isFilePerMail) ? "mail" : "file")) into \(request.file)"
      : "\(format.name), \(target.bytes) bytes, to \(request.file)"
    return (["wrote " + what] + exporter.remarks).joined(separator: "; ")
  }
}

/// A file, or a folder of them.
private final class ExportTarget {
  let isFolder: Bool
  private let path: String
  private let replacing: Bool
  private let spared: NewFile.Spared
  private var file: NewFile?
  private let gzip: Gzip?
  private(set) var bytes = 0
  private(set) var files = 0

  init(
    _ path: String, isFolder: Bool, isGzipped: Bool, replacing: Bool, sparing spared: NewFile.Spared
  ) throws(FileFailure) {
    (self.path, self.isFolder, self.replacing, self.spared) = (path, isFolder, replacing, spared)
    gzip = isGzipped ? Gzip() : nil
    if isGzipped, gzip == nil { throw FileFailure("there is no memory to compress it", hint: nil) }
    if isFolder {
      try makeFolder(path)
    } else {
      file = try NewFile(path, replacing: replacing, sparing: spared)
    }
  }

  /// The next file of a folder.
  func begin(_ name: String) throws(FileFailure) {
    guard isFolder else { return }
    file = try NewFile(path + "/" + name, replacing: replacing, sparing: spared)
    files += 1
  }

  func write(_ bytes: [UInt8]) throws(FileFailure) { try put(gzip?.append(bytes) ?? bytes) }

  /// Nothing more comes.
  func finish() throws(FileFailure) {
    if let gzip { try put(gzip.finish()) }
  }

  private func put(_ bytes: [UInt8]) throws(FileFailure) {
    self.bytes += bytes.count
    try file?.append(bytes)
  }
}
