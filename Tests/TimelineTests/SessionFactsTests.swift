import Dialogue
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct SessionFactsTests {
  private func fold(_ play: Recording) -> (facts: SessionFacts, placements: [Int: Placement]) {
    var facts = SessionFacts()
    var placements: [Int: Placement] = [:]
    for record in play.records {
      guard let placement = facts.apply(record) else { continue }
      switch record.event {
      case .received(let received): placements[received.number] = placement
      case .sent(let sent): if let number = sent.number { placements[number] = placement }
      case .opened, .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: break
      }
    }
    return (facts, placements)
  }

  @Test func aWholeMailLeavesItsFacts() throws {
    var play = Recording()
    play.greet()
    play.mail(to: ["<bob@example.net>", "<carol@example.net>"], body: ["Hello.\r\n", "More.\r\n"])
    play.milter(Milter.addHeader("X-Seen", "yes"), Milter.accept)
    let facts = fold(play).facts
    #expect(facts.client?.hostname.bytes == bytes("mail.example.org"))
    #expect(facts.client?.address?.bytes == bytes("192.0.2.7"))
    #expect(facts.client?.port == 51234)
    #expect(facts.client?.family == UInt8(ascii: "4"))
    #expect(facts.helo?.bytes == bytes("mail.example.org"))
    #expect(facts.macros.value("v".utf8)?.value.bytes == bytes("Postfix 3.7.11"))
    let message = try #require(facts.message)
    #expect(message.number == 1)
    #expect(message.sender?.address.bytes == bytes("<alice@example.org>"))
    #expect(message.sender?.arguments.map(\.bytes) == [bytes("SIZE=100")])
    #expect(
      message.recipients.map(\.address.bytes) == [bytes("<bob@example.net>"), bytes("<carol@example.net>")])
    #expect(message.recipients.allSatisfy { $0.verdict?.kind == .continue })
    #expect(message.headers.map(\.index) == [1, 1])
    #expect(message.subject?.value.bytes == bytes("test"))
    #expect(message.headerBytes == "From: Alice <alice@example.org>\r\nSubject: test\r\n".utf8.count)
    #expect(message.bodyBytes == 15)
    #expect(message.queueID?.bytes == bytes("4XyZ"))
    #expect(message.modifications.map(\.kind) == [.addHeader])
    #expect(message.decision?.kind == .accept)
    #expect(message.decision?.stage == .bodyEOB)
    #expect(message.phase == .decided)
  }

  @Test func headersCountByNameWithoutCase() {
    var play = Recording()
    play.greet()
    play.mail(headers: [("X-Dup", "one"), ("Other", "-"), ("x-dup", "two")])
    let message = fold(play).facts.message
    #expect(message?.headers.map(\.index) == [1, 1, 2])
    #expect(message?.headers(named: "X-DUP".utf8).map(\.value.bytes) == [bytes("one"), bytes("two")])
  }

  @Test func everyReplyKnowsItsCommandAndItsTime() {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    let mail = play.packet
    play.wait(.milliseconds(40))
    play.milter(Milter.continue)
    let placements = fold(play).placements
    #expect(placements[play.packet]?.answers == mail)
    #expect(placements[play.packet]?.took == .milliseconds(41))
    #expect(placements[play.packet]?.stage == .mail)
    #expect(placements[play.packet]?.message == 1)
  }

  @Test func macrosFoldIntoTheCommandDirectlyBehindThem() {
    var play = Recording()
    play.greet()
    play.mta(MTA.macro("R", ["i": "1"]), MTA.macro("T", ["i": "1"]), MTA.data)
    let data = play.packet
    let placements = fold(play).placements
    #expect(placements[data]?.macros == [data - 1])
    #expect(placements[data - 1]?.stage == .data)
    #expect(placements[data - 1]?.message == 1)
  }

  @Test func aHeldCommandIsAskedWhenItLeaves() {
    var play = Recording()
    play.greet()
    let held = play.hold(MTA.mail())
    play.wait(.seconds(20))
    play.release(held)
    play.send(held, to: .milter)
    play.milter(Milter.continue)
    #expect(fold(play).placements[play.packet]?.took == .milliseconds(1))
  }

  @Test func anAnswerOfOursSettlesTheHeldCommand() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    let held = play.hold(MTA.rcpt("<list@example.net>"))
    play.release(held, .answered)
    let answer = play.inject(Milter.reply("550 5.7.1 not here"), to: .mta)
    let (facts, placements) = fold(play)
    #expect(placements[answer]?.answers == held)
    #expect(placements[answer]?.message == 1)
    let verdict = facts.message?.recipients.first?.verdict
    #expect(verdict?.author == .ours(.operator))
    #expect(verdict?.text?.bytes == bytes("550 5.7.1 not here"))
    #expect(verdict?.refuses == true)
    #expect(facts.message?.accepted.isEmpty == true)
    #expect(facts.message?.changes.map(\.what) == [.answered, .injected])
  }

  @Test func aHeldReplyCountsForTheMTAWhenItLeaves() {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    let mail = play.packet
    let held = play.hold(Milter.reject)
    #expect(fold(play).facts.message?.decision == nil)
    #expect(fold(play).placements[held]?.answers == mail)
    var unchanged = play
    unchanged.release(held)
    unchanged.send(held, to: .mta)
    #expect(fold(unchanged).facts.message?.decision?.kind == .reject)
    #expect(fold(unchanged).facts.message?.decision?.author == .peer)
    play.release(held)
    play.send(held, to: .mta, edited: Milter.continue)
    #expect(fold(play).facts.message?.decision == nil)
    #expect(fold(play).facts.message?.changes.map(\.packet) == [held])
  }

  @Test func aNoReplyStageIsNotWaitedFor() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg(.current, [.noReplyConnect, .noReplyHelo, .noReplyHeaders]))
    play.mta(MTA.connect(), MTA.helo())
    play.ask(MTA.mail())
    play.mta(MTA.header("A", "1"), MTA.header("B", "2"), MTA.eoh)
    let eoh = play.packet
    play.milter(Milter.continue)
    #expect(fold(play).placements[play.packet]?.answers == eoh)
  }

  @Test func messagesBeginWithTheirMacrosAndEndWithTheirVerdict() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.accept)
    play.mta(MTA.abort)
    let abort = play.packet
    play.mta(MTA.abort)
    play.mail(id: "second")
    play.milter(Milter.tempfail)
    let (facts, placements) = fold(play)
    #expect(placements[abort]?.message == 1)
    #expect(placements[abort + 1]?.message == 0)
    #expect(placements[abort + 2]?.message == 2)
    #expect(facts.messageCount == 2)
    #expect(facts.message?.firstPacket == abort + 2)
    #expect(facts.message?.queueID?.bytes == bytes("second"))
  }

  @Test func aRefusedDATALeavesTheTransactionOpen() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    play.ask(MTA.rcpt())
    play.mta(MTA.data)
    play.milter(Milter.tempfail)
    #expect(fold(play).facts.message?.decision?.kind == .tempfail)
    #expect(fold(play).facts.message?.phase == .open)
    play.ask(MTA.rcpt("<carol@example.net>"))
    play.ask(MTA.data)
    #expect(fold(play).facts.message?.decision == nil)
    #expect(fold(play).facts.messageCount == 1)
  }

  @Test func aConnectionThatEndsLosesItsOpenMessage() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    play.close()
    #expect(fold(play).facts.message?.phase == .lost)
    #expect(fold(play).facts.isOver)
  }

  @Test func widenedNegotiationIsKnownOnBothSides() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    let answer = play.hold(Milter.optNeg(.addHeaders, [.noReplyHeaders]))
    play.release(answer)
    play.send(answer, to: .mta, edited: Milter.optNeg(.current, []))
    let negotiation = fold(play).facts.negotiation
    #expect(negotiation.offered?.actions == .current)
    #expect(negotiation.answered?.actions == .addHeaders)
    #expect(negotiation.told?.actions == .current)
    #expect(negotiation.milterFlags == [.noReplyHeaders])
    #expect(negotiation.mtaFlags == [])
  }

  @Test func hostileSizesAreCountedAndNotKept() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    let long = String(repeating: "x", count: 1_000_000)
    for _ in 0..<20 { play.ask(MTA.header("X-Long", long)) }
    let message = fold(play).facts.message
    #expect(message?.headers.first?.value.count == 1_000_000)
    #expect(message?.headers.first?.value.bytes.count == FactLimits.stringBytes)
    let kept = message?.headers.reduce(0) { $0 + $1.value.bytes.count + $1.name.bytes.count }
    #expect((kept ?? .max) <= FactLimits.messageBytes)
  }

  @Test func noCutOfAnyPacketTraps() {
    let packets = [
      MTA.optNeg(), MTA.macro("M", ["i": "1"]), MTA.connect(), MTA.helo(), MTA.mail("<a@b>", "SIZE=1"),
      MTA.rcpt(),
      MTA.header(), MTA.body(), MTA.bodyEOB, MTA.unknown(), Milter.optNeg(symbols: [(0, "j")]),
      Milter.reply("550 no"), Milter.addHeader(), Milter.insHeader(1, "A", "b"),
    ]
    for packet in packets {
      for end in Limits.lengthBytes...packet.bytes.count {
        var facts = SessionFacts()
        let cut = Packet(frame: Array(packet.bytes[..<end]), from: packet.sender)
        let placement = facts.received(cut, Dissection(cut).shape, number: 1, at: .zero, forwarded: true)
        #expect(placement.macros.isEmpty)
      }
    }
  }

  @Test func liveEventsAndRecordsFoldAlike() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.quarantine(), Milter.accept)
    var live = SessionFacts()
    for record in play.records {
      switch record.event {
      case .opened(let opened): live.apply(Record(time: record.time, connection: 1, event: .opened(opened)))
      case .received(let r):
        live.received(
          r.packet, Dissection(r.packet).shape, number: r.number, at: record.time, forwarded: r.forwarded)
      case .sent(let s): live.sent(s, at: record.time)
      case .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: break
      }
    }
    #expect("\(live)" == "\(fold(play).facts)")
    #expect(live.message?.isQuarantined == true)
  }
}

@Suite struct MacroFactsTests {
  private func facts(_ packets: Packet...) -> SessionFacts {
    var facts = SessionFacts()
    for (i, packet) in packets.enumerated() {
      facts.received(packet, Dissection(packet).shape, number: i + 1, at: .zero, forwarded: true)
    }
    return facts
  }

  @Test func aLaterStageShadowsAnEarlierOne() {
    let facts = facts(MTA.macro("M", ["i": "one"]), MTA.mail(), MTA.macro("R", ["{i}": "two"]), MTA.rcpt())
    #expect(facts.macros.value("i".utf8)?.value.bytes == bytes("two"))
    #expect(facts.macros.values("{i}".utf8).map(\.packet) == [3, 1])
    #expect(facts.message?.queueID?.bytes == bytes("one"))
  }

  @Test func mailClearsLaterStagesAndKeepsItsOwn() {
    let facts = facts(
      MTA.macro("R", ["{rcpt_addr}": "old"]), MTA.macro("M", ["{mail_addr}": "new"]), MTA.mail())
    #expect(facts.macros.value("rcpt_addr".utf8) == nil)
    #expect(facts.macros.value("mail_addr".utf8)?.value.bytes == bytes("new"))
  }

  @Test func abortClearsNothing() {
    let facts = facts(MTA.macro("M", ["i": "1"]), MTA.mail(), MTA.abort)
    #expect(facts.macros.value("i".utf8) != nil)
  }

  @Test func anAnnouncementReplacesTheWholeSetOfItsStage() {
    let facts = facts(MTA.macro("C", ["j": "a", "v": "b"]), MTA.macro("C", ["j": "c"]))
    #expect(facts.macros.all.map(\.value.bytes) == [bytes("c")])
  }

  private func rejectedRecipient(host: String, _ reply: Packet) -> Recording {
    var play = Recording()
    play.greet(Milter.optNeg(.current, [.rejectedRcpt]))
    play.ask(MTA.mail())
    play.ask(
      MTA.macro("R", ["{rcpt_mailer}": "relay", "{rcpt_host}": "[127.0.0.1]:25"]),
      MTA.rcpt("<bob@example.net>"))
    play.mta(
      MTA.macro("R", ["{rcpt_mailer}": "error", "{rcpt_host}": host, "{rcpt_addr}": "no such user"]),
      MTA.rcpt("<nobody@example.net>"))
    play.milter(reply)
    play.ask(MTA.data)
    play.mta(MTA.bodyEOB)
    play.milter(Milter.accept)
    return play
  }

  /// Both MTAs tell of recipients that they refuse where RCPT_REJ is negotiated (protocol.md 3.6).
  @Test(arguments: [("5.1.1", true), ("4.2.0", false)])
  func aRecipientThatTheMTARefusedIsNotDeliveredTo(_ host: String, _ forGood: Bool) {
    for reply in [Milter.continue, Milter.reject] {
      let source = MemoryRecords(rejectedRecipient(host: host, reply).records)
      var index = TimelineIndex()
      index.catchUp(with: source)
      #expect(index.messages[0].recipientCount == 2)
      #expect(index.messages[0].refusedCount == 1)
      #expect(index.messages[0].refusedForGood == (forGood || reply == Milter.reject))
      let content = index.content(ofMessage: 0, from: source)
      #expect(content.recipients.map(\.address) == [bytes("<bob@example.net>")])
    }
  }

  /// What was on its way when the milter went is no mail of its own.
  @Test func aMailOutlivesItsMilter() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    play.close(.milter)
    play.mta(MTA.macro("R"), MTA.rcpt(), MTA.data)
    play.close(.mta)
    var index = TimelineIndex()
    index.catchUp(with: MemoryRecords(play.records))
    #expect(index.messages.map(\.outcome) == [.lost])
    #expect(index.messages[0].rcptRow != nil)
  }
}
