import Delivery
import MilterProtocol
import Signatures
import TestSupport
import Testing
import Timeline
import TraceModel

/// What a change costs a signed mail, by what each MTA makes of it.
@Suite struct SignedResultTests {
  private static func hash(_ body: String) -> String {
    var hash = SHA256()
    hash.take(Array(body.utf8)[...])
    return String(decoding: base64(hash.digest), as: UTF8.self)
  }

  private static func signature(_ body: String, forms: String = "relaxed/relaxed") -> String {
    "v=1; a=rsa-sha256; c=\(forms); d=example.org; s=s1; h=from:subject; bh=\(hash(body)); b=AAAA"
  }

  private func remarks(
    _ asked: [Modification], body: String = "Hello.\r\n", isSigned: Bool = true, rules: KnownMTA = .postfix,
    change: (inout MessageContent) -> Void = { _ in }
  ) -> [String] {
    var content = MessageContent()
    var headers = [("From", "a@example.org"), ("Subject", "one  two")]
    if isSigned { headers.insert(("DKIM-Signature", Self.signature(body)), at: 0) }
    content.headers = headers.enumerated().map { place, header in
      .init(Header(name: bytes(header.0), value: bytes(header.1)), packet: 10 + place)
    }
    content.body = bytes(body)
    content.actions = .current
    for (place, modification) in asked.enumerated() {
      content.modifications.append(.init(modification, packet: 100 + place))
    }
    change(&content)
    return EffectiveResult(of: content, under: rules).remarks
      .filter { $0.text.contains("signature") || $0.text.contains("results") }.map {
        "\($0.packet) \($0.text)"
      }
  }

  private static func header(_ name: String, _ value: String) -> Header {
    Header(name: bytes(name), value: bytes(value))
  }

  @Test(arguments: [KnownMTA.postfix, .sendmail, .stalwart, .generic])
  func theCostIsSaidAtThePacketThatMakesIt(_ rules: KnownMTA) {
    let subject = Self.header("Subject", "new")
    #expect(
      remarks([.addHeader(Self.header("X", "y")), .chgHeader(index: 1, subject)], rules: rules)
        == ["101 breaks the signature of example.org, selector s1: subject in h= (relaxed)"])
    #expect(
      remarks([.replBody(bytes("Bye.\r\n"))], rules: rules)
        == ["100 breaks the signature of example.org, selector s1: another body (relaxed)"])
    #expect(remarks([.replBody(bytes("Hel")), .replBody(bytes("lo. \r\n"))], rules: rules).isEmpty)
    #expect(
      remarks(
        [.chgHeader(index: 1, Self.header("DKIM-Signature", "")), .chgHeader(index: 1, subject)], rules: rules
      )
      .isEmpty)
  }

  @Test func ofABodyThatWasNotSeenNothingIsKnown() {
    let found = remarks([.replBody(bytes("Hello.\r\n"))]) { $0.unseen = .body }
    #expect(found.count == 1 && found[0].contains("nothing is known of the old one"))
  }

  @Test func aMailThatIsNotDeliveredLosesNothing() {
    let found = remarks([.replBody(bytes("Bye.\r\n"))]) { $0.phase = .aborted }
    #expect(found.isEmpty)
  }

  /// Postfix breaks lines after 998 bytes, Sendmail after 2,040.
  @Test func linesThatTheMTABreaksCostASignatureToo() {
    let body = String(repeating: "x", count: 1500) + "\r\n"
    let sign = Modification.insHeader(index: 1, Self.header("DKIM-Signature", Self.signature(body)))
    let words =
      "the signature of example.org, selector s1 fails at the next hop: Postfix breaks lines of the body that it is over"
    #expect(remarks([sign], body: body, isSigned: false) == ["100 " + words])
    #expect(remarks([], body: body) == ["10 " + words])
    #expect(remarks([sign], body: body, isSigned: false, rules: .sendmail).isEmpty)
    #expect(remarks([sign], isSigned: false).isEmpty)
  }

  @Test func whatTheMilterSignsItselfIsWhole() {
    let new = "Bye.\r\n"
    let sign = Modification.addHeader(Self.header("DKIM-Signature", Self.signature(new)))
    #expect(remarks([.replBody(bytes(new)), sign], isSigned: false).isEmpty)
  }
}
