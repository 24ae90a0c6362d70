import Glibc
import MilterProtocol
import TraceFormat
import TraceModel

/// Processor time, best of several rounds: what the code costs, whatever else the machine is busy with.
func best(_ rounds: Int = 7, _ work: () -> Void) -> Double {
  var best = Double.infinity
  for _ in 0..<rounds {
    let start = processorTime()
    work()
    best = min(best, processorTime() - start)
  }
  return best
}

/// Of this process, in nanoseconds.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

func left(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
func right(_ number: Double, _ width: Int) -> String {
  let digits = number < 10 ? String((number * 100).rounded() / 100) : String(Int(number.rounded()))
  return String(repeating: " ", count: max(0, width - digits.count)) + digits
}

func print(_ title: String, nanoseconds: Double, records: Int, bytes: Int, copied: Double) {
  let rate = Double(bytes) / nanoseconds * 1000
  print(
    left(title, 34) + right(nanoseconds / Double(records), 10) + right(rate, 10) + right(rate / copied, 10))
}

func record(_ number: Int, _ packet: Packet) -> Record {
  Record(
    time: Moment(microseconds: Int64(number) * 137), connection: number % 20 + 1,
    event: .received(Received(number: number, packet: packet, forwarded: true)))
}

/// The packets of one mail, some 40 bytes each.
let session: [Packet] = [
  Packet(code: 0x44, payload: Array("Mi\0004XyZ12\0{mail_addr}\0alice@example.org\0".utf8), from: .mta),
  Packet(code: 0x4D, payload: Array("<alice@example.org>\0SIZE=1820\0".utf8), from: .mta),
  Packet(code: 0x63, from: .milter),
  Packet(code: 0x52, payload: Array("<bob@example.net>\0".utf8), from: .mta),
  Packet(code: 0x63, from: .milter),
  Packet(code: 0x4C, payload: Array("Subject\0 A subject of the usual length, no more\0".utf8), from: .mta),
  Packet(code: 0x63, from: .milter),
]
let text: [UInt8] = (0..<65_535).map { (place: Int) -> UInt8 in
  switch place % 78 {
  case 76: 13
  case 77: 10
  default: UInt8(0x41 + place % 26)
  }
}
let binary = (0..<65_535).map { UInt8(truncatingIfNeeded: $0 &* 0x9E37_79B1 >> 13) }

let small = (0..<100_000).map { record($0 + 1, session[$0 % session.count]) }
let textBodies = (0..<100).map { record($0 + 1, Packet(code: 0x42, payload: text, from: .mta)) }
let binaryBodies = (0..<100).map { record($0 + 1, Packet(code: 0x42, payload: binary, from: .mta)) }

func frameBytes(_ records: [Record]) -> Int {
  records.reduce(0) { sum, record in
    guard case .received(let received) = record.event else { return sum }
    return sum + received.packet.bytes.count
  }
}

func copy(_ source: [UInt8], to target: UnsafeMutableRawBufferPointer) {
  guard let base = target.baseAddress else { return }
  memcpy(base, source, source.count)
}

let source = [UInt8](repeating: 0x61, count: 65_536)
var target = [UInt8](repeating: 0, count: 65_536)
let copying = best {
  for _ in 0..<1000 { target.withUnsafeMutableBytes { copy(source, to: $0) } }
}
let copied = Double(65_536 * 1000) / copying * 1000

print(left("", 34) + "   ns/record      MB/s  of memcpy")
print(left("memcpy, 64 kB", 34) + right(copying / 1000, 10) + right(copied, 10) + right(1, 10))

var buffer: [UInt8] = []
var traces: [[UInt8]] = []
for (title, records) in [
  ("small packets", small), ("64 kB of text", textBodies), ("64 kB binary", binaryBodies),
] {
  var trace: [UInt8] = []
  for record in records { RecordWriter.append(record, to: &trace) }
  traces.append(trace)
  let writing = best {
    for record in records {
      buffer.removeAll(keepingCapacity: true)
      RecordWriter.append(record, to: &buffer)
    }
  }
  print(
    "write " + title, nanoseconds: writing, records: records.count, bytes: frameBytes(records), copied: copied
  )
  var index = TraceIndex()
  index.append(trace.span)
  var readable = 0
  let reading = best {
    for line in 0..<index.count {
      if (try? RecordReader.record(in: trace.span.extracting(index.line(line)))) != nil { readable += 1 }
    }
  }
  precondition(readable == 7 * records.count, "every line is read back")
  print(
    "read " + title, nanoseconds: reading, records: records.count, bytes: frameBytes(records), copied: copied)
}
for (title, trace) in zip(["small packets", "64 kB of text"], traces) {
  var lines = 0
  let indexing = best {
    var index = TraceIndex()
    index.append(trace.span)
    lines = index.count
  }
  print("index " + title, nanoseconds: indexing, records: lines, bytes: trace.count, copied: copied)
}

// What show does for a packet's line, without printing it.
var listed = 0
let listing = best(3) {
  var listing = Listing()
  var lines = ListingText(startedAt: 0, options: ListingText.Options()) { _ in 0 }
  listed = 0
  for record in small { for entry in listing.take(record) { listed += lines.text(entry).utf8.count } }
}
print("list small packets", nanoseconds: listing, records: small.count, bytes: listed, copied: copied)
