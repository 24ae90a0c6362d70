import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// The archive for the maintainer: what is in it, and its trace read back whatever cuts it.
@Suite struct BundleTests {
  private static func archive() -> [UInt8] {
    var exporter = ExportFormat.bundle.exporter(
      ExportInput(ExportedPlay.source, machine: ["mitmilter 9.9", "Some Linux"]))
    return exporter.all()
  }

  private static func made(_ format: ExportFormat) -> [UInt8] {
    var exporter = format.exporter(ExportInput(ExportedPlay.source))
    return exporter.all()
  }

  /// By name, as the headers say.
  private static func files(_ archive: [UInt8]) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    var at = 0
    while archive[at] != 0 {
      let header = archive[at..<at + Tar.blockBytes]
      let sum = header.enumerated().reduce(0) {
        $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element))
      }
      #expect(String(decoding: header.dropFirst(148).prefix(6), as: UTF8.self) == octal(sum))
      let size = try #require(Tar.size(header))
      let name = String(decoding: header.prefix { $0 != 0 }, as: UTF8.self)
      files[name] = Array(archive[at + Tar.blockBytes..<at + Tar.blockBytes + size])
      at += Tar.blockBytes + size + Tar.padding(behind: size).count
    }
    #expect(archive.count == at + Tar.end.count && archive[at...].allSatisfy { $0 == 0 })
    return files
  }

  private static func octal(_ value: Int) -> String {
    let digits = String(value, radix: 8)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  @Test func itsPartsAreThoseOfTheOtherExports() throws {
    let files = try Self.files(Self.archive())
    let folder = BundleExport.folder
    #expect(
      Set(files.keys)
        == Set(
          ["README.md", "report.md", "page.html", "session.mtrace", "replay.sh", "SHA256SUMS"].map {
            "\(folder)/\($0)"
          }))
    #expect(files["\(folder)/report.md"] == Self.made(.report))
    #expect(files["\(folder)/page.html"] == Self.made(.html))
    #expect(files["\(folder)/session.mtrace"] == Self.made(.trace))
    let readMe = String(decoding: try #require(files["\(folder)/README.md"]), as: UTF8.self)
    #expect(readMe.contains("- Some Linux\n") && readMe.contains("**Not redacted**"))
    for word in ExportedPlay.head.command { #expect(readMe.contains(word)) }
  }

  @Test func aFolderHasTheSameFiles() throws {
    let files = try Self.files(Self.archive())
    let make = try #require(ExportFormat.bundle.asFolder)
    var exporter = make(ExportInput(ExportedPlay.source, machine: ["mitmilter 9.9", "Some Linux"]))
    var made: [String: [UInt8]] = [:]
    var name = ""
    for step in 0..<exporter.stepCount {
      if let next = exporter.fileName(step) { name = "\(BundleExport.folder)/\(next)" }
      var bytes: [UInt8] = []
      exporter.step(step, into: &bytes)
      if !bytes.isEmpty { made[name, default: []] += bytes }
    }
    #expect(made == files)
  }

  @Test(arguments: [1, 13, 511, 512, 513, 100_000])
  func itsTraceComesBackWhateverCutsTheArchive(_ piece: Int) {
    let archive = Self.archive()
    #expect(Tar.fits(archive[...]))
    var bundled = BundledTrace(isJudged: false)
    var text: [UInt8] = []
    for start in stride(from: 0, to: archive.count, by: piece) {
      text += bundled.append(Array(archive[start..<min(start + piece, archive.count)]))
    }
    text += bundled.finish()
    #expect(text == Self.made(.trace))
    #expect(bundled.refusal == nil)
  }

  @Test func anArchiveWithoutATraceSaysSo() {
    let file =
      Tar.header("x", bytes: 3, isExecutable: false, modified: 0) + bytes("abc") + Tar.padding(behind: 3)
    let none = "there is no trace in the archive"
    let cut = "the archive is cut short before a trace"
    for (archive, words) in [
      (file + Tar.end, none), ([UInt8](repeating: 0xFF, count: 2000), none), (Tar.end, none), (file, cut),
      (Tar.header("x", bytes: 1 << 30, isExecutable: false, modified: 0) + bytes("abc"), cut),
    ] {
      var bundled = BundledTrace(isJudged: true)
      #expect(bundled.append(archive) + bundled.finish() == [])
      #expect(bundled.refusal == words)
    }
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}
