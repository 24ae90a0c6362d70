import MilterProtocol
import TestSupport
import Testing

/// What a modification costs a mail that is signed.
@Suite struct SignedMailTests {
  /// SHA-256 of the body `Hello.`
  private static let bodyHash = "yZQq1c8wjBl0fZ4Wc/oraMCAG1mZJv5v/hlvyFy+t6A="
  private static func signature(
    _ forms: String = "relaxed/relaxed", names: String = "from:subject", more: String = ""
  ) -> String {
    "v=1; a=rsa-sha256; c=\(forms); d=example.org; s=sel;\n\th=\(names); bh=\(bodyHash); \(more)b=AAAA"
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let title: String
    var forms = "relaxed/relaxed"
    var names = "from:subject"
    var more = ""
    let edits: [Packet]
    let says: [String]
    var testDescription: String { title }
  }

  static let rows = [
    Row(title: "another Subject", edits: [Milter.chgHeader(1, "Subject", "new")], says: ["D01 subject"]),
    Row(title: "the same Subject", edits: [Milter.chgHeader(1, "Subject", "a  test")], says: []),
    Row(title: "a Subject with other blanks", edits: [Milter.chgHeader(1, "Subject", "a\n test")], says: []),
    Row(
      title: "other blanks, simple", forms: "simple/simple",
      edits: [Milter.chgHeader(1, "Subject", "a\n test")],
      says: ["D01 relaxed would survive"]),
    Row(title: "a header that is not signed", edits: [Milter.chgHeader(1, "To", "x")], says: []),
    Row(title: "a Subject deleted", edits: [Milter.chgHeader(1, "Subject", "")], says: ["D01 subject"]),
    Row(
      title: "a Subject deleted and added again",
      edits: [Milter.chgHeader(1, "Subject", ""), Milter.addHeader("Subject", "a test")], says: []),
    Row(title: "a second From at the end", edits: [Milter.addHeader("From", "x@y")], says: ["D01 from"]),
    Row(title: "a second From on top", edits: [Milter.insHeader(0, "From", "x@y")], says: ["D01 from"]),
    Row(title: "a second Subject on top", edits: [Milter.insHeader(0, "Subject", "x")], says: []),
    Row(
      title: "a second Subject where one is allowed", names: "from:subject:subject",
      edits: [Milter.insHeader(0, "Subject", "x")], says: ["D01 subject"]),
    Row(
      title: "a header that was signed as absent", names: "from:list-id",
      edits: [Milter.insHeader(0, "List-Id", "<x>")], says: ["D01 list-id"]),
    Row(
      title: "the signature taken away",
      edits: [
        Milter.chgHeader(1, "DKIM-Signature", ""), Milter.chgHeader(1, "Subject", "new"),
      ], says: []),
    Row(title: "another body", edits: [Milter.replBody("Bye.\r\n")], says: ["D02 another body (relaxed)"]),
    Row(title: "the same body", edits: [Milter.replBody("Hello.\r\n")], says: []),
    Row(
      title: "the same body in pieces", edits: [Milter.replBody("Hel"), Milter.replBody("lo.\r\n")], says: []),
    Row(title: "empty lines at the end", edits: [Milter.replBody("Hello.\r\n\r\n")], says: []),
    Row(
      title: "blanks at line ends, simple", forms: "relaxed", edits: [Milter.replBody("Hello. \r\n")],
      says: ["D02 relaxed would survive"]),
    Row(title: "blanks at line ends", edits: [Milter.replBody("Hello. \r\n")], says: []),
    Row(
      title: "a footer behind what l= covers", more: "l=8; ",
      edits: [Milter.replBody("Hello.\r\nFooter\r\n")], says: []),
    Row(
      title: "a body shorter than l=", more: "l=8; ", edits: [Milter.replBody("He")],
      says: ["D02 of which l= covers 8 bytes"]),
  ]

  @Test(arguments: rows) func aChangeToWhatIsSignedIsRemarkedOn(_ row: Row) {
    let value = Self.signature(row.forms, names: row.names, more: row.more)
    let found = Self.findings(signature: value, edits: row.edits)
    #expect(found.count == row.says.count, "\(found.map(\.text))")
    for (finding, words) in zip(found, row.says) {
      #expect("\(finding.rule.id) \(finding.text)".hasPrefix(words.prefix(3)))
      #expect(finding.text.contains(words.dropFirst(4)), "\(finding.text)")
      #expect(finding.text.contains("example.org, selector sel"), "\(finding.text)")
    }
  }

  @Test func ofABrokenSignatureThereIsNothingToLose() {
    let value = Self.signature().replacing(
      Self.bodyHash, with: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    let edits = [Milter.chgHeader(1, "Subject", "new"), Milter.replBody("Bye.\r\n")]
    #expect(Self.findings(signature: value, edits: edits).ids() == ["D03", "D03"])
  }

  @Test func ofABodyThatWasNotSeenNothingIsKnown() {
    let found = Self.findings(
      signature: Self.signature(), edits: [Milter.replBody("Hello.\r\n")], body: Milter.skip)
    #expect(found.ids() == ["D02"])
    #expect(found.first?.text.contains("nothing is known") == true)
  }

  @Test func aBigBodyIsHashedAsItComes() {
    let line = String(repeating: "x", count: 70) + "\r\n"
    let chunk = String(repeating: line, count: 800)
    var play = Self.mail(signature: Self.signature())
    for _ in 0..<10 { play.play(MTA.body(chunk), Milter.continue) }
    play.play(MTA.bodyEOB)
    for _ in 0..<10 { play.play(Milter.replBody(chunk)) }
    #expect(Self.judged(play.play(Milter.continue)).isEmpty)
  }

  @Test func aRefusedMailCostsNothing() {
    var play = Self.mail(signature: Self.signature())
    play.play(MTA.bodyEOB, Milter.chgHeader(1, "Subject", "new"), Milter.reject)
    #expect(Self.judged(play.findings).isEmpty)
  }

  private static let arc = [
    ("ARC-Seal", "i=1; a=rsa-sha256; cv=none; d=example.net; s=a; b=AAAA"),
    (
      "ARC-Message-Signature",
      "i=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=a; h=from:subject; bh=\(bodyHash); b=AAAA"
    ),
    ("ARC-Authentication-Results", "i=1; mx.example.net; dkim=pass"),
  ]

  @Test(arguments: [
    ([Milter.chgHeader(1, "ARC-Authentication-Results", "i=1; mx.example.net; dkim=fail")], ["D04"]),
    ([Milter.chgHeader(1, "ARC-Authentication-Results", "")], ["D04"]),
    ([Milter.chgHeader(1, "Subject", "new")], ["D04"]),
    ([Milter.replBody("Bye.\r\n")], ["D04"]),
    (
      [
        Milter.replBody("Bye.\r\n"),
        Milter.insHeader(0, "ARC-Message-Signature", "i=2; d=x; h=from; bh=A; b=A"),
        Milter.insHeader(0, "ARC-Seal", "i=2; cv=pass; d=x; b=A"),
      ], []
    ),
  ])
  func anARCSetIsBrokenUnlessANewOneClosesTheMail(_ edits: [Packet], ids: [String]) {
    var play = LegPlay("O/O C/c M/c R/c T/c")
    for (name, value) in Self.arc + [("From", "a@b"), ("Subject", "test")] {
      play.play(MTA.header(name, value), Milter.continue)
    }
    play.play(MTA.eoh, Milter.continue, MTA.body("Hello.\r\n"), Milter.continue, MTA.bodyEOB)
    play.play(edits + [Milter.continue])
    #expect(Self.judged(play.findings).ids() == ids)
  }

  private static let results = ("Authentication-Results", "mx.one.example; dkim=pass")
  private static let received = ("Received", "from two.example by one.example")

  @Test(arguments: [
    ([results, received], [Milter.chgHeader(1, "Authentication-Results", "")], ["D06"]),
    ([results, received], [Milter.chgHeader(1, "Authentication-Results", "mx.one.example; dkim=fail")], []),
    (
      [results, received],
      [
        Milter.chgHeader(1, "Authentication-Results", ""),
        Milter.insHeader(0, "Authentication-Results", "mx.one.example; spf=none"),
      ], []
    ),
    ([received, results], [Milter.chgHeader(1, "Authentication-Results", "")], []),
    ([results], [Milter.chgHeader(1, "Authentication-Results", "")], []),
  ])
  func resultsAboveTheTrustBoundaryAreNotLostSilently(
    _ headers: [(String, String)], edits: [Packet], ids: [String]
  ) {
    var play = LegPlay("O/O C/c M/c R/c T/c")
    for (name, value) in headers { play.play(MTA.header(name, value), Milter.continue) }
    play.play(MTA.eoh, Milter.continue, MTA.bodyEOB)
    play.play(edits + [Milter.continue])
    #expect(Self.judged(play.findings).ids() == ids)
  }

  @Test func whatIsSignedHereAndBrokenLaterIsSaid() {
    let long = String(repeating: "x", count: 1500) + "\r\n"
    var play = LegPlay("O/O C/c M/c R/c T/c L/c N/c")
    play.play(MTA.body(long), Milter.continue, MTA.bodyEOB)
    let found = play.play(Milter.insHeader(1, "DKIM-Signature", Self.signature()))
    #expect(found.ids() == ["D05"])
    #expect(found.first?.text.contains("1500 bytes") == true)
  }

  private static func mail(signature: String) -> LegPlay {
    var play = LegPlay("O/O C/c M/c R/c T/c")
    for (name, value) in [
      ("DKIM-Signature", signature), ("From", "a@b"), ("Subject", "a  test"), ("To", "c@d"),
    ] {
      play.play(MTA.header(name, value), Milter.continue)
    }
    play.play(MTA.eoh, Milter.continue)
    return play
  }

  private static func findings(
    signature: String, edits: [Packet], body reply: Packet = Milter.continue
  ) -> [Finding] {
    var play = mail(signature: signature)
    play.play(MTA.body("Hello.\r\n"), reply, MTA.bodyEOB)
    play.play(edits + [Milter.continue])
    return judged(play.findings)
  }

  private static func judged(_ findings: [Finding]) -> [Finding] {
    findings.filter { $0.rule.id.hasPrefix("D") }
  }
}
