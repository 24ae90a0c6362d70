import CommandLanguage
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// A filter folds of a connection no more than its expression asks for, and answers as if it had folded everything.
@Suite struct FoldedFilterTests {
  private static let expressions = [
    "message.from contains \"a\"", "message.from == \"<bo@x>\"", "not message.from contains \"a\"",
    "message.from contains \"bo\" or helo.name contains \"mail\"",
    "message.rcpts contains \"a\"", "message.nrcpts > 0", "not message.rcpts contains \"bo\"",
    "message.nrcpts == 1 and message.subject contains \"a\"",
    "message.subject contains \"a\"",
    "message.header[\"X-A\"] contains \"bo\" and message.from contains \"a\"",
    "message.size > 20", "message.size > 20 and message.from contains \"bo\"",
    "macro[\"i\"] contains \"a\"", "macro[\"i\"]",
    "macro[\"i\"] contains \"a\" and message.subject contains \"bo\"",
    "queue contains \"a\"", "helo.name contains \"a\"", "client.host contains \"bo\" and msg > 1",
    "rcpt.address contains \"a\"", "rcpt.address contains \"m\" and macro", "mail.address and macro",
    "message.from == \"m@m\" and macro[\"i\"]", "message.rcpts contains \"m\" and message.nrcpts > 1",
    "mail.address contains \"bo\" and reply",
    "msg > 1 and conn != 2",
    "message.from contains \"a\" and (macro[\"j\"] contains \"bo\" or message.size < 10)",
  ]

  @Test func agreesWithFoldingEverything() throws {
    let predicates = try Self.expressions.map { FilterPredicate(try Expression(parsing: $0)) }
    var generator = SeededGenerator(seed: 41)
    var matched = [Int](repeating: 0, count: predicates.count)
    for play in 0..<60 {
      let records = Self.play(&generator)
      let source = ProbedRecords(MemoryRecords(records))
      var index = TimelineIndex()
      index.catchUp(with: source)
      let reader = TimelineReader(index, source)
      let contexts = (0..<index.count).map { reader.context(at: $0) }
      for (i, predicate) in predicates.enumerated() {
        var pass = FilterPass(predicate)
        while !pass.advance(TimelineReader(index, source), limit: Int.random(in: 1...60, using: &generator)) {
        }
        let exact = contexts.indices.filter {
          predicate.mayMatch(contexts[$0].kind, from: contexts[$0].sender) && predicate.matches(contexts[$0])
        }
        #expect(pass.rows.map(Int.init) == exact, "\(Self.expressions[i]) in play \(play)")
        matched[i] += exact.count
      }
    }
    #expect(matched.allSatisfy { $0 > 0 }, "\(zip(Self.expressions, matched).filter { $0.1 == 0 })")
  }

  /// Three connections at a time, on which anything may come in any order, and be held, edited, dropped or made up. The
  /// milter of the third declines MAIL and RCPT.
  private static func play(_ generator: inout SeededGenerator) -> [Record] {
    var play = Recording()
    for connection in 1...3 {
      play.connection = connection
      play.open()
      play.mta(MTA.optNeg())
      play.milter(connection == 3 ? Milter.optNeg(.current, [.noMail, .noRcpt]) : Milter.optNeg())
    }
    for _ in 0..<70 {
      play.connection = Int.random(in: 1...3, using: &generator)
      let (packet, other) = (anything(&generator), anything(&generator))
      switch Int.random(in: 0..<10, using: &generator) {
      case 0:
        let number = play.hold(packet)
        let outcomes: [Released.Outcome] = [.forwarded, .dropped, .answered]
        let outcome = outcomes.randomElement(using: &generator) ?? .forwarded
        play.release(number, outcome)
        if outcome == .forwarded {
          play.send(
            number, to: packet.sender == .mta ? .milter : .mta,
            edited: packet.sender == other.sender ? other : nil)
        }
      case 1: play.inject(packet, to: packet.sender == .mta ? .milter : .mta)
      case _: play.receive(packet)
      }
    }
    return play.records
  }

  private static func anything(_ generator: inout SeededGenerator) -> Packet {
    let word = ["a", "bo", "mail", "<bo@x>", ""].randomElement(using: &generator) ?? ""
    let letter = Array("CHMRTNE".unicodeScalars).randomElement(using: &generator) ?? "M"
    let packets = [
      MTA.macro("M", ["{mail_addr}": word]), MTA.macro("M", ["{mail_addr}": "m@m"]),
      MTA.macro("R", ["{rcpt_addr}": word]),
      MTA.macro("R", ["{rcpt_addr}": "m@m", "{rcpt_mailer}": "local"]),
      MTA.macro("R", ["{rcpt_addr}": "m@m", "{rcpt_mailer}": "error"]), MTA.macro(letter, ["i": word]),
      MTA.macro(letter, ["j": word]), MTA.connect(word, "192.0.2.7"),
      MTA.helo(word), MTA.mail(word), MTA.mail("<a@x>"), MTA.rcpt(word), MTA.rcpt("<a@x>"), MTA.data,
      MTA.header("Subject", word), MTA.header("x-a", word), MTA.eoh, MTA.body(word), MTA.bodyEOB, MTA.abort,
      Milter.continue, Milter.continue, Milter.continue, Milter.reject, Milter.accept,
      Milter.reply("550 5.1.1 \(word)"), Milter.addHeader("X-A", word), MTA.quitNC,
    ]
    return packets.randomElement(using: &generator) ?? MTA.data
  }
}
