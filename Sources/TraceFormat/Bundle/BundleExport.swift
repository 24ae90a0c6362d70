import MilterProtocol
import Signatures
import TraceModel

extension ExportFormat {
  package static let bundle = ExportFormat(
    "bundle", fileExtension: "tar.gz",
    "one file for the maintainer: report, trace, page, and a script that replays it; redacted; open and replay take it as it is",
    options: [.isBinary, .isRedacted, .isGzipped], asFolder: { BundleExport($0, isArchive: false) }
  ) { BundleExport($0, isArchive: true) }
}

/// What a maintainer needs of a trace, in one file: all parts are made of the same records, so pseudonyms are the same in all.
///
/// Each part is made twice: the first time to know its size and its sum, which come before its bytes or beside them. So memory does
/// not grow with the trace.
struct BundleExport: Exporter {
  private struct Part {
    let name: String
    var isExecutable = false
    let make: () -> any Exporter
  }

  private let parts: [Part]
  private let counts: [Int]
  private let isArchive: Bool
  private let modified: Int
  /// What a step works on.
  private var current: any Exporter
  private var size = 0
  private var sum = SHA256()
  private var sizes: [Int] = []
  private var sums: [String] = []
  private(set) var remarks: [String] = []

  /// The folder that the archive unpacks to.
  static let folder = "mitmilter-bundle"

  init(_ input: ExportInput, isArchive: Bool) {
    let texts = BundleTexts(input)
    parts = [
      Part(name: "README.md") { TextExport(texts.readMe) },
      Part(name: BundleTexts.report) { ExportFormat.report.exporter(input) },
      Part(name: BundleTexts.page) { ExportFormat.html.exporter(input) },
      Part(name: BundleTexts.trace) { ExportFormat.trace.exporter(input) },
      Part(name: BundleTexts.script, isExecutable: true) { TextExport(texts.replayScript) },
    ]
    counts = parts.map { $0.make().stepCount }
    current = TextExport("")
    self.isArchive = isArchive
    modified = Int(input.head.startedAt / 1_000_000)
  }

  /// Each part twice, and the sums.
  var stepCount: Int { 2 * counts.reduce(0, +) + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    guard let (part, step, isSecond) = place(of: number) else { return finish(into: &bytes) }
    if step == 0 {
      current = parts[part].make()
      (size, sum) = (0, SHA256())
      if isSecond { begin(parts[part], sizes[part], into: &bytes) }
    }
    var piece: [UInt8] = []
    current.step(step, into: &piece)
    let isLast = step == counts[part] - 1
    if isSecond {
      bytes += piece
      if isLast, isArchive { bytes += Tar.padding(behind: sizes[part]) }
    } else {
      size += piece.count
      sum.take(piece[...])
      guard isLast else { return }
      sizes.append(size)
      sums.append(sum.digest.map(HexDigit.pair).joined().lowercased())
      remarks += current.remarks
    }
  }

  /// nil for the sums.
  private func place(of number: Int) -> (part: Int, step: Int, isSecond: Bool)? {
    let once = counts.reduce(0, +)
    guard number < 2 * once else { return nil }
    var step = number % once
    for (part, count) in counts.enumerated() {
      if step < count { return (part, step, number >= once) }
      step -= count
    }
    return nil
  }

  private func begin(_ part: Part, _ size: Int, into bytes: inout [UInt8]) {
    guard isArchive else { return }
    bytes += Tar.header(
      "\(Self.folder)/\(part.name)", bytes: size, isExecutable: part.isExecutable, modified: modified)
  }

  private func finish(into bytes: inout [UInt8]) {
    let lines = zip(sums, parts).map { "\($0)  \($1.name)\n" }.joined()
    begin(Part(name: BundleTexts.sums) { TextExport("") }, lines.utf8.count, into: &bytes)
    bytes += Array(lines.utf8)
    if isArchive { bytes += Tar.padding(behind: lines.utf8.count) + Tar.end }
  }

  /// Of a folder: where a file begins.
  func fileName(_ step: Int) -> String? {
    if isArchive { return nil }
    guard let place = place(of: step) else { return BundleTexts.sums }
    return place.isSecond && place.step == 0 ? parts[place.part].name : nil
  }
}

/// A text that is there already.
private struct TextExport: Exporter {
  private let text: String

  init(_ text: String) { self.text = text }

  var stepCount: Int { 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) { bytes += Array(text.utf8) }
}
