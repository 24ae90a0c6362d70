import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct RecordWriterTests {
  @Test(arguments: RecordRow.all) func writesALine(_ row: RecordRow) {
    var line: [UInt8] = []
    RecordWriter.append(row.record, to: &line)
    #expect(String(decoding: line, as: UTF8.self) == row.line + "\n")
  }

  @Test func writesTheHead() {
    var line: [UInt8] = []
    RecordWriter.append(RecordRow.head, to: &line)
    #expect(String(decoding: line, as: UTF8.self) == RecordRow.headLine + "\n")
  }

  @Test func aHeadSaysOnlyWhatTheRunHad() {
    var line: [UInt8] = []
    RecordWriter.append(TraceHead(program: "0.1", startedAt: 0, command: []), to: &line)
    #expect(
      String(decoding: line, as: UTF8.self)
        == #"{"mitmilter":1,"program":"0.1","started":0.000000,"command":[]}"# + "\n")
  }

  @Test func appendsToWhatIsThere() {
    var line = Array("before".utf8)
    RecordWriter.append(RecordRow.all[0].record, to: &line)
    #expect(String(decoding: line, as: UTF8.self) == "before" + RecordRow.all[0].line + "\n")
  }

  @Test(arguments: 0...255) func escapesEveryByteAtEveryPlaceOfABlock(_ value: Int) {
    let byte = UInt8(value)
    let escaped: String =
      switch byte {
      case 0x0D: "\\r"
      case 0x0A: "\\n"
      case 0x09: "\\t"
      case 0x22: "\\\""
      case 0x5C: "\\\\"
      case 0x20...0x7E: String(UnicodeScalar(byte))
      default: "\\u00" + HexDigit.pair(byte).lowercased()
      }
    for before in 0...33 {
      for after in [0, 1, 15, 16, 40] {
        let frame = [UInt8](repeating: 0x61, count: before) + [byte] + [UInt8](repeating: 0x62, count: after)
        let passed = Passed(sender: .mta, bytes: frame, reason: .foreign)
        var line: [UInt8] = []
        RecordWriter.append(Record(time: .zero, connection: 1, event: .passed(passed)), to: &line)
        let raw = String(repeating: "a", count: before) + escaped + String(repeating: "b", count: after)
        let text = String(decoding: line, as: UTF8.self)
        #expect(
          text == #"{"k":"pass","t":0.000000,"c":1,"from":"mta","why":"foreign","raw":""# + raw + "\"}\n")
      }
    }
  }

  /// Short frames are written in another way than long ones, which a piece that passes is as well.
  @Test(arguments: [4, 5, 31, 32, 33, 63, 64, 65, 100, 4095, 4096, 4097, 20_000])
  func aPacketIsWrittenAsAnyOtherBytesAre(length: Int) {
    var generator = SeededGenerator(seed: UInt64(length))
    for place in [0, length / 2, length - 1] {
      var frame = [UInt8](repeating: 0x61, count: length)
      frame[place] = UInt8.random(in: .min ... .max, using: &generator)
      for number in [0, 9, 10, 99_999, 1 << 53, Int.max] {
        let time = Moment(microseconds: Int64(number))
        let received = Received(number: number, packet: Packet(frame: frame, from: .mta), forwarded: false)
        let passed = Passed(sender: .mta, bytes: frame, reason: .foreign)
        var packet: [UInt8] = []
        var other: [UInt8] = []
        RecordWriter.append(Record(time: time, connection: number, event: .received(received)), to: &packet)
        RecordWriter.append(Record(time: time, connection: number, event: .passed(passed)), to: &other)
        let expected = String(decoding: other, as: UTF8.self)
          .replacing(#""k":"pass""#, with: #""k":"recv""#)
          .replacing(#""why":"foreign""#, with: "\"n\":\(number)")
        #expect(String(decoding: packet, as: UTF8.self) == expected)
      }
    }
  }

  @Test func aLineOfAnyRecordIsPrintableASCII() {
    var generator = SeededGenerator(seed: 11)
    var line: [UInt8] = []
    for _ in 0..<2000 {
      line.removeAll(keepingCapacity: true)
      RecordWriter.append(Record.random(using: &generator), to: &line)
      #expect(line.last == 0x0A)
      #expect(line.dropLast().allSatisfy { (0x20...0x7E).contains($0) })
    }
  }
}
