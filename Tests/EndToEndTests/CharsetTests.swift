import Foundation
import TestSupport
import Testing

/// Mails in other character sets than UTF-8, through the program: what its edge hands to the rooms that show them.
@Suite struct CharsetTests {
  @Test func aPageShowsSubjectsBodiesAndNamesOfFiles() throws {
    let packets: [(from: String, data: String)] = [
      ("mta", "O\\u0000\\u0000\\u0000\\u0006\\u0000\\u0000\\u0001ÿ\\u0000\\u001fÿÿ"),
      ("milter", "O\\u0000\\u0000\\u0000\\u0006\\u0000\\u0000\\u0001ÿ\\u0000\\u0000\\u0000\\u0000"),
      ("mta", "M<a@example.org>\\u0000"), ("milter", "c"), ("mta", "R<b@example.net>\\u0000"),
      ("milter", "c"),
      ("mta", "T"), ("milter", "c"),
      ("mta", "LSubject\\u0000=?koi8-r?B?8NLJ18XU?=\\u0000"), ("milter", "c"),
      ("mta", "LContent-Type\\u0000text/plain; charset=gb2312; name*=shift_jis'ja'%82%B1.txt\\u0000"),
      ("milter", "c"),
      ("mta", "N"), ("milter", "c"), ("mta", "BÄãºÃ\\r\\n"), ("milter", "c"), ("mta", "E"), ("milter", "a"),
    ]
    var lines = [#"{"mitmilter":1,"program":"test","started":1760000000,"command":[]}"#]
    lines.append(#"{"k":"open","t":0.1,"c":1,"peer":"mta","local":"here","milter":"there"}"#)
    for (number, packet) in packets.enumerated() {
      // `raw` has a character a byte, and the payload is ASCII and Latin 1 here.
      let length = packet.data.replacing(#/\\u00..|\\[rn]/#, with: "x").count
      lines.append(
        #"{"k":"recv","t":0.2,"c":1,"from":"\#(packet.from)","to":"\#(packet.from == "mta" ? "milter" : "mta")","#
          + #""n":\#(number + 1),"raw":"\u0000\u0000\u0000\#(String(format: "\\u%04x", length))\#(packet.data)"}"#
      )
    }
    let page = try BuiltProgram.run(
      ["export", "html", "--no-redact", "-"], input: Array((lines.joined(separator: "\n") + "\n").utf8))
    #expect(page.status == 0, "\(page.messages)")
    for text in ["Привет", "你好", "こ.txt"] { #expect(page.output.contains(text), "\(text)") }
  }
}
