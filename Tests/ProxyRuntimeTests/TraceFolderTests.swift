import Glibc
import ProxyRuntime
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct TraceFolderTests {
  private static var trace: [UInt8] {
    var bytes: [UInt8] = []
    RecordWriter.append(TraceHead(program: "0.1", startedAt: 0, command: []), to: &bytes)
    return bytes
  }

  private func compressedCapture() throws -> [UInt8] {
    try TemporaryFolder.bytes(
      of: Fixtures.folder(besides: #filePath).appendingPathComponent("body200k.pcap.gz").path)
  }

  private func failure(reading path: String) -> FileFailure? {
    do throws(FileFailure) {
      _ = try TraceFileReader(path: path)
      return nil
    } catch {
      return error
    }
  }

  @Test func knowsTracesAndCapturesWhateverTheyAreCalled() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.trace, to: "b.log")
    try folder.write(try compressedCapture(), to: "a")
    try folder.write(Array("From: a@example.org\n".utf8), to: "mail.mtrace")
    try folder.write([], to: "empty.mtrace")
    try folder.write([0x1F, 0x8B], to: "torn.gz")
    #expect(mkfifo(folder.file("pipe.mtrace"), 0o600) == 0)
    #expect(symlink("/nowhere/at/all", folder.file("dangling.mtrace")) == 0)
    let found = try #require(TraceFolder(folder.path))
    #expect(found.entries.map(\.name) == ["a", "b.log"])
    #expect(found.entries.map(\.kind) == [.capture, .trace])
    #expect(found.entries.map(\.isCompressed) == [true, false])
    #expect(found.entries[1].bytes == Self.trace.count)
    #expect(found.path(of: found.entries[0]) == folder.file("a"))
    #expect(try TraceFileReader(path: found.path(of: found.entries[1])).count == 0)
  }

  @Test func aFolderIsRefusedWithWhatIsInIt() throws {
    let folder = try TemporaryFolder()
    #expect(failure(reading: folder.path)?.hint == "name a trace or a capture; there is none in it")
    try folder.write(Self.trace, to: "a.mtrace")
    try folder.write(Self.trace, to: "b\u{1b}.mtrace")
    let refusal = try #require(failure(reading: folder.path))
    #expect(refusal.message == "cannot read '\(folder.path)': it is a folder")
    #expect(refusal.hint == "name one or more of a.mtrace, b\\x1b.mtrace")
    for number in 10..<29 { try folder.write(Self.trace, to: "c\(number)") }
    #expect(failure(reading: folder.path)?.hint?.hasSuffix("c26, c27 and 1 more") ?? false)
  }

  @Test func whatIsNoFolderIsNone() {
    #expect(TraceFolder("/nowhere/at/all") == nil)
    #expect(TraceFolder("/dev/null") == nil)
    #expect(TraceFolder("-") == nil)
  }
}
