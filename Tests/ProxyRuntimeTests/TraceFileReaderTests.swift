import Glibc
import MilterProtocol
import ProxyRuntime
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct TraceFileReaderTests {
  private static let head = TraceHead(program: "0.1", startedAt: 0, command: [])

  /// A trace of `count` notes, each as long as `filler` and its number.
  private static func trace(_ count: Int, filler: String = "") -> [UInt8] {
    var bytes: [UInt8] = []
    RecordWriter.append(head, to: &bytes)
    for number in 0..<count { RecordWriter.append(note(number, filler), to: &bytes) }
    return bytes
  }

  private static func note(_ number: Int, _ filler: String = "") -> Record {
    Record(
      time: Moment(microseconds: Int64(number)), connection: 1,
      event: .noted(text: Sentence(others: filler + String(number)), packet: nil))
  }

  private func message(opening path: String) -> String {
    do throws(FileFailure) {
      _ = try TraceFileReader(path: path)
      return "opened"
    } catch {
      return error.message
    }
  }

  @Test func readsRecordsForwardsBackwardsAndAnywhere() throws {
    let folder = try TemporaryFolder()
    let filler = String(repeating: "x", count: 300)
    try folder.write(Self.trace(2000, filler: filler), to: "a.mtrace")
    let reader = try TraceFileReader(path: folder.file("a.mtrace"))
    #expect(reader.head == Self.head)
    #expect(reader.count == 2000)
    #expect(reader.loss == nil)
    for place in Array(0..<2000) + Array((0..<2000).reversed())
      + stride(from: 0, to: 2000 * 77, by: 77).map({ $0 % 2000 })
    {
      #expect(reader.record(at: place) == Self.note(place, filler))
    }
    #expect(reader.record(at: 2000) == nil)
    #expect(reader.record(at: -1) == nil)
  }

  @Test func tellsOfEveryLineWhetherATextMayStandThere() throws {
    let folder = try TemporaryFolder()
    let filler = String(repeating: "x", count: 300)
    try folder.write(Self.trace(2000, filler: filler), to: "a.mtrace")
    let reader = try TraceFileReader(path: folder.file("a.mtrace"))
    let probes = try ["777", "x19", "xx"].map { try #require(TextProbe(bytes($0))) }
    for place in Array(0..<2000) + Array((0..<2000).reversed())
      + stride(from: 0, to: 100 * 777, by: 777).map({ $0 % 2000 })
    {
      for probe in probes { expect(reader, probe, at: place, filler) }
    }
    // More texts than are kept in mind at a time.
    let more = try ["nowhere", "1999", "x0", "777", "5"].map { try #require(TextProbe(bytes($0))) }
    for place in [0, 1, 777, 1999, 5] {
      for probe in more { expect(reader, probe, at: place, filler) }
    }
  }

  private func expect(_ reader: TraceFileReader, _ probe: TextProbe, at place: Int, _ filler: String) {
    var line: [UInt8] = []
    RecordWriter.append(Self.note(place, filler), to: &line)
    // What most lines have may be said to stand in any.
    let (may, stands) = (reader.mayHold(probe, at: place), probe.mayStand(in: line.span))
    let isRare = ["777", "nowhere"].map(bytes).contains(probe.bytes)
    #expect(may == stands || may && !isRare, "\(probe.bytes) at \(place)")
  }

  @Test func followsAFileThatGrowsByPiecesOfLines() throws {
    let folder = try TemporaryFolder()
    let whole = Self.trace(40)
    let headEnd = try #require(whole.firstIndex(of: UInt8(ascii: "\n"))) + 1
    try folder.write(Array(whole[..<headEnd]), to: "a.mtrace")
    let reader = try TraceFileReader(path: folder.file("a.mtrace"))
    #expect(reader.count == 0)
    var end = headEnd
    while end < whole.count {
      end = min(whole.count, end + 23)
      try folder.write(Array(whole[..<end]), to: "a.mtrace")
      #expect(try reader.advance() == .grew)
      #expect(try reader.advance() == .atEnd)
      let lines = whole[headEnd..<end].count { $0 == UInt8(ascii: "\n") }
      let lacksOnlyItsLineFeed = whole[end - 1] == UInt8(ascii: "}")
      #expect(reader.count == lines + (lacksOnlyItsLineFeed ? 1 : 0))
      for place in 0..<reader.count { #expect(reader.record(at: place) == Self.note(place)) }
    }
    #expect(reader.count == 40)
  }

  @Test func aTornTailLosesOnlyTheLastRecordAndIsReported() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(Self.trace(3).dropLast(7)), to: "a.mtrace")
    let reader = try TraceFileReader(path: folder.file("a.mtrace"))
    #expect((0..<reader.count).map { reader.record(at: $0) } == [Self.note(0), Self.note(1)])
    #expect(reader.loss == "the last line is cut short after 36 bytes and left out")
  }

  @Test func aLineThatIsNoRecordIsPassedOver() throws {
    let folder = try TemporaryFolder()
    let start = Self.trace(1)
    var more: [UInt8] = []
    RecordWriter.append(Self.note(1), to: &more)
    try folder.write(start + Array("{\"k\":\"later\"}\n".utf8) + more, to: "a.mtrace")
    let reader = try TraceFileReader(path: folder.file("a.mtrace"))
    #expect(reader.count == 3)
    #expect(reader.record(at: 1) == nil)
    #expect(reader.record(at: 2) == Self.note(1))
    #expect {
      _ = try reader.read(1)
    } throws: {
      guard let line = $0 as? UnreadableLine else { return false }
      return line.offset == start.count + 6
        && line.reason == "expected a kind of record that this program knows under 'k'"
    }
  }

  @Test func compressedMembersAreOneTrace() throws {
    let reader = try TraceFileReader(path: fixture("two-members.mtrace.gz"))
    #expect(reader.head?.program == "0.1.0")
    #expect(reader.count == 2)
    #expect(reader.loss == nil)
    #expect(reader.record(at: 1)?.event == .closed(Closed(leg: .mta, how: .peer)))
  }

  @Test func aTornCompressedFileGivesWhatItHolds() throws {
    let folder = try TemporaryFolder()
    let whole = try TemporaryFolder.bytes(of: fixture("two-members.mtrace.gz"))
    // The second member begins behind the first one; cut inside it.
    let second = try #require(
      whole.indices.dropFirst(2).first { whole[$0...].starts(with: [0x1F, 0x8B, 8]) })
    try folder.write(Array(whole[..<(second + 20)]), to: "torn.gz")
    let reader = try TraceFileReader(path: folder.file("torn.gz"))
    #expect(reader.count == 1)
    #expect(reader.loss == "the compressed data is cut short")
    var damaged = whole
    damaged[second + 12] ^= 0xFF
    damaged[second + 13] ^= 0xFF
    try folder.write(damaged, to: "damaged.gz")
    let other = try TraceFileReader(path: folder.file("damaged.gz"))
    #expect(other.count >= 1)
    #expect(other.loss == "the compressed data is damaged; what follows the damage is left out")
  }

  @Test func aPipeIsReadAsItComes() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let whole = Self.trace(3)
    let lines = whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { $0 + [10] }
    #expect(writeAll(Array(lines[0]), to: ends[1]) == nil)
    let reader = try TraceFileReader(path: "/dev/fd/\(ends[0])")
    close(ends[0])
    #expect(reader.count == 0)
    for number in 0..<3 {
      #expect(writeAll(Array(lines[number + 1]), to: ends[1]) == nil)
      #expect(try reader.advance() == .grew)
      #expect(reader.count == number + 1)
      #expect(reader.record(at: number) == Self.note(number))
    }
    close(ends[1])
    #expect(try reader.advance() == .atEnd)
    #expect(reader.record(at: 0) == Self.note(0))
  }

  @Test func aFileThatIsCutOffUnderTheReaderIsAFailure() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.trace(5000), to: "a.mtrace")
    let path = folder.file("a.mtrace")
    let reader = try TraceFileReader(path: path)
    #expect(truncate(path, 200) == 0)
    #expect(reader.record(at: 4999) == nil)
    #expect {
      _ = try reader.advance()
    } throws: {
      ($0 as? FileFailure)?.message == "cannot read '\(path)': it has become shorter than it was"
    }
  }

  /// Sendmail to a milter, a body of 207,500 bytes (tcpdump on loopback, gzip).
  @Test func aCompressedCaptureIsReadAsATrace() throws {
    let capture = Fixtures.folder(besides: #filePath).appendingPathComponent("body200k.pcap.gz").path
    let reader = try TraceFileReader(path: capture)
    var letters = ""
    var bodyBytes = 0
    for place in 0..<reader.count {
      guard case .received(let received) = try reader.read(place).event else { continue }
      letters.append(received.packet.code.map { Character(UnicodeScalar($0)) } ?? "?")
      if received.packet.kind == .command(.body) { bodyBytes += received.packet.payload.count }
    }
    #expect(letters.hasPrefix("OODCcDHcDMcDRcTc"))
    #expect(bodyBytes == 207_500)
    #expect(reader.loss == nil)
  }

  @Test func saysWhatIsWrongWithAFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x")
    let rows: [([UInt8], String)] = [
      ([], "it is empty"),
      (Array("From: a@example.org\n".utf8), "it is not a trace; it looks like a mail message"),
      (Array("{\"mitmilter\":7}\n".utf8), "this trace is format 7; this program reads 1 to 2"),
      ([0x28, 0xB5, 0x2F, 0xFD, 0], "it is not a trace; it looks like data compressed with zstd"),
      ([0x1F], "it is not a trace"),
    ]
    for (bytes, why) in rows {
      try folder.write(bytes, to: "x")
      #expect(message(opening: path) == "cannot read '\(path)': \(why)")
    }
    #expect(message(opening: "/nowhere/x") == "cannot open '/nowhere/x': no such file or folder")
    #expect(message(opening: "/tmp") == "cannot read '/tmp': it is a folder")
  }

  private func fixture(_ name: String) -> String {
    String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)) + "/Fixtures/" + name
  }
}
