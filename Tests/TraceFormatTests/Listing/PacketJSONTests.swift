import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct PacketJSONTests {
  private func lines(_ records: [Record], file: String? = nil) -> [[UInt8]] {
    var listing = Listing()
    let json = PacketJSON(startedAt: 1_760_000_000_250_000, file: file)
    var lines: [[UInt8]] = []
    for entries in records.map({ listing.take($0) }) + [listing.flush()] {
      for case .packet(let packet) in entries {
        var line: [UInt8] = []
        json.append(packet, to: &line)
        lines.append(line)
      }
    }
    return lines
  }

  @Test func aPacketIsOneObjectWithTheKeysThatAreDocumented() {
    var play = Recording()
    play.mta(MTA.mail("<a@b>"))
    play.wait(.milliseconds(4))
    play.milter(Milter.reply("450 4.7.1 \"é\u{1B}"))
    play.append(.found(Finding(FindingRule.all[0], packet: 2, "odd")))
    play.inject(Milter.accept, to: .mta)
    let expected = [
      #"{"n":1,"conn":1,"msg":1,"time":"2025-10-09T08:53:20.251000Z","from":"mta","code":"M","name":"MAIL","#
        + #""stage":"MAIL","way":"forwarded","summary":"<a@b>","findings":[],"fields":["#
        + #"{"name":"length","offset":0,"length":4,"value":7,"note":"of code and payload"},"#
        + #"{"name":"code","offset":4,"length":1,"value":"M","note":"MAIL"},"#
        + #"{"name":"address","offset":5,"length":6,"value":"<a@b>"}],"raw":"AAAAB008YUBiPgA="}"#,
      #"{"n":2,"conn":1,"msg":1,"time":"2025-10-09T08:53:20.256000Z","from":"milter","code":"y","#
        + #""name":"REPLYCODE","stage":"MAIL","answers":1,"took":5.000,"way":"forwarded","#
        + #""summary":"450 4.7.1 \"\u00e9\\x1b","findings":["\#(FindingRule.all[0].id)"],"fields":["#
        + #"{"name":"length","offset":0,"length":4,"value":16,"note":"of code and payload"},"#
        + #"{"name":"code","offset":4,"length":1,"value":"y","note":"REPLYCODE"},"#
        + #"{"name":"reply code","offset":5,"length":3,"value":450},"#
        + #"{"name":"enhanced status","offset":9,"length":5,"value":"4.7.1"},"#
        + #"{"name":"text","offset":15,"length":5,"value":"\"\u00e9\u001b"}],"raw":"AAAAEHk0NTAgNC43LjEgIsOpGwA="}"#,
      #"{"n":3,"conn":1,"msg":0,"time":"2025-10-09T08:53:20.258000Z","from":"milter","code":"a","#
        + #""name":"ACCEPT","stage":null,"way":"made","by":"operator","summary":"accept","findings":[],"fields":["#
        + #"{"name":"length","offset":0,"length":4,"value":1,"note":"of code and payload"},"#
        + #"{"name":"code","offset":4,"length":1,"value":"a","note":"ACCEPT"}],"raw":"AAAAAWE="}"#,
    ]
    for (line, expected) in zip(lines(play.records), expected) {
      #expect(String(decoding: line, as: UTF8.self) == expected + "\n")
    }
    #expect(lines(play.records).count == 3)
  }

  @Test func anyPacketIsOneValidObjectWhoseRawIsTheFrame() throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<500 {
      let packet = generator.anyPacket()
      let received = Received(number: 1, packet: packet, forwarded: true)
      let line = try #require(
        lines([Record(time: .zero, connection: 1, event: .received(received))], file: "a \"b\"").first)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      let raw = try #require(object["raw"] as? String)
      #expect(try Array(#require(Data(base64Encoded: raw))) == packet.bytes)
      #expect(object["file"] as? String == "a \"b\"")
      #expect(object["fields"] is [[String: Any]])
    }
  }
}
