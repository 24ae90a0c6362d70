import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct FilterPassTests {
  /// A predicate made of a closure, for tests.
  private struct Asking: PacketPredicate {
    var needs: FactNeeds
    var kinds: [PacketKind]?
    var ask: @Sendable (any PacketContext) -> Bool

    func mayMatch(_ kind: PacketKind, from sender: Leg) -> Bool { kinds?.contains(kind) ?? true }
    func matches(_ context: some PacketContext) -> Bool { ask(context) }
  }

  private func trace() -> (TimelineIndex, MemoryRecords) {
    var play = Recording()
    for connection in 1...3 {
      play.connection = connection
      play.greet()
      play.mail(
        from: connection == 2 ? "<mallory@example.com>" : "<alice@example.org>",
        headers: [("Subject", "number \(connection)"), ("X-Size", "x")], id: "Q\(connection)")
      let reply = play.hold(Milter.accept)
      play.release(reply)
      play.send(reply, to: .mta, edited: connection == 3 ? Milter.tempfail : nil)
      play.mta(MTA.abort, MTA.quit)
      play.close(.mta)
      play.close(.milter)
    }
    let source = MemoryRecords(play.records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    return (index, source)
  }

  private var predicates: [Asking] {
    [
      Asking(needs: .envelope) { $0.messageFrom == bytes("<mallory@example.com>")[...] },
      Asking(needs: .headers) { $0.messageHeaders(named: bytes("subject")) == [bytes("number 3")[...]] },
      Asking(needs: .size) { $0.messageBytes > 30 },
      Asking(needs: .macros) { $0.macro(bytes("i")) == bytes("Q2")[...] },
      Asking(needs: .session) { $0.heloName == bytes("mail.example.org")[...] },
      Asking(needs: [.envelope, .headers]) {
        !$0.messageRecipients.isEmpty && !$0.messageHeaders(named: bytes("X-Size")).isEmpty
      },
      Asking(needs: []) { $0.took ?? .seconds(0) > .seconds(0) },
      Asking(needs: []) { $0.flags.contains(.held) },
      Asking(needs: []) { $0.queueID == bytes("Q2")[...] },
      Asking(needs: []) { $0.packet == MTA.helo() },
    ]
  }

  /// What needs not much is answered without reading, and yet as if everything had been read.
  @Test func passesAgreeWithFoldingEverything() {
    let (index, source) = trace()
    for (i, predicate) in predicates.enumerated() {
      let reader = TimelineReader(index, source)
      var pass = FilterPass(predicate)
      pass.advance(reader)
      let exact = (0..<index.count).filter { predicate.matches(reader.context(at: $0)) }
      #expect(pass.rows.map(Int.init) == exact, "predicate \(i)")
      #expect(!exact.isEmpty, "predicate \(i)")
    }
  }

  @Test func slicesFindTheSameRows() {
    let (index, source) = trace()
    for predicate in predicates {
      var whole = FilterPass(predicate)
      whole.advance(TimelineReader(index, source))
      var sliced = FilterPass(predicate)
      while !sliced.advance(TimelineReader(index, source), limit: 5) {}
      #expect(sliced.rows == whole.rows)
    }
  }

  @Test func aPassGoesOnOverWhatCameInBetween() {
    let (_, source) = trace()
    for predicate in predicates.prefix(6) {
      var index = TimelineIndex()
      var growing = FilterPass(predicate)
      while !index.catchUp(with: source, limit: 10) { growing.advance(TimelineReader(index, source)) }
      growing.advance(TimelineReader(index, source))
      var whole = FilterPass(predicate)
      whole.advance(TimelineReader(index, source))
      #expect(growing.rows == whole.rows)
    }
  }

  @Test func indexColumnsAreAnsweredWithoutReading() {
    let (index, source) = trace()
    let counting = CountingRecords(source)
    var pass = FilterPass(Asking(needs: []) { $0.frameBytes > 10 && $0.connection == 2 && $0.message == 1 })
    pass.advance(TimelineReader(index, counting))
    #expect(!pass.rows.isEmpty)
    #expect(counting.reads == 0)
  }

  @Test func onlyWhatIsNeededIsRead() {
    let (index, source) = trace()
    let counting = CountingRecords(source)
    var pass = FilterPass(predicates[1])
    pass.advance(TimelineReader(index, counting))
    let headers = (0..<index.count).filter { index[$0].kind == .command(.header) }.count
    let negotiation = 6
    let remarks = 18
    #expect(counting.reads <= headers + negotiation + remarks)
  }

  @Test func aChangedFlagIsReconsidered() {
    var (index, source) = trace()
    let marked = Asking(needs: []) { $0.flags.contains(.marked) }
    var pass = FilterPass(marked)
    pass.advance(TimelineReader(index, source))
    #expect(pass.rows.isEmpty)
    let record = Record(time: .zero, connection: 1, event: .marked(packet: 3, on: true))
    source.append(record)
    index.append(record)
    var isOther = pass.reconsider([2], TimelineReader(index, source))
    #expect(isOther)
    isOther = pass.reconsider([2], TimelineReader(index, source))
    #expect(!isOther)
    #expect(pass.rows == [2])
    let off = Record(time: .zero, connection: 1, event: .marked(packet: 3, on: false))
    index.append(off)
    pass.reconsider([2], TimelineReader(index, source))
    #expect(pass.rows.isEmpty)
  }
}

@Suite struct MergedRecordsTests {
  private func part(startedAt: Int64, _ make: (inout Recording) -> Void) -> MemoryRecords {
    var play = Recording()
    make(&play)
    return MemoryRecords(play.records, head: TraceHead(program: "t", startedAt: startedAt, command: []))
  }

  @Test func recordsComeInTheOrderOfTheWallClock() throws {
    let a = part(startedAt: 1_000_000_000) { $0.greet() }
    let b = part(startedAt: 1_000_004_500) { $0.greet() }
    let merged = MergedRecords([b, a])
    #expect(merged.head?.startedAt == 1_000_000_000)
    #expect(merged.count == a.count + b.count)
    let records = (0..<merged.count).compactMap { merged.record(at: $0) }
    #expect(records.map(\.time) == records.map(\.time).sorted())
    #expect(records.first?.connection == 1)
    var index = TimelineIndex()
    index.catchUp(with: merged)
    #expect((0..<index.count).map { index.number(at: $0) } == Array(1...index.count))
    #expect(index.connections.map(\.number) == [1, 2])
    #expect(index.connections.map(\.packetCount) == [8, 8])
  }

  @Test func whatRecordsSayAboutPacketsFollowsTheNewNumbers() {
    let a = part(startedAt: 0) { play in
      play.greet()
      play.mta(MTA.mail())
      let held = play.hold(Milter.reject)
      play.release(held)
      play.send(held, to: .mta, edited: Milter.continue)
    }
    let b = part(startedAt: 500) { $0.greet() }
    let merged = MergedRecords([a, b])
    var index = TimelineIndex()
    index.catchUp(with: merged)
    let edited = (0..<index.count).filter { index[$0].flags.contains(.edited) }
    #expect(edited.count == 1)
    #expect(edited.map { index[$0].kind } == [.reply(.reject)])
  }

  @Test func whatAFileGrowsByComesAfter() {
    let a = part(startedAt: 0) { $0.greet() }
    let b = part(startedAt: 10_000_000) { $0.greet() }
    let merged = MergedRecords([a, b])
    let before = (0..<merged.count).compactMap { merged.record(at: $0) }
    var more = Recording()
    more.open()
    a.append(more.records[0])
    merged.merge()
    #expect(merged.count == before.count + 1)
    #expect((0..<before.count).compactMap { merged.record(at: $0) } == before)
  }

  @Test func sentencesNamePacketsByTheirNewNumbers() throws {
    let a = part(startedAt: 0) { $0.greet() }
    let b = part(startedAt: 500) { play in
      play.greet()
      play.mta(MTA.mail())
      let text: Sentence = "MAIL (packet \(packet: 9)) was never answered; packet \(packet: 9000), packets 9"
      play.append(.found(Finding(.noVerdict, packet: play.packet, text)))
      let refusal: Sentence = "packet \(packet: 9) has left already: only held packets can be changed"
      play.append(.instructed(Instructed(text: "drop", cause: .operator, packet: 9, refusal: refusal)))
    }
    let merged = MergedRecords([a, b], names: ["a.mtrace", "b.mtrace"])
    var index = TimelineIndex()
    index.catchUp(with: merged)
    let mail = try #require((0..<index.count).first { index[$0].kind == .command(.mail) })
    let new = index.number(at: mail)
    #expect(new != 9)
    var sentences: [String] = []
    for i in 0..<merged.count {
      switch merged.record(at: i)?.event {
      case .found(let finding): sentences.append(finding.text)
      case .instructed(let instructed): sentences.append(instructed.refusal?.text ?? "")
      case _: break
      }
    }
    #expect(
      sentences == [
        "MAIL (packet \(new)) was never answered; packet 9000, packets 9",
        "packet \(new) has left already: only held packets can be changed",
      ])
    let record = try #require((0..<merged.count).last)
    #expect(merged.file(at: record) == "b.mtrace")
    #expect(AnnotatedRecords(merged).file(at: record) == "b.mtrace")
  }
}
