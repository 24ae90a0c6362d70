import MilterProtocol
import Sending
import TestSupport
import Testing

/// What a recorded milter answers to MTAs of today; a recording is written as it was said.
@Suite struct ReplayedMilterTests {
  private final class Answers: RecordedAnswers {
    let all: [Packet]
    init(_ all: [Packet]) { self.all = all }
    func answer(at row: Int) -> Packet? { all.indices.contains(row) ? all[row] : nil }
  }

  private typealias Said = (command: Packet, answers: [Packet])

  private static func recording(
    _ sessions: [[Said]], flags: ProtocolFlags = [], end: MilterRecording.End = .listens
  ) -> (MilterRecording, Answers) {
    var recording = MilterRecording()
    var all: [Packet] = []
    for session in sessions {
      let exchanges = session.enumerated().compactMap { place, said -> MilterRecording.Exchange? in
        guard case .command(let kind) = said.command.kind, let stage = kind.stage else { return nil }
        let rows = said.answers.indices.map {
          MilterRecording.Answer(row: all.count + $0, pause: .milliseconds(5))
        }
        all += said.answers
        let isLast = place == session.count - 1
        return .init(stage, CommandLikeness(said.command), rows, end: isLast ? end : .listens)
      }
      var mails: [[MilterRecording.Exchange]] = []
      for exchange in exchanges where exchange.stage.isOfMail {
        if exchange.stage == .mail || mails.isEmpty { mails.append([]) }
        mails[mails.count - 1].append(exchange)
      }
      recording.append(
        .init(
          negotiation: exchanges.first { $0.stage == .negotiation }, flags: flags,
          exchanges: exchanges.filter { !$0.stage.isOfMail && $0.stage != .negotiation }),
        mails: mails)
    }
    return (recording, Answers(all))
  }

  private static func mail(
    from sender: String = "<alice@example.org>", to recipients: [(String, Packet)], subject: String,
    _ end: [Packet]
  ) -> [Said] {
    [(MTA.mail(sender, "SIZE=100"), [Milter.continue])] + recipients.map { (MTA.rcpt($0), [$1]) } + [
      (MTA.data, [Milter.continue]), (MTA.header("Received", "by us"), [Milter.continue]),
      (MTA.header("Subject", subject), [Milter.continue]), (MTA.eoh, [Milter.continue]),
      (MTA.body(), [Milter.continue]), (MTA.bodyEOB, end),
    ]
  }

  private static let start: [Said] = [
    (MTA.optNeg(), [Milter.optNeg()]), (MTA.connect(), [Milter.continue]), (MTA.helo(), [Milter.continue]),
  ]
  private static let one = mail(
    to: [("<bob@example.net>", Milter.continue), ("<eve@example.net>", Milter.reject)], subject: "one",
    [Milter.addHeader("X-Mail", "one"), Milter.accept])
  private static let two = mail(
    to: [("<bob@example.net>", Milter.continue)], subject: "two",
    [Milter.progress, Milter.addHeader("X-Mail", "two"), Milter.reply("550 5.7.1 no")])

  private static func milter(
    _ sessions: [[Said]] = [start + one + two], flags: ProtocolFlags = [],
    end: MilterRecording.End = .listens, unmatched: ReplayedMilter.Surprise = .tempfail, isPaced: Bool = false
  ) -> ReplayedMilter {
    let (recording, answers) = recording(sessions, flags: flags, end: end)
    return ReplayedMilter(recording, from: answers, unmatched: unmatched, isPaced: isPaced)
  }

  /// Names of what is said to each of these packets.
  private static func play(
    _ packets: [Packet], at milter: inout ReplayedMilter, on connection: Int = 1
  ) -> [String] {
    packets.map { packet in
      milter.moves(on: packet, of: connection).compactMap { move -> String? in
        switch move {
        case .say(let packet):
          [.replyCode, .addHeader].contains(where: { packet.kind == .reply($0) })
            ? PacketSummary(packet).text : packet.kind.name
        case .pause: "pause"
        case .close: "close"
        case .reset: "reset"
        case .note: nil
        case .sayPiecewise, .sayBytes: "?"
        }
      }.joined(separator: ", ")
    }
  }

  private static func living(
    from sender: String = "<alice@example.org>", _ recipients: [String], _ headers: [(String, String)]
  ) -> [Packet] {
    [MTA.macro("M", ["i": "4X"]), MTA.mail(sender, "SIZE=7777")] + recipients.map { MTA.rcpt($0) } + [
      MTA.data
    ] + headers.map { MTA.header($0, $1) } + [MTA.eoh, MTA.body(), MTA.bodyEOB]
  }

  private static let greeting = [MTA.optNeg(), MTA.connect(port: 7), MTA.helo("other.example.org")]

  @Test func theSameIsAnsweredTheSame() {
    var milter = Self.milter()
    let all = (Self.start + Self.one + Self.two).map(\.command)
    let answers = Self.play(all, at: &milter)
    #expect(answers[4...5] == ["CONTINUE", "REJECT"])
    #expect(
      answers.filter { $0.contains("X-Mail") } == [
        "X-Mail: one, ACCEPT", "PROGRESS, X-Mail: two, 550 5.7.1 no",
      ])
    #expect(milter.tally.byOrder == 0 && milter.tally.unmatched == 0 && milter.mailsPlayed == 2)
    #expect(milter.takeRemarks().isEmpty)
    #expect(Self.play([MTA.abort, MTA.quit], at: &milter) == ["", "close"])
  }

  @Test func aMailIsKnownByWhatItSays() {
    var milter = Self.milter()
    _ = Self.play(Self.greeting, at: &milter)
    let headers = [("Received", "by them"), ("Subject", " two")]
    let second = Self.play(Self.living(["<bob@example.net>"], headers), at: &milter)
    #expect(second.last == "PROGRESS, X-Mail: two, 550 5.7.1 no")
    let first = Self.play(
      Self.living(["<eve@example.net>", "<bob@example.net>"], [("Subject", "one")]), at: &milter)
    #expect(first[2...3] == ["REJECT", "CONTINUE"])
    #expect(first.last == "X-Mail: one, ACCEPT")
    // HELO is another, and Received the first of its name.
    #expect(milter.tally.byOrder == 2 && milter.tally.unmatched == 0)
    // The same again is answered again.
    #expect(Self.play(Self.living(["<bob@example.net>"], headers), at: &milter).last == second.last)
  }

  @Test func whatSaysNothingKnownIsTakenInOrder() {
    var milter = Self.milter()
    _ = Self.play([MTA.optNeg(), MTA.connect("x.example", "198.51.100.1"), MTA.helo("x")], at: &milter)
    let first = Self.play(
      Self.living(from: "<q@x.example>", ["<r@y.example>", "<s@y.example>"], []), at: &milter)
    #expect(first[2...3] == ["CONTINUE", "REJECT"] && first.last == "X-Mail: one, ACCEPT")
    let second = Self.play(Self.living(from: "<q@x.example>", ["<r@y.example>"], []), at: &milter)
    #expect(second.last == "PROGRESS, X-Mail: two, 550 5.7.1 no")
    #expect(milter.tally.unmatched == 0 && milter.tally.byOrder > 3)
  }

  @Test(arguments: [
    (ReplayedMilter.Surprise.continue, "CONTINUE"), (.tempfail, "TEMPFAIL"), (.close, "close"),
  ])
  func whatNothingFitsIsSaidOnce(_ surprise: ReplayedMilter.Surprise, _ name: String) {
    var milter = Self.milter(unmatched: surprise)
    _ = Self.play(Self.greeting, at: &milter)
    let third = [
      MTA.mail("<alice@example.org>"), MTA.rcpt("<bob@example.net>"), MTA.rcpt("<eve@example.net>"),
    ]
    #expect(Self.play(third + [MTA.rcpt("<new@example.net>")], at: &milter).last == name)
    #expect(Self.play([MTA.header("X-New", "1")], at: &milter) == [name])
    let told = milter.takeRemarks()
    #expect(told.compactMap { $0.unmatched?.kind.name } == ["RCPT", "HEADER"])
    #expect(told[0].text.text.contains("RCPT <new@example.net> fits no recorded command"))
    #expect(milter.tally.unmatched == 2)
  }

  @Test func aMailTooManyIsToldOnce() {
    var milter = Self.milter([Self.start + Self.one], unmatched: .continue)
    _ = Self.play(Self.greeting, at: &milter)
    _ = Self.play(Self.living(["<bob@example.net>"], []), at: &milter)
    let strange = Self.play(Self.living(from: "<zed@example.org>", ["<bob@example.net>"], []), at: &milter)
    #expect(strange.dropFirst().allSatisfy { $0 == "CONTINUE" })
    let told = milter.takeRemarks()
    #expect(told.count == 1 && told[0].text.text.contains("nor does anything of this mail"))
  }

  @Test func onlyWhatTheMTAOffersIsAnswered() {
    var recorded = Self.start
    recorded[0].answers = [Milter.optNeg(.current, [.noReplyHeaders, .skip], symbols: [(2, "i")])]
    let one = Self.one.map { $0.command.kind == .command(.header) ? ($0.command, []) : $0 }
    var milter = Self.milter([recorded + one], flags: [.noReplyHeaders, .skip])
    let offer = MTA.optNeg(version: 4, [.changeHeaders], [.noBody])
    #expect(
      milter.moves(on: offer, of: 1).last
        == .say(
          Packet(encoding: Reply.optNeg(OptNeg(version: 4, actions: .changeHeaders, protocolFlags: [])))))
    let told = milter.takeRemarks().map(\.text.text).joined(separator: "; ")
    for words in ["version 4 in place of 6", "without ADDHDRS", "without NR_HDR", "without lists of macros"] {
      #expect(told.contains(words), "\(told)")
    }
    _ = Self.play([MTA.connect(), MTA.helo()], at: &milter)
    // No reply was promised then, and is owed now; what this MTA does not take is left out.
    let answers = Self.play(
      Self.living(["<bob@example.net>", "<eve@example.net>"], [("Subject", "one")]), at: &milter)
    #expect(answers[5] == "CONTINUE" && answers.last == "ACCEPT")
    #expect(milter.tally.leftOut == 1 && milter.takeRemarks().count == 1)
  }

  @Test func whatTheRecordedMilterDidNotWantIsLetThrough() {
    var milter = Self.milter(
      [[Self.start[0]] + Self.one.filter { $0.command.kind != .command(.mail) }],
      flags: [.noConnect, .noHelo, .noMail])
    #expect(
      Self.play(Self.greeting + [MTA.mail()], at: &milter).dropFirst() == [
        "CONTINUE", "CONTINUE", "CONTINUE",
      ])
    #expect(milter.tally.unmatched == 0 && milter.takeRemarks().count == 3)
    // Where it is not said either, the session begins with the first recipient.
    var second = Self.milter(
      [[Self.start[0]] + Self.one.filter { $0.command.kind != .command(.mail) }],
      flags: [.noConnect, .noHelo, .noMail])
    _ = Self.play([MTA.optNeg()], at: &second)
    #expect(
      Self.play([MTA.rcpt("<bob@example.net>"), MTA.rcpt("<eve@example.net>")], at: &second) == [
        "CONTINUE", "REJECT",
      ])
  }

  @Test(arguments: [
    (MilterRecording.End.closes, "X-Mail: one, ACCEPT, close"), (.breaks, "X-Mail: one, ACCEPT, reset"),
    (.isSilent, "X-Mail: one, ACCEPT"), (.isUnknown, "TEMPFAIL"),
  ])
  func itEndsAsItDid(_ end: MilterRecording.End, _ answer: String) {
    var milter = Self.milter([Self.start + Self.one], end: end)
    #expect(Self.play((Self.start + Self.one).map(\.command), at: &milter).last == answer)
  }

  @Test func aConnectionIsKnownByWhatItSaysLater() {
    let unknown: [Said] = [(MTA.unknown("XYZZY"), [Milter.reply("500 5.5.1 no magic")])]
    var milter = Self.milter([Self.start + Self.one, Self.start + unknown + Self.two])
    #expect(Self.play(Self.greeting + [MTA.unknown("XYZZY now")], at: &milter).last == "500 5.5.1 no magic")
    // Two begins as one does; it is of this connection.
    _ = Self.play([MTA.mail()], at: &milter)
    #expect(Self.play([MTA.bodyEOB], at: &milter).last == "PROGRESS, X-Mail: two, 550 5.7.1 no")
    #expect(milter.tally.unmatched == 0)
  }

  @Test func connectionsKnowOfEachOther() {
    var milter = Self.milter([Self.start + Self.one, Self.start + Self.two], isPaced: true)
    _ = Self.play(Self.greeting, at: &milter, on: 1)
    _ = Self.play(Self.greeting, at: &milter, on: 2)
    let second = Self.play([MTA.mail(), MTA.rcpt()], at: &milter, on: 1)
    #expect(second == ["pause, CONTINUE", "pause, CONTINUE"])
    _ = Self.play([MTA.mail(), MTA.rcpt()], at: &milter, on: 2)
    #expect(milter.mailsPlayed == 2)
    milter.ended(1)
    #expect(Self.play([MTA.bodyEOB], at: &milter, on: 2).first?.contains("X-Mail: two") ?? false)
  }
}
