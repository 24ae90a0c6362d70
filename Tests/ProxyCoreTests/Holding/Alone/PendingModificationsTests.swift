import Dialogue
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import ProxyCore

/// Modifications that wait for the end of the message, by themselves.
@Suite struct PendingModificationsTests {
  /// A message that is open, under these actions and flags.
  private static func facts(
    _ actions: ActionFlags = .current, flags: ProtocolFlags = [], upTo packets: [Packet] = message
  ) -> SessionFacts {
    var facts = SessionFacts()
    let negotiation = [
      Packet(encoding: Command.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: .current))),
      Packet(encoding: Reply.optNeg(OptNeg(version: 6, actions: actions, protocolFlags: flags))),
    ]
    for (number, packet) in (negotiation + packets).enumerated() {
      facts.received(
        packet, Dissection(packet).shape, number: number + 1, at: .zero, forwarded: true)
    }
    return facts
  }

  private static let message = [
    MTA.connect(), Milter.continue, MTA.helo(), Milter.continue, MTA.mail(), Milter.continue, MTA.rcpt(),
    Milter.continue, MTA.header("Subject", "test"), Milter.continue, MTA.header("X-A", "1"), Milter.continue,
    MTA.header("X-A", "2"), Milter.continue,
  ]

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static func header(_ name: String, _ value: String) -> Header {
    Header(name: bytes(name), value: bytes(value))
  }

  private func keep(
    _ changes: Change..., in facts: SessionFacts = facts(), packet: Int? = 7
  ) throws -> (kept: PendingModifications, lost: [PendingModifications.Lost]) {
    var kept = PendingModifications()
    var lost: [PendingModifications.Lost] = []
    for change in changes {
      lost += try kept.keep(change, written: .change(change), for: packet, .operator, facts, isOurRole: false)
    }
    return (kept, lost)
  }

  private func refusal(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return (error as? Refusal)?.sentence.text ?? "\(error)" }
    return nil
  }

  /// Each change with the packets that it is.
  static let rows: [(Change, [ReplyKind])] = [
    (.addHeader(header("X-New", "1")), [.addHeader]),
    (.insertHeader(index: 0, header("X-New", "1")), [.insHeader]),
    (.changeHeader(index: 1, header("Subject", "other")), [.chgHeader]),
    (.prefixHeader(header("Subject", "[x] ")), [.chgHeader]),
    (.deleteHeader(HeaderPattern(bytes("X-*")), index: nil), [.chgHeader, .chgHeader]),
    (.addRcpt(address: bytes("<a@example.net>"), parameters: nil), [.addRcpt]),
    (.addRcpt(address: bytes("<a@example.net>"), parameters: bytes("NOTIFY=NEVER")), [.addRcptPar]),
    (.deleteRcpt(address: bytes("<bob@example.net>")), [.delRcpt]),
    (.changeFrom(address: bytes("<>"), parameters: nil), [.chgFrom]),
    (.replaceBody(.text([])), [.replBody]),
    (.replaceBody(.text([UInt8](repeating: 0x61, count: 65_536))), [.replBody, .replBody]),
    (.quarantine(reason: bytes("odd")), [.quarantine]),
  ]

  @Test(arguments: rows) func eachLeavesAsItsPackets(_ change: Change, _ kinds: [ReplyKind]) throws {
    var (kept, lost) = try keep(change)
    #expect(lost.isEmpty && !kept.isEmpty)
    let end = kept.leave(Self.facts())
    #expect(end.lost.isEmpty && kept.isEmpty)
    #expect(end.leaving.map(\.packet.kind) == kinds.map { .reply($0) })
    #expect(end.leaving.allSatisfy { $0.cause == .operator })
  }

  @Test(arguments: rows) func eachNeedsItsAction(_ change: Change, _ kinds: [ReplyKind]) {
    let needed = change.requiredAction
    var others = ActionFlags.current
    others.remove(needed)
    let facts = Self.facts(others)
    let words = refusal { _ = try keep(change, in: facts) }
    #expect(words?.hasSuffix("was not negotiated with the MTA: start with --negotiation widen") == true)
    #expect(refusal { _ = try keep(change, in: Self.facts(needed)) } == nil)
  }

  @Test func noneIsKeptOutsideAMessage() {
    for packets in [[], Self.message + [MTA.bodyEOB, Milter.accept]] {
      let facts = Self.facts(upTo: packets)
      #expect(
        refusal { _ = try keep(.addHeader(Self.header("X", "1")), in: facts) }
          == "no message is open: modifications belong to one")
    }
  }

  @Test func aNewBodyTakesThePlaceOfAnother() throws {
    let add = Change.addHeader(Self.header("X", "1"))
    var (kept, lost) = try keep(.replaceBody(.text([1])), add, .replaceBody(.text([2])))
    #expect(lost.map(\.change.change) == [.replaceBody(.text([1]))])
    #expect(kept.replacesBody)
    let leaving = kept.leave(Self.facts()).leaving.map(\.packet.kind)
    #expect(leaving == [.reply(.addHeader), .reply(.replBody)])
    #expect(!kept.replacesBody)
  }

  @Test func theMiltersOwnNewBodyComesFirst() throws {
    var kept = PendingModifications()
    kept.milterSent(.addHeader)
    #expect(kept.milterChangedMail && !kept.milterReplacedBody)
    kept.milterSent(.progress)
    kept.milterSent(.replBody)
    #expect(kept.milterReplacedBody)
    let body = Change.replaceBody(.text([1]))
    let words = refusal {
      _ = try kept.keep(body, written: .change(body), for: 7, .operator, Self.facts(), isOurRole: false)
    }
    #expect(words == "the milter's new body is on its way to the MTA already: this one would be added to it")
    kept.beganMessage()
    kept.cameToItsEnd()
    #expect(!kept.milterReplacedBody && !kept.milterChangedMail)
  }

  @Test func valuesTravelWithTheirBlankWhereThatWasAgreed() throws {
    let facts = Self.facts(flags: .headerLeadingSpace)
    var (kept, _) = try keep(.addHeader(Self.header("X", "1")), in: facts)
    let leaving = kept.leave(facts).leaving.map(\.packet)
    #expect(leaving == [Milter.addHeader("X", " 1")])
  }

  @Test func aQuarantineThatWasRefusedDeliversNothing() {
    var kept = PendingModifications()
    kept.note(.change(.quarantine(reason: [])), 7, isRefused: true)
    #expect(kept.refusal(toDeliver: 7, .accept) != nil && kept.refusal(toDeliver: 7, .continue) != nil)
    #expect(kept.refusal(toDeliver: 7, .tempfail) == nil && kept.refusal(toDeliver: 8, .accept) == nil)
    kept.note(.answer(.accept), 7, isRefused: true)
    #expect(kept.refusal(toDeliver: 7, .accept) == nil, "asked again it is meant")
  }

  @Test func whatIsForAnEarlierMessageIsGivenUp() throws {
    var (kept, _) = try keep(.addHeader(Self.header("X", "1")))
    let none = kept.giveUp(butFor: 1)
    #expect(none.isEmpty && !kept.isEmpty)
    let lost = kept.giveUp(butFor: 2).map(\.why.text)
    #expect(lost == ["a new message began"])
    #expect(kept.isEmpty)
  }

  /// Whatever is kept, each change leaves or is told to be lost, once, and in the order in which it was asked for.
  @Test(arguments: 0..<200) func noneIsForgotten(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var kept = PendingModifications()
    var asked: [Int] = []
    var lost: [Int] = []
    for packet in 1...Int.random(in: 1...12, using: &generator) {
      let change = generator.element(of: Self.rows).0
      asked.append(packet)
      lost += try kept.keep(
        change, written: .change(change), for: packet, .rule("\(packet)"), Self.facts(), isOurRole: false
      )
      .compactMap(\.change.packet)
    }
    #expect(lost == lost.sorted())
    if generator.chance(1, in: 3) {
      lost += kept.giveUp("the connection ended").compactMap(\.change.packet)
      #expect(lost.sorted() == asked)
    } else {
      let end = kept.leave(Self.facts())
      lost += end.lost.compactMap(\.change.packet)
      var left: [Int] = []
      for leaving in end.leaving {
        guard case .rule(let name) = leaving.cause, let packet = Int(name) else { continue }
        if left.last != packet { left.append(packet) }
      }
      #expect(left == left.sorted())
      // Of two deletions of the same headers the second finds none.
      #expect(Set(left + lost).isSubset(of: asked) && Set(left).isDisjoint(with: lost))
    }
    #expect(kept.isEmpty)
  }
}
