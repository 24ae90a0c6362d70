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

    init(_ window: RecordWindow, room: Int = 1_000_000) throws {
      let file = try TraceFileWriter(temporaryWith: TraceHead(program: "t", startedAt: 0, command: []))
      let reader = try TraceFileReader(path: "/proc/self/fd/\(file.descriptor)")
      self.file = file
      self.window = window
      live = LiveRecords(reader, window, room: room)
    }

    mutating func append(_ records: [Record]) throws {
      var lines: [UInt8] = []
      for record in records { RecordWriter.append(record, to: &lines) }
      try file.append(lines)
      window.append(records)
      written += records
    }

    /// What a journal does once it has given the file up.
    mutating func lose(_ records: [Record]) {
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

  /// The disk is full, and mail goes on: so does what is shown of it.
  @Test func recordsGoOnWhereTheTraceCannot() throws {
    var run = try Run(RecordWindow())
    for round in 1...3 { try run.append([Self.body(round)]) }
    #expect(try run.live.refresh())
    #expect(!run.live.isCutShort)
    try run.append([Self.body(4)])
    run.lose([Self.body(5), Self.body(6)])
    #expect(try run.live.refresh())
    #expect(run.live.isCutShort)
    #expect(run.read == run.written)
    for round in 7...20 {
      run.lose([Self.body(round)])
      #expect(try run.live.refresh())
      #expect(run.read == run.written)
    }
    #expect(try !run.live.refresh())
    #expect(run.read == run.written)
    #expect(run.live.mayHold(try #require(TextProbe(bytes("abc"))), at: 19))
  }

  @Test func whatNoFileHasIsKeptAsFarAsThereIsRoom() throws {
    var run = try Run(RecordWindow(limit: 4), room: 2000)
    try run.append([Self.body(0)])
    #expect(try run.live.refresh())
    for round in 1..<60 {
      run.lose((0..<(round % 9)).map { Self.body(round * 10 + $0) })
      _ = try run.live.refresh()
      #expect(run.live.count == run.written.count)
      let read = run.read
      #expect(read.last == run.written.last)
      for (place, record) in read.enumerated() where record != nil { #expect(record == run.written[place]) }
      #expect(read.count { $0 != nil } <= 20)
    }
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
