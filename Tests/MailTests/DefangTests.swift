import Mail
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Parts renamed so that nothing runs them; every other byte stays.
@Suite struct DefangTests {
  private static let mixed = [
    Header(name: bytes("Content-Type"), value: bytes("multipart/mixed; boundary=b"))
  ]

  /// The body behind one change; nil where it stays.
  private static func rewritten(_ body: String, _ change: Change, _ headers: [Header] = mixed) -> String? {
    let plan = ChangePlan([change], headers: headers, body: bytes(body))
    #expect(plan.refused.isEmpty)
    for case .replBody(let new) in plan.steps.flatMap(\.modifications) {
      return String(decoding: new, as: UTF8.self)
    }
    return nil
  }

  private static func part(_ fields: String) -> String {
    "--b\r\n\(fields)\r\nTVo=\r\n--b\r\n\r\nplain\r\n--b--\r\n"
  }

  private static let harmless = "Content-Type: application/octet-stream; name=\"a.exe.txt\"\r\n"
  private static let attached = "Content-Disposition: attachment; filename=\"a.exe.txt\"\r\n"
  private static let exe = Change.defang(.name(Glob(bytes("*.exe"))))

  @Test(arguments: [
    (
      "Content-Type: application/x-msdownload; name=\"a.exe\"\r\nContent-Disposition: attachment;\r\n"
        + " filename=\"a.exe\"\r\nContent-Transfer-Encoding: base64\r\nX-Own: \u{7f}odd \r\n",
      harmless + attached + "Content-Transfer-Encoding: base64\r\nX-Own: \u{7f}odd \r\n"
    ),
    // What is missing comes first.
    ("content-type: image/png; name=a.exe\r\n", attached + "content-type:\(harmless.dropFirst(13))"),
    ("Content-Disposition: inline; filename=a.exe\r\n", harmless + attached),
    // A second one might be what is read.
    (
      "Content-Disposition: inline; filename=a.exe\r\nContent-Disposition: attachment; filename=b.exe\r\n",
      harmless + attached + attached
    ),
    // RFC 2231, in pieces.
    ("Content-Disposition: attachment; filename*0=a.; filename*1=exe\r\n", harmless + attached),
  ])
  func onlyNameAndTypeAreOthers(fields: String, expected: String) {
    #expect(Self.rewritten(Self.part(fields), Self.exe) == Self.part(expected))
  }

  @Test(arguments: [
    ("a\\\"b.exe", "\"a\\\"b.exe.txt\""), ("é.exe", "utf-8''%C3%A9.exe.txt"),
    ("a.exe", "\"a.exe.txt\""),
    (String(repeating: "x", count: 100) + ".exe", "\"" + String(repeating: "x", count: 70) + ".txt\""),
  ])
  func aNameIsWrittenAsItMayBe(name: String, written: String) throws {
    let fields = "Content-Disposition: attachment; filename=\"\(name)\"\r\n"
    let new = try #require(Self.rewritten(Self.part(fields), .defang(.number(1))))
    #expect(new.contains(written.hasPrefix("utf-8") ? "filename*=\(written)\r\n" : "filename=\(written)\r\n"))
    #expect(new.hasSuffix("\r\n\r\nTVo=\r\n--b\r\n\r\nplain\r\n--b--\r\n"))
  }

  @Test func aPartWithoutANameGetsOne() {
    let body = "--b\r\n\r\nplain\r\n--b--\r\n"
    let fields =
      "Content-Type: application/octet-stream; name=\"part-1.txt\"\r\n"
      + "Content-Disposition: attachment; filename=\"part-1.txt\"\r\n"
    #expect(
      Self.rewritten(body, .defang(.type(Glob(bytes("text/*"))))) == "--b\r\n\(fields)\r\nplain\r\n--b--\r\n")
  }

  @Test func aMailOfOnePartGetsOtherHeaders() {
    let headers = [
      Header(name: bytes("Content-Type"), value: bytes("application/x-msdownload; name=a.exe")),
      Header(name: bytes("Content-Transfer-Encoding"), value: bytes("base64")),
    ]
    let plan = ChangePlan([Self.exe], headers: headers, body: bytes("TVo=\r\n"))
    let changed = [
      ("Content-Type", "application/octet-stream; name=\"a.exe.txt\""),
      ("Content-Disposition", "attachment; filename=\"a.exe.txt\""),
    ].map { Modification.chgHeader(index: 1, Header(name: bytes($0), value: bytes($1))) }
    #expect(plan.steps == [.init(change: 0, modifications: changed)])
  }

  @Test func whatIsInAMailInTheMailIsFound() {
    let inner = "Content-Type: application/x-msdownload; name=a.exe\r\n\r\nMZ"
    let body = "--b\r\nContent-Type: message/rfc822\r\n\r\n\(inner)\r\n--b--\r\n"
    #expect(
      Self.rewritten(body, Self.exe)
        == "--b\r\nContent-Type: message/rfc822\r\n\r\n\(Self.attached)\(Self.harmless)\r\nMZ\r\n--b--\r\n")
  }

  @Test func twiceIsOnceAndContentMayBeReplacedAsWell() throws {
    let body = Self.part("Content-Type: application/x-msdownload; name=a.exe\r\n")
    let plan = ChangePlan(
      [Self.exe, .replacePart(.number(1), .text(bytes("gone"))), .defang(.number(1))], headers: Self.mixed,
      body: bytes(body))
    let expected = Self.part(Self.attached + Self.harmless).replacing("TVo=", with: "gone")
    #expect(plan.steps.flatMap(\.modifications) == [.replBody(bytes(expected))])
    #expect(Self.rewritten(expected, Self.exe) == nil)
  }

  @Test func aMultipartIsRefused() {
    let body = "--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n--b--\r\n"
    let plan = ChangePlan([.defang(.number(1))], headers: Self.mixed, body: bytes(body))
    #expect(
      plan.refused.map(\.refusal.reason) == ["part 1 is a multipart: defang one of the parts in it"])
  }
}
