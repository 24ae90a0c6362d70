import MilterProtocol
import ProxyRuntime
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct LiveRecordsTests {
  private static func body(_ number: Int, bytes count: Int = 10) -> Record {
    let packet = Packet(
      code: CommandKind.body.rawValue,
      payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count),
      from: .mta)
    return Record(
      time: Moment(microseconds: Int64(number)), connection: 1,
      event: .received(Received(number: number, packet: packet, forwarded: true)))
  }

  /// A journal's file and window, written to as a journal does it: the file first.
  private struct Run: ~Copyable {
    var file: TraceFileWriter
    let window: RecordWindow
    let live: LiveRecords
    private(set) var written: [Record] = []

    init(_ window: RecordWindow) throws {
      let file = try TraceFileWriter(temporaryWith: TraceHead(program: "t", startedAt: 0, command: []))
      let reader = try TraceFileReader(path: "/proc/self/fd/\(file.descriptor)")
      self.file = file
      self.window = window
      live = LiveRecords(reader, window)
    }

    mutating func append(_ records: [Record]) throws {
      var lines: [UInt8] = []
      for record in records { RecordWriter.append(record, to: &lines) }
      try file.append(lines)
      window.append(records)
      written += records
    }

    var read: [Record?] { (0..<live.count).map { live.record(at: $0) } }
  }

  @Test(arguments: [RecordWindow(), RecordWindow(limit: 5), RecordWindow(byteLimit: 200)])
  func recordsAreThoseOfTheTraceWhateverTheWindowStillHas(_ window: RecordWindow) throws {
    var run = try Run(window)
    #expect(try !run.live.refresh())
    for round in 1...20 {
      try run.append((0..<round).map { Self.body(round * 100 + $0) })
      if round % 3 == 0 { continue }
      #expect(try run.live.refresh())
      #expect(run.read == run.written)
    }
    #expect(try !run.live.refresh())
    #expect(run.read == run.written)
  }

  @Test func whatHasNotBeenTakenInIsNotThereYet() throws {
    var run = try Run(RecordWindow())
    try run.append([Self.body(1)])
    #expect(run.live.count == 0)
    #expect(run.live.record(at: 0) == nil)
  }

  @Test func aWindowKeepsItsNewestRecordsByNumberAndByBytes() {
    let few = RecordWindow(limit: 8)
    for number in 0..<100 { few.append([Self.body(number)]) }
    let batch = few.take()
    #expect(batch.records.count <= 10)
    #expect(batch.missed + batch.records.count == 100)
    #expect(batch.records.last == Self.body(99))
    #expect(few.take().records.isEmpty)

    let large = RecordWindow(byteLimit: 1_000_000)
    for number in 0..<100 { large.append([Self.body(number, bytes: 65_536)]) }
    let kept = large.take()
    #expect(kept.records.reduce(0) { $0 + $1.wireBytes } <= 1_250_000)
    #expect(kept.records.count > 10)
    #expect(kept.missed + kept.records.count == 100)
    #expect(kept.records.last == Self.body(99, bytes: 65_536))
  }

  @Test func aRecordLargerThanTheWindowIsLeftOut() {
    let window = RecordWindow(byteLimit: 1000)
    window.append([Self.body(1, bytes: 5000)])
    let batch = window.take()
    #expect(batch.records.isEmpty)
    #expect(batch.missed == 1)
  }
}
