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
      default: "\\u00" + hexadecimal(byte).lowercased()
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
