import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct RecordReaderTests {
  private func read(_ line: String) throws(LineFault) -> Record {
    try RecordReader.record(in: Array(line.utf8).span)
  }

  private func fault(_ line: String) -> String {
    do {
      _ = try read(line)
      return "no fault"
    } catch {
      return error.description
    }
  }

  @Test(arguments: RecordRow.all) func readsALine(_ row: RecordRow) throws {
    #expect(try read(row.line) == row.record)
    #expect(try read(row.line + "\n") == row.record)
  }

  @Test func writingAndReadingBackIsIdentityOnAnyRecord() throws {
    var generator = SeededGenerator(seed: 5)
    var line: [UInt8] = []
    for _ in 0..<5000 {
      let record = Record.random(using: &generator)
      line.removeAll(keepingCapacity: true)
      RecordWriter.append(record, to: &line)
      let back = try RecordReader.record(in: line.span)
      #expect(back == record)
      if case .found(let was) = record.event, case .found(let now) = back.event {
        #expect(now.severity == was.severity && now.rule.title == was.rule.title)
      }
    }
  }

  /// A blank in front keeps a line from being read as the usual record of a packet; the record has to be the same.
  @Test func theUsualRecordOfAPacketIsReadAsAnyOther() throws {
    var generator = SeededGenerator(seed: 8)
    var line: [UInt8] = []
    var asUsual = 0
    for _ in 0..<4000 {
      line.removeAll(keepingCapacity: true)
      let packet = generator.packet()
      let received = Received(
        number: Int.random(in: 0...2_000_000, using: &generator), packet: packet,
        forwarded: Bool.random(using: &generator))
      let time = Moment(microseconds: Int64.random(in: 0...90_000_000_000, using: &generator))
      RecordWriter.append(Record(time: time, connection: 7, event: .received(received)), to: &line)
      // A byte that is another one, one too many, or one too few.
      let place = Int.random(in: 0..<line.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: line[place] = bytes("0\"\\,:}u \n").randomElement(using: &generator) ?? 0
      case 1: line.insert(bytes("0\"\\u\u{E9}").randomElement(using: &generator) ?? 0, at: place)
      case 2: line.remove(at: place)
      default: asUsual += 1
      }
      let spaced = bytes(" ") + line
      #expect(
        (try? RecordReader.record(in: line.span)) == (try? RecordReader.record(in: spaced.span)),
        "\(String(decoding: line, as: UTF8.self))")
    }
    #expect(asUsual > 500)
  }

  @Test func everyLineIsJSONThatMeansTheSameToOthers() throws {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<1000 {
      let record = Record.random(using: &generator)
      var line: [UInt8] = []
      RecordWriter.append(record, to: &line)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      guard case .received(let received) = record.event else { continue }
      let raw = try #require(object["raw"] as? String)
      #expect(raw.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } == received.packet.bytes)
      #expect(object["from"] as? String == received.packet.sender.name)
    }
  }

  @Test func everyByteComesBackAtEveryPlaceOfABlock() throws {
    for byte in UInt8.min...UInt8.max {
      for before in 0...33 {
        let bytes =
          [UInt8](repeating: 0x61, count: before) + [byte] + [UInt8](repeating: 0x62, count: 40 - before)
        let event = Record.Event.passed(Passed(sender: .mta, bytes: bytes, reason: .foreign))
        let record = Record(time: .zero, connection: 1, event: event)
        var line: [UInt8] = []
        RecordWriter.append(record, to: &line)
        #expect(try RecordReader.record(in: line.span) == record)
      }
    }
  }

  @Test func anyOrderOfKeysAndAnyWhiteSpaceWillDo() throws {
    let plain = #"{"k":"hold","t":0.000001,"c":1,"n":7,"by":"rule","rule":"r","until":30.000001}"#
    let other =
      "\t{ \"until\" : 30.000001,\r \"n\" :7, \"rule\":\"r\",\"c\":1 ,\"t\":0.000001,\"by\":\"rule\",\"k\":\"hold\" } \r\n\n"
    #expect(try read(other) == read(plain))
  }

  @Test(arguments: [
    ("1e-06", 1), ("1E-6", 1), ("0.000001", 1), ("0.0000019", 1), ("2", 2_000_000), ("1.5e3", 1_500_000_000),
    ("-1.25", -1_250_000), ("0", 0), ("0e999", 0), ("12e-8", 0), ("1.5e+1", 15_000_000),
  ]) func secondsComeInAnySpellingOfJSON(_ spelling: String, _ microseconds: Int64) throws {
    #expect(try read(#"{"k":"note","t":\#(spelling),"text":""}"#).time.microseconds == microseconds)
  }

  @Test func bytesThatOthersWroteAsUTF8AreTheSameBytes() throws {
    let escaped =
      #"{"k":"recv","t":0.000000,"c":1,"from":"mta","n":1,"raw":"\u0000\u0000\u0000\u0003L\u00e9\u00ff"}"#
    let unescaped =
      "{\"k\":\"recv\",\"t\":0,\"c\":1,\"from\":\"mta\",\"n\":1,\"raw\":\"\\u0000\\u0000\\u0000\\u0003Lé\u{ff}\"}"
    #expect(try read(unescaped) == read(escaped))
  }

  @Test func unknownKeysAreSkippedWhateverTheyHold() throws {
    let plain = try read(#"{"k":"mark","t":0.0,"c":1,"n":7,"set":true}"#)
    for odd in [#""x""#, "1", "null", "true", "[]", "{}", #"[1,{"n":[{}]},"]",{"k":"\"}"}]"#] {
      #expect(try read(#"{"k":"mark","t":0.0,"c":1,"later":\#(odd),"n":7,"set":true}"#) == plain)
    }
  }

  @Test(arguments: [
    ("", "expected '{', found the end of the line at offset 0"),
    ("hello", "expected '{', found 'h' at offset 0"),
    ("\u{1b}[2J", "expected '{', found byte 27 at offset 0"),
    ("{", "expected a key in quotes, found the end of the line at offset 1"),
    (#"{"k""#, "expected ':', found the end of the line at offset 4"),
    (#"{"k":"re"#, "expected a closing quote for the string that begins here at offset 5"),
    (#"{"k":"recv""#, "expected ',' or '}', found the end of the line at offset 11"),
    (#"{"k":"recv"} x"#, "expected the end of the line, found 'x' at offset 13"),
    (#"{"t":1.0}"#, "expected the key 'k' in this record at offset 9"),
    (#"{"k":"future","t":1.0}"#, "expected a kind of record that this program knows under 'k' at offset 6"),
    (
      #"{"k":"mark","t":"1","n":1,"set":true}"#,
      "expected a number of seconds under 't', found '1' at offset 17"
    ),
    (
      #"{"k":"mark","t":1.0,"n":1.5,"set":true}"#,
      "expected a whole number of at most 64 bits under 'n' at offset 24"
    ),
    (
      #"{"k":"mark","t":1.0,"n":99999999999999999999,"set":true}"#,
      "expected a whole number of at most 64 bits under 'n' at offset 24"
    ),
    (#"{"k":"mark","t":1e30,"n":1,"set":true}"#, "expected a number of seconds under 't' at offset 16"),
    (#"{"k":"mark","t":1e,"n":1,"set":true}"#, "expected a number of seconds under 't' at offset 16"),
    (#"{"k":"mark","t":1.0,"set":true}"#, "expected the key 'n' in this record at offset 31"),
    (
      #"{"k":"mark","t":1.0,"n":1,"set":"yes"}"#, "expected true or false under 'set', found 'y' at offset 33"
    ),
    (
      #"{"k":"recv","t":1.0,"from":"mta","to":"mta","n":1,"raw":"\u0000\u0000\u0000\u0001Q"}"#,
      "expected the other leg under 'to' at offset 39"
    ),
    (
      #"{"k":"recv","t":1.0,"from":"me","n":1,"raw":"\u0000\u0000\u0000\u0001Q"}"#,
      "expected 'mta' or 'milter' under 'from' at offset 28"
    ),
    (
      #"{"k":"recv","t":1.0,"from":"mta","n":1,"raw":"abc"}"#,
      "expected at least 4 bytes of a frame under 'raw' at offset 46"
    ),
    (
      #"{"k":"recv","t":1.0,"from":"mta","n":1,"raw":"abc\x"}"#,
      "expected one of \" \\ / b f n r t u behind the backslash, found 'x' at offset 50"
    ),
    (
      #"{"k":"recv","t":1.0,"from":"mta","n":1,"raw":"abcd\u20ac"}"#,
      "expected code points up to U+00FF in bytes, one just before this is beyond at offset 56"
    ),
    (
      #"{"k":"recv","t":1.0,"from":"mta","n":1,"raw":"abc\u00"}"#,
      "expected four hexadecimal digits behind \\u, found '\"' at offset 53"
    ),
    (
      #"{"k":"note","t":1.0,"text":"\ud83d"}"#,
      "expected a second half to this half of a surrogate pair at offset 28"
    ),
    (
      #"{"k":"close","t":1.0,"leg":"mta","how":"gone"}"#,
      "expected 'peer' or 'error' or 'unreachable' or 'ours' under 'how' at offset 40"
    ),
    (#"{"k":"note","t":1.0,"x":[}"#, "expected ']', found '}' at offset 25"),
    (#"{"k":"note","t":1.0,"x":tru}"#, "expected a value, found 't' at offset 24"),
    (RecordRow.headLine, "expected a record, found the head of another trace at offset 0"),
  ]) func saysWhatIsWrongAndWhere(_ line: String, _ expected: String) {
    #expect(fault(line) == expected)
  }

  @Test func deepNestingIsAFaultAndNoCrash() {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(
      fault(#"{"k":"note","x":"# + deep) == "expected at most 64 brackets within each other at offset 80")
  }

  @Test func aLineCutAnywhereIsAFault() throws {
    for row in RecordRow.all {
      let line = Array(row.line.utf8)
      for end in line.indices {
        #expect(throws: LineFault.self) { try RecordReader.record(in: line.span.extracting(0..<end)) }
      }
    }
  }

  @Test func noDamageTraps() {
    var generator = SeededGenerator(seed: 7)
    var readable = 0
    for _ in 0..<20_000 {
      var line = Array(generator.one(of: RecordRow.all).line.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<line.count, using: &generator)
        switch generator.next() % 3 {
        case 0: line[place] = UInt8(truncatingIfNeeded: generator.next())
        case 1: line.insert(generator.one(of: Array(#"{}[]",:\u0e-."#.utf8)), at: place)
        default: line.remove(at: place)
        }
      }
      if (try? RecordReader.record(in: line.span)) != nil { readable += 1 }
    }
    #expect(readable > 0, "the damage is so small that some lines stay records")
  }
}
