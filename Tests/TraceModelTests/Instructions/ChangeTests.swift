import MilterProtocol
import Testing
import TraceModel

@Suite struct ChangeTests {
  private static func header(_ name: String, _ value: String = "v") -> Header {
    Header(name: Array(name.utf8), value: Array(value.utf8))
  }

  private static func deleted(_ name: String, _ index: UInt32) -> Modification {
    .chgHeader(index: index, header(name, ""))
  }

  @Test(arguments: [
    ("X-*", "X-Seen", true), ("x-*", "X-Seen", true), ("X-*", "X-", true), ("X-*", "X", false),
    ("*-Id", "Message-ID", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false),
    ("X-?", "X-a", true), ("X-?", "X-ab", false), ("Subject", "subject", true), ("*", "", true),
    ("", "", true), ("", "a", false), ("Subject*", "Sub", false),
  ])
  func aHeaderPatternIsAGlobWithoutCase(_ pattern: String, _ name: String, _ fits: Bool) {
    #expect(HeaderPattern(Array(pattern.utf8)).matches(Array(name.utf8)) == fits)
  }

  @Test func headersAreDeletedFromTheLastSoThatIndexesStayTrue() {
    let headers = [Self.header("X-A"), Self.header("Subject"), Self.header("x-a"), Self.header("X-B")]
    let all = Change.deleteHeader(HeaderPattern(Array("X-*".utf8)), index: nil)
    #expect(
      all.modifications(on: headers) == [
        Self.deleted("X-B", 1), Self.deleted("x-a", 2), Self.deleted("X-A", 1),
      ])
    let first = Change.deleteHeader(HeaderPattern(Array("X-*".utf8)), index: 1)
    #expect(first.modifications(on: headers) == [Self.deleted("X-B", 1), Self.deleted("X-A", 1)])
  }

  @Test func aNameWithAnIndexIsDeletedWithoutHavingBeenSeen() {
    let change = Change.deleteHeader(HeaderPattern(Array("Received".utf8)), index: 2)
    #expect(change.modifications(on: []) == [Self.deleted("Received", 2)])
  }

  @Test(arguments: [
    ([header("Subject", "hello"), header("Subject", "other")], "subject", "Subject", "[x] hello"),
    ([header("SUBJECT", " hello")], "Subject", "SUBJECT", "[x] hello"),
    ([header("From", "a")], "Subject", "Subject", "[x] "),
  ])
  func aPrefixGoesInFrontOfTheFirstOfThatName(
    _ headers: [Header], _ asked: String, _ name: String, _ value: String
  ) {
    let change = Change.prefixHeader(Self.header(asked, "[x] "))
    #expect(change.modifications(on: headers) == [.chgHeader(index: 1, Self.header(name, value))])
  }

  @Test(arguments: [(0, [0]), (1, [1]), (65_535, [65_535]), (65_536, [65_535, 1])])
  func aBodyGoesInChunks(_ bytes: Int, _ chunks: [Int]) {
    let packets = Change.replaceBody(.text([UInt8](repeating: 0x61, count: bytes))).modifications(on: [])
    let sizes = packets.map { packet in
      guard case .replBody(let chunk) = packet else { return -1 }
      return chunk.count
    }
    #expect(sizes == chunks)
  }

  @Test func parametersNeedTheLongerRecipientPacket() {
    let address = Array("<a@b>".utf8)
    let bare = Change.addRcpt(address: address, parameters: nil)
    #expect(bare.modifications(on: []) == [.addRcpt(address: address)])
    let long = Change.addRcpt(address: address, parameters: Array("NOTIFY=NEVER".utf8))
    #expect(
      long.modifications(on: []) == [.addRcptPar(address: address, parameters: Array("NOTIFY=NEVER".utf8))])
  }
}
