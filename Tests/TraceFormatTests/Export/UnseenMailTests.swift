import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import TraceFormat

/// Mails of which the milter was not shown all: no export passes what was seen off as the whole.
@Suite struct UnseenMailTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var words: String
    var flags: ProtocolFlags = []
    /// The answer to the body.
    var reply: Packet?
    var hasEnd = true
  }

  static let rows = [
    Row(testDescription: "NOBODY", words: "the body was not shown to the milter (NOBODY)", flags: .noBody),
    Row(
      testDescription: "SKIP",
      words: "the milter skipped the body after 6 bytes (SKIP), and what followed is not here",
      reply: Milter.skip),
    Row(
      testDescription: "ACCEPT", words: "what followed ACCEPT at BODY was not shown to the milter",
      reply: Milter.accept, hasEnd: false),
  ]

  private func records(_ row: Row, _ asked: Packet...) -> MemoryRecords {
    var play = Recording()
    play.greet(Milter.optNeg(.current, row.flags))
    play.ask(MTA.mail("<a@example.org>"))
    play.ask(MTA.rcpt("<b@example.net>"))
    play.ask(MTA.header("Subject", "cut"))
    play.ask(MTA.eoh)
    if let reply = row.reply {
      play.mta(MTA.body("begin\n"))
      play.milter(reply)
    }
    if row.hasEnd {
      play.mta(MTA.bodyEOB)
      for packet in asked { play.milter(packet) }
      play.milter(Milter.accept)
    }
    return MemoryRecords(play.records)
  }

  private func export(
    _ format: ExportFormat, _ records: MemoryRecords, _ delivery: KnownMTA? = nil
  ) -> (text: String, remarks: [String]) {
    var exporter = format.exporter(ExportInput(records, delivery: delivery))
    return (String(decoding: exporter.all(), as: UTF8.self), exporter.remarks)
  }

  @Test(arguments: rows) func everyExportSaysSo(_ row: Row) {
    let records = records(row)
    for delivery in [nil, KnownMTA.postfix, .sendmail] {
      let mail = export(.eml, records, delivery)
      #expect(mail.text.hasSuffix("[mitmilter: \(row.words)]\r\n"))
      #expect(mail.remarks.contains("c1.1: this is not all of the mail: \(row.words)"))
    }
    let script = export(.swaks, records)
    #expect(script.text.contains("# not all of it: \(row.words)\n"))
    #expect(script.remarks.contains { $0.contains(row.words) })
    #expect(export(.report, records).text.contains("Not all of this mail is here: \(row.words)."))
    #expect(export(.html, records).text.contains(row.words))
  }

  @Test func aNewBodyIsWhole() {
    let records = records(Self.rows[0], Milter.replBody("all of it\r\n"))
    #expect(export(.eml, records, .postfix).text.hasSuffix("\r\n\r\nall of it\r\n"))
    #expect(export(.eml, records).text.contains("[mitmilter: "))
  }

  @Test func aRefusedMailIsNotCut() {
    var row = Self.rows[2]
    row.reply = Milter.reject
    #expect(!export(.eml, records(row)).text.contains("[mitmilter: "))
  }

  @Test func whatIsComparedIsSaidByItsEnd() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.addHeader())
    play.mta(MTA.abort)
    let taken = export(.report, MemoryRecords(play.records)).text
    #expect(taken.contains("Before and after, as Postfix would have delivered it"))
    #expect(taken.contains("had the client not taken it back"))
    let lost = MemoryRecords(Array(play.records.dropLast()))
    lost.append(Record(time: play.now, connection: 1, event: .closed(Closed(leg: .milter, how: .peer))))
    #expect(export(.html, lost).text.contains("had the connection not ended without a verdict"))
  }

  @Test func theEnvelopeThatIsHandedOnIsInJSON() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(
      Milter.insHeader(0, "X", "v"), Milter.chgFrom("<>"),
      Milter.addRcptPar("<x@example.net>", "NOTIFY=NEVER"),
      Milter.accept)
    let text = export(.jsonLines, MemoryRecords(play.records), .sendmail).text
    #expect(
      text.contains(
        #""delivered":{"mta":"sendmail","fate":"delivered","from":{"address":"<>","arguments":["SIZE=100"]},"rcpts":["#
      )
    )
    #expect(text.contains(#"{"address":"<x@example.net>","arguments":["NOTIFY=NEVER"]}],"above":1,"#))
    #expect(!export(.jsonLines, MemoryRecords(play.records)).text.contains("delivered"))
  }
}

/// Mails whose envelope the milter declined: the macros stand in for it, and every export says so.
@Suite struct DeclinedEnvelopeTests {
  private func export(_ format: ExportFormat) -> String {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg(.current, [.noMail, .noRcpt]))
    play.ask(MTA.connect())
    play.mta(MTA.macro("M", ["{mail_addr}": "alice@a.example"]))
    play.mta(MTA.macro("R", ["{rcpt_addr}": "bob@b.example"]))
    play.ask(MTA.header("Subject", "x"))
    play.ask(MTA.bodyEOB)
    var exporter = format.exporter(ExportInput(MemoryRecords(play.records)))
    return String(decoding: exporter.all(), as: UTF8.self)
  }

  @Test(arguments: [
    (
      ExportFormat.swaks,
      ["--from='alice@a.example'", "--to='bob@b.example'", "# the envelope is {mail_addr}"]
    ),
    (
      ExportFormat.jsonLines,
      [#""address":"alice@a.example","arguments":[],"macro":true"#, #""address":"bob@b.example""#]
    ),
    (ExportFormat.html, ["alice@a.example", "bob@b.example", "the milter declined MAIL and RCPT"]),
    (ExportFormat.report, ["the milter declined MAIL and RCPT"]),
  ])
  func theMacrosStandInForIt(_ format: ExportFormat, words: [String]) {
    let text = export(format)
    for word in words { #expect(text.contains(word), "\(word)") }
  }
}
