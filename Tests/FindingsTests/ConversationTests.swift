import Dialogue
import MilterProtocol
import TestSupport
import Testing

private struct SessionRow: Sendable, CustomStringConvertible {
  let title: String
  let flags: ProtocolFlags
  let letters: String
  let messages: Int
  let findings: [String]
  var description: String { title }

  static let all = tableRows(Fixtures.text("sessions.letters"), columns: 5).map { row in
    SessionRow(
      title: row[0], flags: flags(row[1]), letters: row[2], messages: Int(row[3]) ?? -1,
      findings: row[4].split(separator: " ").map(String.init))
  }

  static func flags(_ word: String) -> ProtocolFlags {
    switch word {
    case "none": []
    case "replies": .allNoReply
    case "commands": .allNoCommand
    case "skip": .skip
    default: preconditionFailure("'\(word)' is no set of flags")
    }
  }
}

private struct OddRow: Sendable, CustomStringConvertible {
  let title: String
  let before: String
  let flags: ProtocolFlags
  let sender: Leg
  let bytes: [UInt8]
  let findings: [String]
  let closingFindings: [String]?
  var description: String { title }

  static let all = tableRows(Fixtures.text("odd.packets"), columns: 6).map { row in
    let ids = row[5].split(separator: " ").map(String.init)
    let close = ids.firstIndex(of: "close")
    return OddRow(
      title: row[0], before: row[1], flags: SessionRow.flags(row[2]), sender: PacketFixture.leg(row[3]),
      bytes: hex(row[4]), findings: Array(ids[..<(close ?? ids.endIndex)]),
      closingFindings: close.map { Array(ids[($0 + 1)...]) })
  }

  /// The findings of its bytes, cut and played behind what comes before them.
  func played(in play: inout LegPlay) -> [Finding] {
    let atStart = play.places.isEmpty
    var findings: [Finding] = []
    var offset = 0
    while offset < bytes.count {
      switch Framing.next(in: bytes.span, at: offset) {
      case .complete(let count):
        findings += play.play(Packet(frame: Array(bytes[offset..<offset + count]), from: sender))
        offset += count
      case .incomplete(let wanted):
        preconditionFailure("\(title): \(bytes.count - offset) of \(wanted) bytes")
      case .oversized(let length):
        if atStart, let peer = WrongPeer.recognized(in: bytes.span) {
          return [.wrongPeer(peer, on: sender, begins: bytes)]
        }
        return findings + [.oversized(length: length, from: sender)]
      }
    }
    return findings
  }
}

@Suite struct ConversationTests {
  @Test(arguments: SessionRow.all) fileprivate func aRealSessionGivesNoOtherFindings(_ row: SessionRow) {
    var play = LegPlay(row.letters, flags: row.flags)
    play.close(.mta)
    play.close(.milter)
    #expect(play.findings.ids(from: .warning) == row.findings)
    #expect(play.places.map(\.message).max() == row.messages)
    #expect(play.dialogue.pending.isEmpty)
  }

  @Test(arguments: OddRow.all) fileprivate func anOddPacketGivesItsFindings(_ row: OddRow) {
    var play = LegPlay(row.before, flags: row.flags)
    let findings = row.played(in: &play)
    #expect(findings.ids().sorted() == row.findings, "\(findings.map(\.text))")
    // What was not answered came before.
    #expect(
      findings.allSatisfy { finding in
        (finding.packet ?? play.places.count) == play.places.count || finding.rule == .noVerdict
      })
    #expect(findings.allSatisfy { !$0.text.isEmpty })
    guard let expected = row.closingFindings else { return }
    #expect(play.close(.mta).ids().sorted() == expected)
  }

  @Test(arguments: OddRow.all) fileprivate func whatComesBeforeAnOddPacketIsInOrder(_ row: OddRow) {
    let play = LegPlay(row.before, flags: row.flags)
    #expect(play.findings.ids(from: .error).filter { $0 != "R03" } == [])
  }

  private func answer(_ stage: Stage, of message: Int, to command: Int) -> Placement {
    var place = Placement(stage: stage, message: message)
    (place.answers, place.took, place.waited) = (command, .milliseconds(1), .milliseconds(1))
    return place
  }

  @Test func aReplyAnswersTheCommandBeforeIt() {
    let play = LegPlay("O/O C/c DM M/c")
    #expect(play.places[3] == answer(.connect, of: 0, to: 3))
    #expect(play.places[4] == Placement(stage: .mail, message: 1))
    #expect(play.places[5].macros == [5] && play.places[5].stage == .mail && play.places[5].message == 1)
    #expect(play.places[6] == answer(.mail, of: 1, to: 6))
  }

  @Test func everyReplyAtTheEndBelongsToTheEnd() {
    let play = LegPlay("O/O C/c M/c R/c T/c L/c N/c B/c E/hpc A")
    let end = play.places.count - 4
    for place in play.places[end..<end + 3] {
      #expect(place.stage == .bodyEOB && place.answers == end && place.message == 1)
    }
    // The ABORT behind it tidies up after this message.
    #expect(play.places.last == Placement(stage: nil, message: 1))
  }

  @Test func messagesAreNumberedInTheirConnection() {
    let play = LegPlay("O/O C/c M/c A DM M/c R/r H/c A M/r M/c Q")
    let mails = zip(Letters.packets("O/O C/c M/c A DM M/c R/r H/c A M/r M/c Q"), play.places)
      .filter { $0.0.kind == .command(.mail) }.map(\.1.message)
    #expect(mails == [1, 2, 3, 4])
    #expect(play.places.last?.message == 0)
  }

  @Test func pipelinedCommandsAwaitNothing() {
    var play = LegPlay("O/O C H M R T L L N B", flags: .allNoReply)
    #expect(play.dialogue.pending.isEmpty)
    play.play(MTA.bodyEOB)
    #expect(play.dialogue.pending.allOwed.map(\.stage) == [.bodyEOB])
    #expect(play.dialogue.pending.owed?.number == 12)
  }

  @Test func repliesOutOfTurnAreMatchedInOrder() {
    let play = LegPlay("O/O C/c M R L/ccc")
    #expect(play.findings.ids().filter { $0 == "S12" }.count == 1)
    #expect(play.places.suffix(3).map(\.answers) == [5, 6, 7])
  }

  @Test func aSecondVerdictIsSaidOnceAndAnswersTheNextCommand() {
    let play = LegPlay("O/O C/c M/cc R/c T/c")
    #expect(play.findings.ids() == ["R02"])
    #expect(play.places.suffix(5).map(\.answers) == [nil, nil, nil, nil, nil])
    #expect(play.dialogue.pending.isEmpty)
  }

  @Test func behindASecondVerdictEveryReplyAnswersOneCommandTooLate() {
    let play = LegPlay("O/O C/c M/cc R R/c R/r T/c N/c E/c")
    #expect(play.findings.ids() == ["R02"])
    #expect(play.places.compactMap(\.answers).suffix(5) == [9, 11, 13, 15, 17])
  }

  @Test func aReplyNobodyWantsAnswersTheNextCommand() {
    let play = LegPlay("O/O C/c M/c R/r T E/c", flags: [.noReplyRcpt])
    #expect(play.findings.ids().filter { $0 == "R01" }.count == 1)
    #expect(play.dialogue.mtaLeg.position == .done)
    #expect(play.places.suffix(3).map(\.answers) == [nil, nil, 10])
  }

  @Test func onceDesynchronisedAnEndWithoutWaitingIsNoFinding() {
    let play = LegPlay("O/O C/c M/cc R R/c T/c N/c E/c A Q")
    #expect(play.findings.ids(from: .warning) == ["R02"])
  }

  @Test func anOldVersionKnowsNoDataAndNoUnknown() {
    var play = LegPlay()
    play.play(MTA.optNeg(version: 2, [], []), Milter.optNeg(version: 2, [], []))
    #expect(play.dialogue.negotiation.mtaFlags == [.noData, .noUnknown])
    play.play(Letters.packets("C/c M/c R/c L/c N/c E/c"))
    #expect(play.findings.ids(from: .warning) == [])
  }

  @Test(arguments: [
    ("O/O C/c M", Leg.milter, ["R03", "W05"]), ("O/O C/c M", .mta, ["R03", "S11"]),
    ("O/O C/c M/c R/c T/c L/c N/c B/c E/q", .mta, ["R03", "S11"]), ("O", .milter, ["W06"]),
    ("O/O C/c", .mta, ["S10"]), ("O/O C/c", .milter, ["W05"]), ("O/O C/r", .mta, []), ("O/O C/c Q", .mta, []),
    ("O/O C/c Q", .milter, []), ("", .mta, ["W07"]),
  ])
  func aCloseIsRemarkedOnByWhatWasLeft(_ letters: String, leg: Leg, ids: [String]) {
    var play = LegPlay(letters)
    #expect(play.close(leg).ids().sorted() == ids)
    #expect(play.close(leg.other).ids() == [])
  }

  @Test func bytesLeftInsideAPacketAreAFinding() {
    var play = LegPlay("O/O C/c Q")
    let findings = play.close(.mta, unfinished: 3)
    #expect(findings.map(\.text) == ["the MTA closed with 3 bytes of an unfinished packet"])
    #expect(findings.ids() == ["F06"])
  }

  @Test func aSlowReplyIsMeasuredAgainstTheMTAsPatience() {
    var play = LegPlay("O/O C")
    play.wait(.seconds(16))
    #expect(play.play(Milter.continue).ids() == ["W01"])
    play.play(Letters.packets("M/c R/c T/c L/c N/c E"))
    play.wait(.seconds(140))
    #expect(play.play(Milter.progress).ids() == [])
    play.wait(.seconds(301))
    #expect(play.play(Milter.continue).ids() == ["W03"])
  }

  @Test func aRequestedMacroNobodyKnowsIsRemarkedOnWhenItDoesNotCome() {
    var play = LegPlay()
    play.play(MTA.optNeg(), Milter.optNeg(.current, [], symbols: [(2, "i {mial_addr} {mail_addr}")]))
    play.play(Letters.packets("C/c"))
    #expect(
      play.play(MTA.macro("M", ["{mail_addr}": "a"])).map(\.text) == ["'mial_addr' was requested for MAIL"])
  }

  @Test func postfixAndSendmailAreToldByTheirMacros() {
    for (macros, mta) in [
      (MTA.macro("C", ["v": "Postfix 3.7.11"]), KnownMTA?.some(.postfix)), (MTA.macro("H"), nil),
      (MTA.macro("L", ["i": "1"]), .postfix), (MTA.macro("E", ["{msg_id}": "<a@b>"]), .sendmail),
      (MTA.macro("C", ["{if_name}": "localhost"]), .sendmail), (MTA.macro("C", ["j": "mx"]), nil),
    ] {
      var play = LegPlay("O/O")
      play.play(macros)
      #expect(play.dialogue.mta == mta)
    }
  }

  /// Sendmail sends it, too, where a milter asks for it; Postfix has it unasked.
  @Test(arguments: [("j {daemon_addr} v", KnownMTA?.none), ("", .postfix)])
  func aDaemonAddressThatTheMilterAskedForTellsNothing(_ asked: String, _ mta: KnownMTA?) {
    var play = LegPlay()
    play.play(MTA.optNeg(), Milter.optNeg(.current, [], symbols: [(0, asked)]))
    play.play(MTA.macro("C", ["j": "mx", "{daemon_addr}": "127.0.0.1"]))
    #expect(play.dialogue.mta == mta)
    play.play(MTA.macro("C", ["v": "8.17.1.9"]))
    #expect(play.dialogue.mta == .sendmail)
  }

  @Test func postfixTakesProgressAtAnyStage() {
    var play = LegPlay("O/O")
    play.play(MTA.macro("C", ["v": "Postfix 3.7.11"]), MTA.connect(), Milter.progress, Milter.continue)
    #expect(play.findings.ids() == [])
  }

  @Test func whateverComesTheTrackerGoesOnAndStaysSmall() {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var play = LegPlay(random.chance(1, in: 2) ? "O/O" : "")
      for _ in 0..<200 {
        play.play(random.chance(1, in: 4) ? random.brokenPacket() : random.packet())
        #expect(play.dialogue.pending.allOwed.count <= 1024)
      }
      play.close(.mta)
      play.close(.milter)
      #expect(play.findings.allSatisfy { FindingRule.withID($0.rule.id) == $0.rule && !$0.text.isEmpty })
    }
  }
}

@Suite struct LibmilterStateTests {
  static let rows: [(String, CommandKind, Bool)] = [
    ("O", .connect, true), ("O", .helo, true), ("O C", .mail, true), ("O C M", .data, false),
    ("O C M R", .bodyEOB, true), ("O C M R T L", .bodyEOB, false), ("O C M R T L N", .header, false),
    ("O C H", .rcpt, false), ("O C M R T L N B E", .quitNC, true), ("O C H", .quitNC, false),
    ("O C M U", .rcpt, true), ("O C M U", .bodyEOB, false), ("O C M R A", .mail, true),
    ("O C M R A", .rcpt, false),
  ]

  @Test(arguments: rows) func itsTableIsStricterThanWhatMTAsSend(
    _ letters: String, kind: CommandKind, taken: Bool
  ) {
    var state = LibmilterState()
    for packet in Letters.packets(letters) {
      if case .command(let kind) = packet.kind { state.received(kind) }
    }
    #expect(state.accepts(kind) == taken)
  }

  @Test func stagesSwitchedOffMayBePassedOver() {
    var state = LibmilterState()
    state.received(.optNeg)
    state.negotiated([.noConnect, .noHelo, .noMail, .noRcpt, .noData, .noHeaders, .noEOH])
    #expect(state.accepts(.bodyEOB))
  }

  @Test func aRefusalPutsItBackAfterHelo() {
    var state = LibmilterState()
    for kind: CommandKind in [.optNeg, .connect, .mail, .rcpt] { state.received(kind) }
    state.replied(.reject, to: .rcpt)
    #expect(state.accepts(.rcpt))
    state.received(.data)
    state.replied(.reject, to: .data)
    #expect(!state.accepts(.rcpt) && state.accepts(.mail))
  }
}
