import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

@Suite struct RedactionShapeTests {
  @Test(arguments: Redacted.recordings)
  func everythingButTheWordsStays(_ name: String) throws {
    let before = try Redacted.recording(name)
    let after = Redacted.records(before)
    try #require(before.count == after.count)
    for (old, new) in zip(before, after) {
      #expect(old.time == new.time)
      #expect(old.connection == new.connection)
      guard let a = packet(old), let b = packet(new) else { continue }
      try #require(a.bytes.count == b.bytes.count)
      #expect(Dissection(a) == Dissection(b))
      #expect(a.kind == b.kind)
      #expect(blanks(a) == blanks(b))
    }
    #expect(Redacted.findings(before) == Redacted.findings(after))
    #expect(Redacted.effects(before) == Redacted.effects(after))
  }

  @Test func anyPacketKeepsItsShape() {
    for seed in 0..<400 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let letters = Array("OCHMRLBEUDNTAQKcardytsp+hm-ibeq24lfZ".utf8)
      var payload = generator.bytes(0...60)
      if generator.chance(1, in: 2) {
        payload = generator.string(0...20) + [0] + generator.string(0...40) + [0]
      }
      let packet = Packet(
        code: generator.element(of: letters), payload: payload,
        from: generator.chance(1, in: 2) ? .mta : .milter)
      var redactor = Redacted.redactor()
      let new = redactor.packet(packet)
      #expect(Dissection(packet) == Dissection(new), "seed \(seed)")
      #expect(blanks(packet) == blanks(new), "seed \(seed)")
    }
  }

  @Test func aWordIsAlwaysTheSameWordAndNoTwoAreOne() {
    var seen: [String: String] = [:]
    for number in 0..<3000 {
      let word = "user\(number)"
      let new = Redacted.text(word)
      #expect(new.utf8.count == word.utf8.count)
      #expect(seen.updateValue(word, forKey: new) == nil)
      #expect(Redacted.text("<\(word)@x.example>").contains(new))
    }
    #expect(Redacted.text("ALICE").lowercased() == Redacted.text("alice"))
  }

  @Test(arguments: [
    ("192.0.2.7", true), ("203.0.113.200", true), ("10.1.2.3", true), ("192.168.77.6", true),
    ("172.16.254.1", true), ("127.0.0.1", false), ("2001:db8::1", true), ("fe80::1234", true), ("::1", false),
    ("fd12:3456::7", true), ("::ffff:192.0.2.9", true), ("2001:DB8:0:0:1:2:3:4", true),
  ])
  func anAddressStaysAnAddressOfItsKind(_ address: String, _ isReplaced: Bool) {
    let new = Redacted.text("[\(address)]").dropFirst().dropLast()
    #expect(new.utf8.count == address.utf8.count)
    #expect(IPAddress(Array(new.utf8)[...])?.isIPv4 == IPAddress(Array(address.utf8)[...])?.isIPv4)
    #expect((new != address) == isReplaced)
    for kind in ["10.", "192.168.", "172.16.", "fe80:", "fd", "::ffff:", "127."] where address.hasPrefix(kind)
    {
      #expect(new.hasPrefix(kind))
    }
    #expect(Redacted.text("IPv6:\(address)") == "IPv6:" + new)
  }

  @Test func whatIsKeptIsKept() {
    var redactor = Redacted.redactor(keeping: ["Example.org", "10.1.2.3"])
    #expect(redactor.text("<a.long.name@example.org> [10.1.2.3]").hasSuffix("@example.org> [10.1.2.3]"))
    #expect(!redactor.text("notexample.org").contains("example.org"))
  }

  @Test(arguments: [
    ("Date", "Thu, 01 Jan 2026 12:00:00 +0000"), ("Content-Type", "text/plain; charset=utf-8; format=flowed"),
    ("Content-Transfer-Encoding", "quoted-printable"), ("MIME-Version", "1.0"), ("X-Spam-Flag", "YES"),
  ])
  func whatStructuresAMailStays(_ name: String, _ value: String) {
    #expect(Redacted.text(value, header: name) == value)
  }

  private func packet(_ record: Record) -> Packet? {
    switch record.event {
    case .received(let received): received.packet
    case .sent(let sent): sent.packet
    default: nil
    }
  }

  /// Where NULs, blanks and line ends stand in the payload.
  private func blanks(_ packet: Packet) -> [Int] {
    packet.payload.filter { packet.bytes[$0] <= 0x20 }
  }
}
