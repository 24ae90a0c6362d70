import Foundation
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceFormat
import TraceModel

@Suite struct DecisionJSONTests {
  private func lines(_ play: Recording, places: [String: String] = [:]) -> [String] {
    var fold = DecisionFold()
    var json = DecisionJSON(startedAt: 1_760_000_000_000_000)
    json.places = places
    var bytes: [UInt8] = []
    for record in play.records {
      if let decision = fold.apply(record) { json.append(decision, to: &bytes) }
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func aLineSaysAllThatIsKnown() {
    var play = Recording()
    play.greet()
    play.ask(MTA.macro("M", ["i": "4Xy"]), MTA.mail("<é@example.org>"))
    play.ask(MTA.rcpt())
    play.ask(MTA.header("Subject", "\u{1B}[1m \"loud\""))
    let end = play.hold(MTA.bodyEOB)
    play.wait(.milliseconds(1500))
    play.release(end, .answered)
    let reply = Milter.reply("550-5.7.1 100%% sure\r\n550 5.7.1 really")
    play.append(.sent(Sent(leg: .mta, original: nil, number: 30, packet: reply, cause: .rule("no"))))
    #expect(
      lines(play, places: ["no": "rules.txt:3"]) == [
        #"{"time":"2025-10-09T08:53:21.520000Z","conn":1,"msg":1,"packet":30,"stage":"BODYEOB","verdict":"reply","#
          + #""class":5,"reply":["550-5.7.1 100% sure","550 5.7.1 really"],"by":"rule","rule":"no","#
          + #""place":"rules.txt:3","waited":1503.000,"queue":"4Xy","client":{"host":"mail.example.org","#
          + #""address":"192.0.2.7","port":51234},"helo":"mail.example.org","from":"<\u00e9@example.org>","#
          + #""rcpts":["<bob@example.net>"],"subject":"\u001b[1m \"loud\""}"#
      ])
  }

  @Test func anyRecordsMakeLinesOfJSON() throws {
    var generator = SeededGenerator(seed: 5)
    var fold = DecisionFold()
    let json = DecisionJSON(startedAt: 0)
    var count = 0
    for _ in 0..<60_000 {
      var record = Record.random(using: &generator)
      record.connection = Int.random(in: 0..<3, using: &generator)
      guard let decision = fold.apply(record) else { continue }
      count += 1
      var line: [UInt8] = []
      json.append(decision, to: &line)
      #expect(line.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) })
      _ = try JSONSerialization.jsonObject(with: Data(line))
    }
    #expect(count > 10)
  }

  @Test(arguments: [
    (
      Milter.insHeader(0, "X-A", "b"),
      #"{"name":"INSHEADER","index":0,"header":"X-A","value":"b","by":"milter"}"#
    ),
    (
      Milter.chgHeader(2, "X-A", ""),
      #"{"name":"CHGHEADER","index":2,"header":"X-A","value":"","by":"milter"}"#
    ),
    (Milter.addRcpt("<a@b>"), #"{"name":"ADDRCPT","address":"<a@b>","by":"milter"}"#),
    (
      Milter.addRcptPar("<a@b>", "NOTIFY=NEVER"),
      #"{"name":"ADDRCPT_PAR","address":"<a@b>","parameters":"NOTIFY=NEVER","by":"milter"}"#
    ),
    (Milter.delRcpt("<a@b>"), #"{"name":"DELRCPT","address":"<a@b>","by":"milter"}"#),
    (Milter.chgFrom("<a@b>"), #"{"name":"CHGFROM","address":"<a@b>","by":"milter"}"#),
    (Milter.quarantine("why"), #"{"name":"QUARANTINE","reason":"why","by":"milter"}"#),
    (Milter.replBody("secret"), #"{"name":"REPLBODY","bytes":6,"by":"milter"}"#),
    (Milter.raw("h", [0x41]), #"{"name":"ADDHEADER","by":"milter"}"#),
  ])
  func modificationsAreNamedWithoutAnyBody(packet: Packet, text: String) {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(packet, Milter.continue)
    let line = lines(play).first ?? ""
    #expect(line.hasSuffix(#","modifications":[\#(text)]}"#), "\(line)")
  }
}
