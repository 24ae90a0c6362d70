import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct TimelineIndexTests {
  private func index(_ play: Recording) -> (index: TimelineIndex, source: MemoryRecords) {
    let source = MemoryRecords(play.records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    return (index, source)
  }

  /// Two connections whose packets take turns, holds and edits among them.
  private func interleaved() -> Recording {
    var first = Recording()
    first.greet()
    first.mail()
    first.milter(Milter.addHeader(), Milter.accept)
    first.mta(MTA.abort, MTA.quit)
    first.close(.mta)
    first.close(.milter)
    var both = Recording()
    for record in first.records {
      for connection in [1, 2] {
        both.connection = connection
        if case .received(let received) = record.event {
          both.receive(received.packet)
        } else {
          both.append(record.event)
        }
      }
    }
    return both
  }

  @Test func aRowSaysWhatTheRecordSaid() throws {
    var play = Recording()
    play.greet()
    play.mta(MTA.macro("M", ["i": "1"]), MTA.mail())
    play.milter(Milter.reject)
    let (index, source) = index(play)
    let row = index[index.count - 1]
    #expect(row.number == play.packet)
    #expect(row.kind == .reply(.reject))
    #expect(row.sender == .milter)
    #expect(row.stage == .mail)
    #expect(row.connection == 1)
    #expect(row.message == 1)
    #expect(row.took == .milliseconds(1))
    #expect(row.answers == index.count - 2)
    #expect(row.time == play.now)
    #expect(row.frameBytes == 5)
    let macros = index[index.count - 3]
    #expect(macros.foldsInto == index.count - 2)
    #expect(macros.stage == .mail)
    #expect(index.isFolded(index.count - 3))
    #expect(index[index.count - 2].macros == index.count - 3)
    #expect(index.macroRows(of: index.count - 2) == [index.count - 3])
    #expect(index.replyRows(to: index.count - 2) == [index.count - 1])
    #expect(index.packet(at: index.count - 1, from: source) == Milter.reject)
  }

  @Test func everyRowRefoldsToTheLiveFacts() {
    let play = interleaved()
    let (index, source) = index(play)
    var live: [Int: SessionFacts] = [:]
    var row = 0
    for record in play.records {
      let placement = live[record.connection, default: SessionFacts()].apply(record)
      guard placement != nil else { continue }
      #expect("\(index.facts(at: row, from: source))" == live[record.connection].map { "\($0)" })
      #expect(index[row].message == placement?.message)
      #expect(index[row].took == placement?.took)
      row += 1
    }
    #expect(row == index.count)
  }

  /// What a screen shows of the newest packet costs no reading back.
  @Test func theLatestPacketOfAnOpenConnectionHasItsFactsAtHand() {
    let play = interleaved()
    let source = CountingRecords(MemoryRecords(play.records))
    var index = TimelineIndex()
    var live: [Int: SessionFacts] = [:]
    for record in play.records {
      index.append(record)
      guard live[record.connection, default: SessionFacts()].apply(record) != nil else { continue }
      let before = source.reads
      #expect("\(index.facts(at: index.count - 1, from: source))" == live[record.connection].map { "\($0)" })
      #expect(source.reads == before)
    }
    #expect(index.count > 0)
  }

  /// Facts are not kept for ever where only the MTA's end is told; what comes later is folded again from the start.
  @Test func aLatePacketOfAForgottenConnectionHasAllItsFacts() {
    var play = Recording()
    play.greet()
    play.close(.mta)
    for connection in 2...80 {
      play.connection = connection
      play.open()
      play.close(.mta)
    }
    play.connection = 1
    play.milter(Milter.accept, Milter.accept)
    let (index, source) = index(play)
    for row in [index.count - 2, index.count - 1] {
      #expect(index.facts(at: row, from: source).client != nil)
      #expect(index.facts(at: row, from: source).helo != nil)
    }
  }

  @Test func anyPrefixIsAnIndex() {
    let records = interleaved().records
    var grown = TimelineIndex()
    for (i, record) in records.enumerated() {
      grown.append(record)
      var fresh = TimelineIndex()
      fresh.catchUp(with: MemoryRecords(Array(records[...i])))
      #expect(fresh.count == grown.count)
      #expect(fresh.messages == grown.messages)
      #expect(fresh.connections == grown.connections)
    }
  }

  @Test func catchingUpInSlicesGivesTheSameIndex() {
    let source = MemoryRecords(interleaved().records)
    var sliced = TimelineIndex()
    var calls = 0
    while !sliced.catchUp(with: source, limit: 7) { calls += 1 }
    var whole = TimelineIndex()
    whole.catchUp(with: source)
    #expect(calls > 5)
    #expect((0..<whole.count).map { sliced[$0] } == (0..<whole.count).map { whole[$0] })
  }

  @Test func aMailThatShutdownEndsIsLost() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.shutdown)
    #expect(index(play).0.messages.map(\.outcome) == [.discarded])
  }

  @Test(arguments: [
    (["451 4.7.1 later"], MessageEntry.Outcome.tempfailed),
    (["550 5.1.1 nobody"], .rejected),
    (["451 4.7.1 later", "550 5.1.1 nobody"], .rejected),
  ])
  func aMailWithoutRecipientsLeftIsPutOffOrRefused(_ replies: [String], _ outcome: MessageEntry.Outcome) {
    var play = Recording()
    play.greet()
    play.ask(MTA.macro("M"), MTA.mail("<>"))
    for reply in replies {
      play.mta(MTA.rcpt())
      play.milter(Milter.reply(reply))
    }
    play.mta(MTA.abort)
    #expect(index(play).0.messages.map(\.outcome) == [outcome])
    #expect(index(play).0.messages.map(\.outcomeBy) == [.milter])
  }

  @Test func theMessagesTableTellsEachMail() throws {
    var play = Recording()
    play.greet()
    play.mail(to: ["<bob@example.net>", "<carol@example.net>"])
    play.milter(Milter.addHeader(), Milter.quarantine(), Milter.accept)
    play.mta(MTA.abort)
    play.ask(MTA.macro("M"), MTA.mail("<>"))
    play.mta(MTA.rcpt())
    play.milter(Milter.reply("550 5.1.1 nobody"))
    play.mta(MTA.abort)
    let (index, source) = index(play)
    try #require(index.messages.count == 2)
    let first = index.messages[0]
    #expect(first.recipientCount == 2)
    #expect(first.refusedCount == 0)
    #expect(first.modificationCount == 2)
    #expect(first.outcome == .quarantined)
    #expect(first.decision?.by == .milter)
    #expect(first.bytes == "From: Alice <alice@example.org>\r\nSubject: test\r\nHello.\r\n".utf8.count)
    #expect(first.mailRow.map { index[$0].kind } == .command(.mail))
    #expect(first.subjectRow.flatMap { index.packet(at: $0, from: source) } == MTA.header())
    #expect(TimelineReader(index, source).context(at: first.rows.lowerBound).queueID == bytes("4XyZ")[...])
    let second = index.messages[1]
    #expect(second.outcome == .rejected)
    #expect(second.lostAllRecipients)
    #expect(index.rows(ofMessage: 1).map { index[$0].message } == Array(repeating: 2, count: 6))
  }

  @Test func whatWeDidShowsAsFlags() throws {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    let reply = play.hold(Milter.reject)
    var (index, source) = index(play)
    #expect(index.waiting.count == 1)
    #expect(index[index.count - 1].flags == [.held, .waiting])
    play.release(reply)
    play.send(reply, to: .mta, edited: Milter.continue)
    play.append(.marked(packet: reply, on: true))
    play.append(.noted(text: "why", packet: reply))
    let injected = play.inject(Milter.progress, to: .mta)
    (index, source) = self.index(play)
    let row = try #require(index.row(number: reply))
    #expect(index[row].flags == [.held, .edited, .marked, .noted])
    #expect(index.sentInstead(of: row, from: source) == Milter.continue)
    #expect(index.remarkRecords(about: row, from: source).count == 5)
    #expect(index.waiting.isEmpty)
    #expect(index.row(number: injected).map { index[$0].flags } == .injected)
    #expect(index.messages.first?.decision == nil)
    play.append(.marked(packet: reply, on: false))
    #expect(self.index(play).index[row].flags == [.held, .edited, .noted])
  }

  @Test func findingsWeighOnPacketMessageAndConnection() throws {
    let rule = FindingRule(id: "T01", severity: .error, title: "test", consequence: "none", source: "test")
    let minor = FindingRule(id: "T02", severity: .note, title: "test", consequence: "none", source: "test")
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    play.append(.found(Finding(rule, packet: play.packet, "words")))
    play.append(.found(Finding(minor, packet: play.packet, "words")))
    play.append(.found(Finding(minor, packet: nil, "about the connection")))
    let (index, source) = index(play)
    let row = index.count - 1
    #expect(index[row].severity == .error)
    #expect(index.findings(about: row, from: source).map(\.rule.id) == ["T01", "T02"])
    #expect(index.findings.map(\.row) == [row, row, nil])
    #expect(index.messages.first?.severity == .error)
    #expect(index.messages.first?.findingCount == 2)
    #expect(index.connections.first?.findingCount == 3)
  }

  @Test func aFindingAboutTheWholeRunIsListedAndOfNoConnection() {
    let rule = FindingRule(id: "T01", severity: .warning, title: "test", consequence: "none", source: "test")
    var index = TimelineIndex()
    index.append(
      Record(
        time: Moment(microseconds: 1), connection: 0, event: .found(Finding(rule, packet: nil, "words"))))
    #expect(index.findings.map(\.connection) == [nil])
    #expect(index.findingCounts == [.warning: 1])
    #expect(index.connections.isEmpty)
  }

  @Test func timesSurviveClocksThatJump() {
    let times: [Int64] = [5, 1, 10_000_000_000, 10_000_000_001, 3, 3]
    var index = TimelineIndex()
    for (i, time) in times.enumerated() {
      let received = Received(number: i + 1, packet: MTA.helo(), forwarded: true)
      index.append(Record(time: Moment(microseconds: time), connection: 1, event: .received(received)))
    }
    #expect((0..<times.count).map { index.time(at: $0).microseconds } == times)
  }

  @Test func numbersWithGapsAndOutOfOrderAreFound() {
    let numbers = [3, 4, 5, 9, 10, 2, 7]
    var index = TimelineIndex()
    for number in numbers {
      let received = Received(number: number, packet: MTA.helo(), forwarded: true)
      index.append(Record(time: .zero, connection: 40, event: .received(received)))
    }
    #expect((0..<numbers.count).map { index.number(at: $0) } == numbers)
    #expect(numbers.map { index.row(number: $0) } == Array(0..<numbers.count))
    #expect(index.row(number: 6) == nil)
    #expect(index.row(number: 1) == nil)
    #expect(index.connections.map(\.number) == [40])
  }

  @Test func aLongConnectionRefoldsFromASnapshot() {
    var play = Recording()
    play.greet()
    for i in 0..<80 {
      play.mail(id: "id\(i)")
      play.milter(Milter.accept)
    }
    let (index, source) = index(play)
    let counting = CountingRecords(source)
    let facts = index.facts(at: index.count - 1, from: counting)
    #expect(facts.messageCount == 80)
    #expect(facts.message?.queueID?.bytes == bytes("id79"))
    #expect(facts.helo?.bytes == bytes("mail.example.org"))
    #expect(counting.reads < 1100)
    #expect(index.count > 1500)
  }

  @Test func statisticsCountByStage() {
    var play = Recording()
    play.greet()
    play.mail()
    play.wait(.milliseconds(99))
    play.milter(Milter.tempfail)
    let statistics = index(play).index.statistics
    #expect(statistics.verdicts[.bodyEOB] == [.tempfail: 1])
    #expect(statistics.verdicts[.connect] == [.continue: 1])
    #expect(statistics.replyTimes[.bodyEOB]?.largest == .milliseconds(100))
    #expect(statistics.replyTimes[.header]?.count == 2)
    #expect(statistics.messages == 1)
    #expect(statistics.rates.series(.message, until: play.now).last == 1)
  }

  @Test func percentilesAreWithinAFifth() {
    var histogram = Histogram()
    for value in 1...10_000 { histogram.add(Int64(value)) }
    for (share, exact) in [(0.5, 5_000.0), (0.9, 9_000), (0.99, 9_900)] {
      let found = Double(histogram.percentile(share).microseconds)
      #expect(found >= exact && found <= exact * 1.25)
    }
    #expect(histogram.percentile(1).microseconds == 10_000)
    for value: Int64 in [0, 1, 3, 4, 5, 7, 8, 9, 1000, 1_000_000, .max] {
      let bucket = Histogram.bucket(value)
      if bucket < Histogram.bucketCount - 1 { #expect(value <= Histogram.upperEdge(bucket)) }
      if bucket > 0 { #expect(value > Histogram.upperEdge(bucket - 1)) }
    }
  }

  @Test func aPacketCostsTwentyFourBytes() {
    print("index: \(TimelineIndex.bytesPerPacket) bytes a packet in the column")
    #expect(TimelineIndex.bytesPerPacket <= 24)
  }

  @Test func aMillionPacketsStayWithinTheirBudget() {
    let source = BusyTrace(connections: 9_100)
    var index = TimelineIndex()
    index.catchUp(with: source)
    #expect(index.count > 1_000_000)
    let each = index.memoryBytes / index.count
    print("index: \(index.count) packets, \(index.messages.count) messages, \(each) bytes a packet in all")
    #expect(each <= 32)
    #expect(index.messages.count == 27_300)
    #expect(index.messages.filter { $0.outcome == .rejected }.count == 9_100)
    var pass = FilterPass(KindPredicate(kind: .reply(.reject)))
    let reader = TimelineReader(index, source)
    while !pass.advance(reader, limit: 50_000) {}
    #expect(pass.rows.count == 9_100)
  }
}

struct KindPredicate: PacketPredicate {
  var kind: PacketKind
  var needs: FactNeeds { [] }
  func mayMatch(_ kind: PacketKind, from sender: Leg) -> Bool { kind == self.kind }
  func matches(_ context: some PacketContext) -> Bool { true }
}
