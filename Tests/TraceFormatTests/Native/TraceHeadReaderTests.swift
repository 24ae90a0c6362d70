import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct TraceHeadReaderTests {
  private func refusal(_ start: [UInt8]) -> String {
    do throws(TraceRefusal) {
      _ = try TraceHeadReader.head(in: start.span)
      return "no refusal"
    } catch {
      return error.description
    }
  }

  @Test func readsWhatWasWritten() throws {
    #expect(try TraceHeadReader.head(in: Array(RecordRow.headLine.utf8).span) == RecordRow.head)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let head = TraceHead.random(using: &generator)
      var line: [UInt8] = []
      RecordWriter.append(head, to: &line)
      #expect(try TraceHeadReader.head(in: line.span) == head)
    }
  }

  @Test(arguments: [
    ("", "it is empty"),
    (
      #"{"mitmilter":3,"shape":{"of":"things to come"}}"#, "this trace is format 3; this program reads 1 to 2"
    ),
    (#"{"mitmilter":0,"started":0}"#, "this trace is format 0; this program reads 1 to 2"),
    (RecordRow.all[0].line, "its first line is a record, not the head of a trace"),
    (
      #"{"format":"milter-capture/1","mta":"x"}"#,
      "it is not a trace; it looks like a milter capture (milter-capture)"
    ),
    (#"{"name":"mitmilter"}"#, "it is not a trace; it looks like JSON of another kind"),
    ("From a@example.org Thu Jan  1 00:00:00 1970", "it is not a trace; it looks like a mailbox (mbox)"),
    ("Received: from a by b", "it is not a trace; it looks like a mail message"),
    ("<!DOCTYPE html>", "it is not a trace; it looks like HTML or XML"),
    ("\u{1f}", "it is not a trace"), ("hello world", "it is not a trace"),
    ("\0\0\0\u{d}O", "it is not a trace; it looks like binary data"),
    (
      #"{"mitmilter":1,"started":"#,
      "the first line of the trace is damaged: expected a value, found the end of the line at offset 25"
    ),
    (
      #"{"mitmilter":"1"}"#,
      "the first line of the trace is damaged: expected a whole number under 'mitmilter', found '1' at offset 14"
    ),
    (
      #"{"mitmilter":1,"started":0,"command":[1]}"#,
      "the first line of the trace is damaged: expected a string, found '1' at offset 38"
    ),
  ]) func saysWhyAFileIsRefused(_ start: String, _ expected: String) {
    #expect(refusal(Array(start.utf8)) == expected)
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8], "data compressed with gzip"),
      ([0x28, 0xB5, 0x2F, 0xFD], "data compressed with zstd"),
      ([0x7F, 0x45, 0x4C, 0x46], "a program"),
    ] as [([UInt8], String)]) func namesWhatItLooksLike(_ start: [UInt8], _ what: String)
  {
    #expect(refusal(start) == "it is not a trace; it looks like " + what)
  }
}
