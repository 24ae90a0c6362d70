import Dialogue
import MilterProtocol
import Sending
import TestSupport
import Testing

/// What a shadow is told of the conversation of an MTA with its milter, and what is remarked on.
///
/// The MTA's conversation is written as it happens, a packet a line; the shadow's answers are given for each kind of command.
@Suite struct ShadowedMTATests {
  private let ledger = ShadowLedger(shadows: 1)

  /// What came of it.
  private struct Outcome {
    var said: [Packet] = []
    var notes: [String] = []
    var found: [String] = []
    var ending: MTAMove?

    var names: String { said.map(\.kind.name).joined(separator: " ") }
  }

  private static let mail: [Packet] = [
    MTA.optNeg(), Milter.optNeg(), MTA.connect(), Milter.continue, MTA.helo(), Milter.continue,
    MTA.macro("M", ["i": "4Xy"]), MTA.mail(), Milter.continue, MTA.rcpt(), Milter.continue, MTA.data,
    Milter.continue, MTA.header("Subject", "one"), Milter.continue, MTA.eoh, Milter.continue, MTA.body(),
    Milter.continue, MTA.bodyEOB, Milter.accept, MTA.quit,
  ]

  /// The same with another answer of the milter to OPTNEG, or other packets in the place of some.
  private static func mail(
    answering answer: Packet = Milter.optNeg(), _ others: [Int: Packet] = [:]
  ) -> [Packet] {
    mail.enumerated().map { place, packet in others[place] ?? (place == 1 ? answer : packet) }
  }

  private func play(
    _ conversation: [Packet], optNeg: Packet = Milter.optNeg(), _ answers: [CommandKind: [Packet]] = [:]
  ) -> Outcome {
    var (script, dialogue, outcome) = (ShadowedMTA(0, of: ledger), Dialogue(), Outcome())
    var number = 1000
    func travel(_ packet: Packet) -> Placement {
      number += 1
      return dialogue.travelled(packet, Dissection(packet).shape, number: number, .through, at: .zero)
    }
    func goOn() {
      while outcome.ending == nil {
        outcome.found += script.remarks().map { "\($0.rule.id) \($0.packet ?? 0): \($0.text)" }
        switch script.next(dialogue, at: .zero) {
        case .say(let packet, _):
          outcome.said.append(packet)
          _ = travel(packet)
          script.said(packet, number: number)
          guard case .command(let kind) = packet.kind, ![.macro, .quit, .abort].contains(kind) else {
            continue
          }
          let usual = kind == .optNeg ? [optNeg] : [kind == .bodyEOB ? Milter.accept : Milter.continue]
          for reply in answers[kind] ?? usual {
            let place = travel(reply)
            script.heard(reply, number: number, place, dialogue, at: .zero)
          }
        case .note(let words): outcome.notes.append(words.text)
        case .wait: return
        case let move: outcome.ending = move
        }
      }
    }
    for (place, packet) in conversation.enumerated() {
      let isSaid = packet.sender == .mta
      script.happened(
        isSaid ? .said(packet, number: place) : .heard(packet, number: place), at: .zero)
      goOn()
    }
    script.happened(.ended, at: .zero)
    goOn()
    script.ended()
    return outcome
  }

  @Test func aShadowThatWantsTheSameGetsTheSame() {
    let outcome = play(Self.mail)
    #expect(outcome.said == Self.mail.filter { $0.sender == .mta })
    #expect(outcome.found == [] && outcome.notes == [] && outcome.ending == .hangUp)
    #expect(ledger.tallies[0].mails.alike == 1 && ledger.tallies[0].givenUp == 0 && ledger.queued == 0)
  }

  @Test func aStageThatItDeclinesIsNotSaidToIt() {
    let outcome = play(Self.mail, optNeg: Milter.optNeg(.current, [.noHelo, .noBody, .noHeaders]))
    #expect(outcome.names == "OPTNEG CONNECT MACRO MAIL RCPT DATA EOH BODYEOB QUIT")
    #expect(outcome.found == [] && ledger.tallies[0].mails.alike == 1)
  }

  @Test func whatTheMTADoesNotSayIsNotedWhereTheShadowWantsIt() {
    let milter = Milter.optNeg(.current, [.noBody], symbols: [(3, "i")])
    let outcome = play(
      Self.mail(answering: milter).filter { $0 != MTA.body() },
      optNeg: Milter.optNeg(.current, [.rejectedRcpt], symbols: [(3, "i {rcpt_addr}")]))
    #expect(
      outcome.notes == [
        "the shadow goes without BODY, refused recipients, macros of its list at RCPT: the MTA does not send what its milter did not ask for"
      ])
  }

  @Test(
    arguments: [(.headerLeadingSpace, []), ([], .headerLeadingSpace)] as [(ProtocolFlags, ProtocolFlags)])
  func theSpaceOfAHeaderIsAsTheShadowWantsIt(_ milter: ProtocolFlags, _ shadow: ProtocolFlags) {
    let (with, without) = (MTA.header("Subject", " one"), MTA.header("Subject", "one"))
    let came = milter.isEmpty ? without : with
    let outcome = play(
      Self.mail(answering: Milter.optNeg(.current, milter), [13: came]),
      optNeg: Milter.optNeg(.current, shadow))
    #expect(outcome.said.contains(shadow.isEmpty ? without : with) && !outcome.said.contains(came))
  }

  @Test func aLargeChunkIsCutForAShadowThatTakesSmallOnes() {
    let chunk = Packet(code: 0x42, payload: Array(repeating: 0x61, count: 200_000), from: .mta)
    let outcome = play(Self.mail(answering: Milter.optNeg(.current, [.packets256K]), [17: chunk]))
    let bodies = outcome.said.filter { $0.kind == .command(.body) }
    #expect(bodies.map(\.payload.count) == [65_535, 65_535, 65_535, 3_395])
    #expect(bodies.flatMap { $0.bytes[$0.payload] } == Array(chunk.bytes[chunk.payload]))
    #expect(outcome.found == [])
  }

  @Test(arguments: [(Milter.raw("s"), []), (Milter.reject, ["X01"])] as [(Packet, [String])])
  func aPartOfAChunkMayBeEnough(_ answer: Packet, _ found: [String]) {
    let chunk = Packet(code: 0x42, payload: Array(repeating: 0x61, count: 200_000), from: .mta)
    let outcome = play(
      Self.mail(answering: Milter.optNeg(.current, [.packets256K]), [17: chunk]), [.body: [answer]])
    #expect(outcome.said.count { $0.kind == .command(.body) } == 1)
    #expect(outcome.found.map { String($0.prefix(3)) } == found)
  }

  @Test func aRefusedRecipientIsForAShadowThatAskedForThose() {
    var conversation = Self.mail(answering: Milter.optNeg(.current, [.rejectedRcpt]))
    conversation.insert(
      contentsOf: [
        MTA.macro("R", ["{rcpt_mailer}": "error", "{rcpt_host}": "5.1.1"]), MTA.rcpt("<nobody@example.net>"),
        Milter.continue,
      ], at: 11)
    let outcome = play(conversation)
    #expect(outcome.said.filter { $0.kind == .command(.rcpt) } == [MTA.rcpt()])
    #expect(play(conversation, optNeg: Milter.optNeg(.current, [.rejectedRcpt])).said.count == 14)
  }

  @Test func otherVerdictsAreFound() {
    let outcome = play(Self.mail, [.rcpt: [Milter.reply("550 5.7.1 no")]])
    #expect(
      outcome.found == [
        "X01 1011: RCPT <bob@example.net>: the milter says CONTINUE (packet 10), its shadow REPLYCODE 550 5.7.1 no (packet 1011)"
      ])
    #expect(outcome.names == "OPTNEG CONNECT HELO MACRO MAIL RCPT QUIT")
    #expect(ledger.tallies[0].mails.different == 1)
  }

  @Test func otherChangesAreFound() {
    var conversation = Self.mail
    conversation.insert(
      contentsOf: [Milter.addHeader("X-A", "one"), Milter.addHeader("X-B", "both"), Milter.replBody("new")],
      at: 20)
    let outcome = play(
      conversation,
      [.bodyEOB: [Milter.addHeader("X-B", "both"), Milter.addHeader("X-A", "two"), Milter.accept]])
    #expect(
      outcome.found.map { $0.prefix(3) } == ["X02", "X02"]
        && outcome.found[0].contains("ADDHEADER X-A: one") && outcome.found[0].contains("ADDHEADER X-A: two")
        && outcome.found[1].contains(
          "replaces the body by 3 bytes (from packet 22), its shadow leaves the body")
    )
  }

  @Test func whatDiffersFromRunToRunIsNoDifference() {
    var conversation = Self.mail
    conversation.insert(
      Milter.addHeader("X-Seen", "by mx at Sat, 28 Nov 2026 17:02:14 +0000 (4Xy)"), at: 20)
    let outcome = play(
      conversation,
      [
        .bodyEOB: [
          Milter.addHeader("X-Seen", "by mx at Sat, 28 Nov 2026 17:02:15 +0000 (4Xy)"), Milter.accept,
        ]
      ])
    #expect(outcome.found == [] && ledger.tallies[0].mails.alike == 1)
  }

  @Test func silenceWhereNoneIsPromisedMeansContinue() {
    let silent = Milter.optNeg(.current, [.noReplyHelo, .noReplyHeaders])
    let outcome = play(Self.mail, optNeg: silent, [.helo: [], .header: []])
    #expect(outcome.found == [] && outcome.said.count == 12)
  }

  @Test func aShadowThatEndsBeforeAllIsSaidIsCounted() {
    var script = ShadowedMTA(0, of: ledger)
    for (number, packet) in [MTA.optNeg(), MTA.connect(), MTA.quit].enumerated() {
      script.happened(.said(packet, number: number), at: .zero)
    }
    script.happened(.ended, at: .zero)
    script.ended()
    #expect(ledger.tallies[0].givenUp == 1 && ledger.queued == 0)
  }

  @Test func aShadowThatFloodsIsGivenUp() {
    let outcome = play(Self.mail, [.helo: Array(repeating: Milter.raw("p"), count: 10_001)])
    #expect(outcome.ending == .giveUp("the shadow says more to one command than is kept"))
    #expect(ledger.tallies[0].givenUp == 1)
  }

  @Test func whatWaitsForASilentShadowIsBounded() {
    let chunk = Packet(code: 0x42, payload: Array(repeating: 0x61, count: 65_535), from: .mta)
    var script = ShadowedMTA(0, of: ledger)
    script.happened(.said(MTA.optNeg(), number: 1), at: .zero)
    for number in 2..<1000 { script.happened(.said(chunk, number: number), at: .zero) }
    #expect(ledger.queued == 0)
    #expect(
      script.next(Dialogue(), at: .zero) == .giveUp("the shadow is too slow: more than is kept waits for it"))
  }
}
