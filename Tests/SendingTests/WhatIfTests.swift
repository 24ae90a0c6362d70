import MilterProtocol
import Sending
import TestSupport
import Testing
import TraceModel

/// What an MTA says if something is otherwise: `place instruction`, and the session as it is said then.
@Suite struct WhatIfTests {
  private static let session: [Packet] = [
    MTA.optNeg(), MTA.connect(), macros("M", "{mail_addr}", "alice@example.org"),
    MTA.mail("<alice@example.org>"), macros("R", "{rcpt_addr}", "one@example.net"),
    MTA.rcpt("<one@example.net>"), MTA.data, MTA.header("Subject", "hello"), macros("L", "i", "ABC"),
    MTA.header("To", "x"), MTA.eoh, MTA.body("old"), MTA.bodyEOB, MTA.quit,
  ]

  private static func macros(_ letter: Unicode.Scalar, _ name: String, _ value: String) -> Packet {
    let pair = MacroSet.Pair(name: bytes(name), value: bytes(value))
    return Packet(encoding: .macro(MacroSet(command: UInt8(letter.value), pairs: [pair])))
  }

  private static let lines = session.enumerated().map { place, packet in
    guard case .command(let kind) = packet.kind else { preconditionFailure("the session is the MTA's") }
    let ahead: Stage? = place + 1 < session.count ? session[place + 1].stage : nil
    return ReplayedMTA.Line(
      row: place, kind: kind, stage: kind.stage ?? ahead, time: .zero,
      message: (2...12).contains(place) ? 0 : nil)
  }

  private static func whatIf(_ changes: [(Int, Instruction)], isSpaced: Bool = false) throws -> WhatIf {
    var session = WhatIf(lines, headersKeepBlank: isSpaced) { Self.session[$0] }
    for (row, instruction) in changes { try session.apply(instruction, at: row, because: "a test") }
    return session
  }

  /// What is not said as it was, and where: `-` for what is left out.
  private static func said(_ changes: (Int, Instruction)..., isSpaced: Bool = false) throws -> [String] {
    let session = try whatIf(changes, isSpaced: isSpaced)
    return session.lines.compactMap { line in
      line.change.map { change in
        "\(line.row.map(String.init) ?? "+") \(change.packet.kind.name) \(PacketSummary(change.packet).text)"
      }
    } + session.unsaid.map { "- \($0)" }
  }

  private static func set(_ field: Assignment.Field, _ value: String) throws -> Instruction {
    .set(try Assignment(field, bytes(value)))
  }

  @Test func aMacroGoesToThoseThatTravelWithTheCommand() throws {
    let auth = try Self.set(.macro(bytes("auth_authen")), "alice")
    #expect(
      try Self.said((3, auth)) == ["2 MACRO MAIL: {mail_addr}=alice@example.org, {auth_authen}=alice"])
    // DATA has none.
    #expect(try Self.said((6, auth)) == ["+ MACRO DATA: {auth_authen}=alice"])
  }

  @Test func fieldsAndBytesAreThoseOfThePacket() throws {
    #expect(try Self.said((3, Self.set(.mailAddress, "<b@x>"))) == ["3 MAIL <b@x>"])
    #expect(try Self.said((6, .raw([0, 0, 0, 1, 0x51]))) == ["6 QUIT "])
    #expect(throws: Refusal.self) { try Self.said((6, Self.set(.mailAddress, "<b@x>"))) }
  }

  @Test func whatIsLeftOutGoesWithItsMacros() throws {
    #expect(try Self.said((5, .drop)) == ["- 4", "- 5"])
    #expect(try Self.said((9, .drop)) == ["- 8", "- 9"])
    #expect(try Self.said((9, .close(.mta))) == ["- 10", "- 11", "- 12", "- 13"])
    #expect(throws: Refusal.self) { try Self.said((0, .drop)) }
    #expect(throws: Refusal.self) { try Self.said((5, .drop), (5, .drop)) }
  }

  @Test func headersAreThoseOfTheMail() throws {
    let new = Header(name: bytes("X"), value: bytes("new"))
    let subject = Header(name: bytes("subject"), value: bytes("new"))
    #expect(try Self.said((12, .change(.addHeader(new)))) == ["+ HEADER X: new"])
    #expect(try Self.said((12, .change(.insertHeader(index: 0, new)))) == ["+ HEADER X: new"])
    #expect(
      try Self.whatIf([(12, .change(.insertHeader(index: 1, new)))]).lines.firstIndex { $0.row == nil } == 8)
    #expect(
      try Self.said((3, .change(.changeHeader(index: 1, subject)))) == ["7 HEADER subject: new"])
    #expect(
      try Self.said((3, .change(.addHeader(new))), isSpaced: true) == ["+ HEADER X:  new"])
    #expect(
      try Self.said((12, .change(.deleteHeader(HeaderPattern(bytes("To")), index: nil)))) == ["- 8", "- 9"])
  }

  @Test func theEnvelopeTakesItsMacrosWithIt() throws {
    #expect(
      try Self.said((12, .change(.addRcpt(address: bytes("<two@x>"), parameters: nil))))
        == ["+ MACRO RCPT: {rcpt_addr}=two@x", "+ RCPT <two@x>"])
    #expect(
      try Self.said((12, .change(.deleteRcpt(address: bytes("one@example.net"))))) == ["- 4", "- 5"])
    #expect(
      try Self.said((12, .change(.changeFrom(address: bytes("<>"), parameters: nil))))
        == ["2 MACRO MAIL: {mail_addr}=", "3 MAIL <>"])
    #expect(throws: Refusal.self) { try Self.said((12, .change(.deleteRcpt(address: bytes("<nobody@x>"))))) }
  }

  @Test func aNewBodyTakesThePlaceOfAllChunks() throws {
    let body = [UInt8](repeating: 0x78, count: Limits.chunkBytes + 1)
    let session = try Self.whatIf([(3, .change(.replaceBody(.text(body))))])
    #expect(session.unsaid == [11])
    #expect(session.lines.compactMap { $0.change?.packet.bytes.count } == [5 + Limits.chunkBytes, 6])
  }

  @Test func whatIsTheMiltersIsRefused() throws {
    for instruction: Instruction in [
      .answer(.reject), .hold, .close(.milter), .change(.quarantine(reason: [])), .note("x"),
      try Self.set(.reason, "x"),
    ] {
      #expect(WhatIf.refusal(of: instruction) != nil)
    }
    #expect(throws: Refusal.self) {
      try Self.said((1, .change(.addHeader(Header(name: bytes("X"), value: [])))))
    }
  }
}

extension Packet {
  fileprivate var stage: Stage? { if case .command(let kind) = kind { kind.stage } else { nil } }
}
