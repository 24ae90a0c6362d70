// One input is a trace: a head line and records, or whatever somebody calls a trace.
//
// Whatever the bytes, nothing may trap, and these have to hold: a record that is read is written and read again as
// the same record; what is printed of it holds no control character but its line feed; the timeline takes it in; it
// is judged anew; it goes out in some format, also merged with itself and redacted.

import MilterProtocol
import Timeline
import TraceFormat
import TraceModel

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  var index = TraceIndex()
  // In two pieces: a file that grows is followed.
  let middle = count == 0 ? 0 : Int(input[0]) % count
  index.append(input.span.extracting(0..<middle))
  index.append(input.span.extracting(middle..<count))
  var trace = FuzzedTrace()
  for line in 0..<index.count {
    let bytes = index.line(line)
    if line == 0 { trace.begin(input, bytes) } else { trace.read(input, bytes) }
  }
  trace.read(input, index.tail..<index.bytes)
  trace.end()
  var judged = JudgedTrace()
  _ = judged.append(Array(input[..<middle]))
  _ = judged.append(Array(input[middle...]))
  _ = judged.finish()
  return 0
}

struct FuzzedTrace {
  private var records = MemoryTrace()
  private var listing = Listing()
  private var timeline = TimelineIndex()
  private var text = FuzzedTrace.text(startedAt: 0)
  private var json = PacketJSON(startedAt: 0)

  mutating func begin(_ input: [UInt8], _ line: Range<Int>) {
    do throws(TraceRefusal) {
      let head = try TraceHeadReader.head(in: input.span.extracting(line))
      records.head = head
      text = Self.text(startedAt: head.startedAt)
      json = PacketJSON(startedAt: head.startedAt)
      check(isPlain(text.text(head)), "a head prints control characters")
      var again: [UInt8] = []
      RecordWriter.append(head, to: &again)
      check((try? TraceHeadReader.head(in: again.span)) == head, "writing and reading changed a head")
    } catch {
      check(isPlain(error.description), "a refusal prints control characters")
    }
  }

  mutating func read(_ input: [UInt8], _ line: Range<Int>) {
    do throws(LineFault) {
      take(try RecordReader.record(in: input.span.extracting(line)))
    } catch {
      check(isPlain(error.description), "a fault prints control characters")
      check((0...line.count).contains(error.offset), "a fault outside its line")
    }
  }

  mutating func end() {
    print(listing.flush())
    _ = timeline.catchUp(with: records)
    for row in 0..<timeline.count {
      _ = timeline[row]
      _ = timeline.facts(at: row, from: records)
      _ = timeline.findings(about: row, from: records)
    }
    guard records.count < 50 else { return }
    export(records)
    let merged = MergedRecords([records, records])
    let copy = MemoryTrace()
    copy.head = merged.head
    var redactor = RecordRedactor(
      Redactor(key: RedactionKey(1, 2), language: OperatorLanguage(words: []) { _ in "hold" }))
    for index in 0..<merged.count {
      guard let record = merged.record(at: index) else { continue }
      for ready in redactor.take(record) { copy.append(ready) }
    }
    for ready in redactor.finish() { copy.append(ready) }
    check(copy.count == merged.count, "redaction lost a record")
    export(copy)
  }

  private func export(_ records: MemoryTrace) {
    // One format an input: all of them at each take a hundred times as long as reading it.
    let format = ExportFormat.table[records.bytes % ExportFormat.table.count]
    var exporter = format.exporter(ExportInput(records))
    _ = exporter.all()
  }

  private mutating func take(_ record: Record) {
    var line: [UInt8] = []
    RecordWriter.append(record, to: &line)
    check((try? RecordReader.record(in: line.span)) == record, "writing and reading changed a record")
    records.append(record)
    print(listing.take(record))
  }

  private mutating func print(_ entries: [Listing.Entry]) {
    for entry in entries {
      check(isPlain(text.text(entry)), "a line prints control characters")
      guard case .packet(let packet) = entry else { continue }
      var line: [UInt8] = []
      json.append(packet, to: &line)
      check(line.dropLast().allSatisfy { (0x20...0x7E).contains($0) }, "JSON prints control characters")
    }
  }

  private static func text(startedAt: Int64) -> ListingText {
    var options = ListingText.Options()
    options.isVerbose = true
    options.hasHexDump = true
    return ListingText(startedAt: startedAt, options: options) { _ in 3600 }
  }

  private func isPlain(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F..<0xA0).contains($0.value) }
  }

  private func check(_ holds: Bool, _ sentence: StaticString) {
    precondition(holds, "\(sentence)")
  }
}

final class MemoryTrace: RecordSource {
  var head: TraceHead?
  private var records: [Record] = []
  var count: Int { records.count }
  func record(at index: Int) -> Record? { records.indices.contains(index) ? records[index] : nil }
  /// Of all packets.
  private(set) var bytes = 0

  func append(_ record: Record) {
    records.append(record)
    bytes += record.wireBytes
  }
}
