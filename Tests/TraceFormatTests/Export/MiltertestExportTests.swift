import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// What miltertest cannot do as it was is said, and what it would do by itself is kept from it where it can be.
@Suite struct MiltertestExportTests {
  private func exported(_ play: Recording) -> (script: [String], remarks: [String]) {
    var exporter = ExportFormat.miltertest.exporter(ExportInput(MemoryRecords(play.records)))
    let text = String(decoding: exporter.all(), as: UTF8.self)
    let session = text.components(separatedBy: "session(1, function(conn)\n").last ?? ""
    let head = text.components(separatedBy: "session(1, function(conn)\n").first ?? ""
    for remark in exporter.remarks {
      let words = remark.components(separatedBy: "connection 1: ").last ?? remark
      #expect(head.contains("-- \(words)\n"), "not said at the head: \(words)")
    }
    return (session.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }, exporter.remarks)
  }

  @Test func whatFitsAndCanBeSentIsSentWithoutRemark() {
    var play = Recording()
    play.greet()
    for command in [MTA.mail("<a@b>"), MTA.rcpt("<c@d>")] { play.ask(command) }
    play.mta(MTA.macro("T", ["i": "4XyZ"]))
    for command in [MTA.data, MTA.header("Subject", "x"), MTA.eoh, MTA.body("a\u{0}b")] { play.ask(command) }
    play.mta(MTA.macro("E", ["{msg_id}": "<1@x>"]), MTA.bodyEOB)
    play.milter(
      Milter.replBody("new "), Milter.replBody("body\r\n"), Milter.insHeader(1, "X-A", "b"),
      Milter.reply("550 5.7.1 no such thing"))
    play.mta(MTA.quit)
    let (script, remarks) = exported(play)
    #expect(remarks == [])
    for line in [
      #"sent(mt.macro(conn, string.byte("T"), "i", "4XyZ"))"#,
      #"sent(mt.macro(conn, string.byte("E"), "{msg_id}", "<1@x>"))"#,
      #"sent(bodybytes(conn, "a\000b"))"#,
      #"changed(mt.eom_check(conn, MT_BODYCHANGE, "new "), "MT_BODYCHANGE BODYEOB, packet 30")"#,
      #"changed(mt.eom_check(conn, MT_BODYCHANGE, "body\013\010"), "MT_BODYCHANGE BODYEOB, packet 30")"#,
      #"changed(mt.eom_check(conn, MT_HDRINSERT, "X-A", "b", 1), "MT_HDRINSERT BODYEOB, packet 30")"#,
      #"changed(mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "no such thing"), "MT_SMTPREPLY BODYEOB, packet 30")"#,
      "mt.disconnect(conn)",
    ] {
      #expect(
        script.contains { $0.hasPrefix(line.components(separatedBy: ", packet").first ?? line) }, "\(line)")
    }
  }

  @Test func aMailWithoutABodyGetsNone() {
    var play = Recording()
    play.greet()
    for command in [
      MTA.mail("<a@b>"), MTA.rcpt("<c@d>"), MTA.data, MTA.header("Subject", "x"), MTA.eoh, MTA.bodyEOB,
    ] { play.ask(command) }
    play.close()
    let (script, remarks) = exported(play)
    #expect(remarks == [])
    #expect(script.contains(#"sent(mt.bodyfile(conn, "/dev/null"))"#))
    #expect(script.contains("mt.disconnect(conn, false)"))
  }

  @Test func whatDoesNotFitIsLeftOutAndSaid() {
    var play = Recording()
    play.greet()
    for command in [MTA.mail("<a@b>"), MTA.rcpt("<c@d>"), MTA.data] { play.ask(command) }
    let before = play.packet
    for command in [MTA.header("X-Long", String(repeating: "x", count: 1020)), MTA.header("X-Fits", "y")] {
      play.ask(command)
    }
    play.mta(MTA.eoh)
    play.milter(Milter.continue)
    play.mta(MTA.body("b"))
    play.milter(Milter.continue)
    play.mta(MTA.bodyEOB)
    let end = play.packet
    play.milter(
      Milter.chgFrom("<e@f>"), Milter.addHeader("X", String(repeating: "y", count: 1100)), Milter.accept)
    let (script, remarks) = exported(play)
    #expect(!script.contains { $0.contains("X-Long") })
    #expect(script.contains { $0.contains("X-Fits") })
    #expect(!script.contains { $0.contains("mt.eom(") })
    #expect(
      remarks == [
        "connection 1: packet \(before + 1), HEADER, is left out: 1029 bytes, miltertest has room for 1024",
        "connection 1: the session ends before packet \(end): the milter answers ADDHEADER of 1103 bytes, "
          + "miltertest has room for 1024",
      ])
  }

  @Test func whatMiltertestWouldSendByItselfIsSaid() {
    var play = Recording()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(MTA.connect())
    for command in [MTA.mail("<a@b>"), MTA.rcpt("<c@d>"), MTA.header("Subject", "x")] { play.ask(command) }
    play.mta(MTA.quit)
    let (script, remarks) = exported(play)
    #expect(script.contains("sent(mt.abort(conn))"))
    #expect(
      remarks == [
        "connection 1: before packet 5, MAIL, there is an ABORT, for miltertest would send a HELO of its own",
        "connection 1: before packet 9, HEADER, miltertest sends DATA of its own",
      ])
  }
}
