import Mail
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Parts of a body deleted or replaced, and nothing else touched.
@Suite struct BodyRewriteTests {
  static let body =
    "pre\r\n--b\r\nX-A: 1\r\n\r\none\r\n--b  \r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n"
    + "Content-Transfer-Encoding: base64\r\n\r\nSGk=\r\n--in\r\nContent-Type: text/html\r\n"
    + "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=\r\n\r\n--in--\r\nodd\r\n--b\r\n"
    + "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhi\r\n--b--\r\npost\r\n"
  // 1 plain, 2 alternative, 3 base64, 4 html, 5 mail, 6 the mail in it

  private static func headers(_ type: String, _ encoding: String = "") -> [Header] {
    [Header(name: bytes("Content-Type"), value: bytes(type))]
      + (encoding.isEmpty ? [] : [Header(name: bytes("Content-Transfer-Encoding"), value: bytes(encoding))])
  }

  struct Row: Sendable, CustomStringConvertible {
    var description: String
    var change: Change
    var removed: String
    var put = ""
  }

  static let rows = [
    Row(description: "the first", change: .deletePart(.number(1)), removed: "--b\r\nX-A: 1\r\n\r\none\r\n"),
    Row(
      description: "in the middle, with all in it", change: .deletePart(.number(2)),
      removed: String(
        body[body.range(from: "--b  ")..<body.range(from: "--b\r\nContent-Type: message")])),
    Row(
      description: "the first of the inner ones", change: .deletePart(.number(3)),
      removed: "--in\r\nContent-Transfer-Encoding: base64\r\n\r\nSGk=\r\n"),
    Row(
      description: "the last", change: .deletePart(.number(5)),
      removed: "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhi\r\n"),
    Row(
      description: "plain text", change: .replacePart(.number(1), .text(bytes("two\nthree"))), removed: "one",
      put: "two\r\nthree"),
    Row(
      description: "base64", change: .replacePart(.number(3), .text([0, 255, 10])), removed: "SGk=",
      put: "AP8K"),
    Row(
      description: "quoted-printable", change: .replacePart(.number(4), .text(bytes("é = \n-x"))),
      removed: "<p>=\r\n",
      put: "=C3=A9 =3D=20\r\n=2Dx"),
    Row(
      description: "quoted-printable, a dash behind a soft line break",
      change: .replacePart(.number(4), .text(bytes(String(repeating: "x", count: 75) + "--in--"))),
      removed: "<p>=\r\n",
      put: String(repeating: "x", count: 75) + "=\r\n=2D-in--"),
  ]

  @Test(arguments: rows) func onlyThatPartChanges(_ row: Row) throws {
    let plan = ChangePlan(
      [row.change], headers: Self.headers("multipart/mixed; boundary=b"), body: bytes(Self.body))
    let new = Self.body.replacing(row.removed, with: row.put)
    #expect(plan.refused.isEmpty)
    #expect(plan.steps == [.init(change: 0, modifications: [.replBody(bytes(new))])])
  }

  static let refusals: [([Change], String)] = [
    ([.deletePart(.number(7))], "there is no part 7: the last is 6"),
    ([.deletePart(.number(6))], "part 6 is the mail in part 5: delete that one"),
    ([.replacePart(.number(2), .text([]))], "part 2 is a multipart: replace one of the parts in it"),
    (
      [.deletePart(.number(3)), .deletePart(.number(4))],
      "part 4 is the last of its multipart: replace-part 4 puts something in its place"
    ),
    (
      [.deletePart(.number(2)), .replacePart(.number(3), .text([]))],
      "part 3 lies in a part that is deleted already"
    ),
    (
      [.replacePart(.number(1), .text(bytes("é")))],
      "part 1 travels as it is (7bit), and the new content has bytes above 127 in it"
    ),
    (
      [.replacePart(.number(1), .text(bytes("a\n--b\nc")))],
      "part 1 travels as it is (7bit), and the new content has a line that looks like the boundary between parts"
    ),
    (
      [.replacePart(.number(1), .text([0x61, 0x0D, 0x62]))],
      "part 1 travels as it is (7bit), and the new content has a bare CR in it"
    ),
    (
      [.replacePart(.number(1), .text([UInt8](repeating: 0x61, count: 999)))],
      "part 1 travels as it is (7bit), and the new content has a line of more than 998 bytes"
    ),
    ([.replacePart(.number(1), .file("x"))], "the contents of 'x' are not there"),
    ([.deletePart(.number(1)), .defang(.number(1))], "part 1 is deleted already"),
  ]

  @Test(arguments: refusals) func whatCannotBeIsRefused(_ changes: [Change], _ reason: String) {
    let plan = ChangePlan(
      changes, headers: Self.headers("multipart/mixed; boundary=b"), body: bytes(Self.body))
    #expect(plan.refused.map(\.refusal.reason) == [reason])
    #expect(plan.refused.map(\.change) == [changes.count - 1])
  }

  /// Both edits would lie within each other.
  @Test func aDeletedPartThatIsReplacedIsThereAgain() {
    let changes: [Change] = [.deletePart(.number(1)), .replacePart(.number(1), .text(bytes("1")))]
    let plan = ChangePlan(
      changes, headers: Self.headers("multipart/mixed; boundary=b"), body: bytes(Self.body))
    let new = Self.body.replacing("\r\none\r\n", with: "\r\n1\r\n")
    #expect(plan.steps.flatMap(\.modifications) == [.replBody(bytes(new))])
  }

  @Test func numbersAreThoseOfTheMailAsItCame() {
    let changes: [Change] = [
      .deletePart(.number(1)), .addRcpt(address: bytes("a@b"), parameters: nil),
      .replacePart(.number(3), .text(bytes("Ho"))),
    ]
    let plan = ChangePlan(
      changes, headers: Self.headers("multipart/mixed; boundary=b"), body: bytes(Self.body))
    let new = Self.body.replacing("--b\r\nX-A: 1\r\n\r\none\r\n", with: "").replacing("SGk=", with: "SG8=")
    #expect(
      plan.steps == [
        .init(change: 0, modifications: [.replBody(bytes(new))]),
        .init(change: 1, modifications: [.addRcpt(address: bytes("a@b"))]),
      ])
  }

  @Test func aMailOfOnePartIsReplacedInItsEncoding() {
    for (encoding, content, coded) in [
      ("", "new", "new\r\n"), ("8bit", "é\n", "é\r\n"), ("base64", "Hello", "SGVsbG8=\r\n"),
      ("binary", "é\u{0}", "é\u{0}\r\n"),
    ] {
      let plan = ChangePlan(
        [.replacePart(.number(1), .text(bytes(content)))], headers: Self.headers("text/plain", encoding),
        body: bytes("old\r\n"))
      #expect(plan.steps.map(\.modifications) == [[.replBody(bytes(coded))]], "\(encoding)")
    }
    let plan = ChangePlan([.deletePart(.number(1))], headers: [], body: bytes("old\r\n"))
    #expect(plan.refused.first?.refusal.reason.hasPrefix("the mail has one part only") == true)
  }

  @Test func withoutABodyNothingIsRewritten() {
    let plan = ChangePlan([.deletePart(.number(1))], headers: [], body: nil)
    #expect(plan.steps.isEmpty)
    #expect(plan.refused.count == 1)
  }

  @Test func whatIsWrittenReadsBackTheSame() {
    var generator = SeededGenerator(seed: 11)
    for encoding in ["base64", "quoted-printable"] {
      for length in [0, 1, 2, 3, 56, 57, 58, 75, 76, 77, 500] {
        let content = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let headers = Self.headers("application/octet-stream", encoding)
        let plan = ChangePlan(
          [.replacePart(.number(1), .text(content))], headers: headers, body: bytes("x\r\n"))
        guard case .replBody(let body)? = plan.steps.first?.modifications.first else {
          Issue.record("no body")
          continue
        }
        let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 77 && $0.allSatisfy { $0 < 127 } })
        let read = MIMEPart(headers: headers, body: body).decoded(from: body).bytes
        // A body ends with a line end, which quoted-printable cannot keep apart from its own.
        #expect(read.starts(with: content) && read.count <= content.count + 2)
      }
    }
  }

  @Test func noBodyTraps() {
    var generator = SeededGenerator(seed: 5)
    let pieces = [
      "--b", "--b--", "\r\n", "\n", "Content-Type: multipart/mixed; boundary=b", ": ", "x", "--", "",
    ]
    for _ in 0..<2000 {
      let text = (0..<12).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
      let changes = (1...4).map { number -> Change in
        Bool.random(using: &generator)
          ? .deletePart(.number(number)) : .replacePart(.number(number), .text(bytes("new")))
      }
      let plan = ChangePlan(changes, headers: Self.headers("multipart/mixed; boundary=b"), body: bytes(text))
      #expect(plan.refused.count <= changes.count)
    }
  }

  @Test func aFileIsNamedSafely() {
    for (sent, name) in [
      ("bill.pdf", "bill.pdf"), ("../../etc/passwd", "passwd"), ("C:\\x\\a b;rm.exe", "a_b_rm.exe"),
      ("-rf", "rf"),
      (".bashrc", "bashrc"), ("", "part-1"), ("..", "part-1"), ("a\u{1b}]0;x\u{7}", "a__0_x_"),
      ("grün.txt", "grün.txt"),
      ("=?utf-8?q?=2F=2Fx=2Etxt?=", "x.txt"), ("a\u{202e}gpj.exe", "a_gpj.exe"),
    ] {
      let quoted = sent.replacing("\\", with: "\\\\")
      let headers = Self.headers("text/plain; name=\"\(quoted)\"")
      #expect(MIMEPart(headers: headers, body: []).safeFileName(1, .builtIn) == name, "\(sent)")
    }
  }
}

extension String {
  /// Index of the first place that reads so.
  fileprivate func range(from words: String) -> Index {
    indices.first { self[$0...].hasPrefix(words) } ?? endIndex
  }
}

extension BodyRewriteTests {
  /// A mail with a program in it twice, once in a mail within; its name is cut and coded (RFC 2231).
  private static let attached =
    "--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/x-msdownload\r\n"
    + "Content-Disposition: attachment; filename*0*=utf-8''r%C3%A9; filename*1=sum.EXE\r\n\r\nMZ1\r\n"
    + "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n"
    + "--in\r\nContent-Type: application/zip; name=a.exe\r\n\r\nMZ22\r\n--in--\r\n--b--\r\n"

  private func rewritten(_ change: Change, _ body: String = attached) throws -> String? {
    let plan = ChangePlan([change], headers: Self.headers("multipart/mixed; boundary=b"), body: bytes(body))
    #expect(plan.refused.isEmpty)
    guard let step = plan.steps.first else { return nil }
    guard case .replBody(let result)? = step.modifications.first else { return nil }
    return String(decoding: result, as: UTF8.self)
  }

  @Test func partsAreMeantByTheNamesOfTheirFiles() throws {
    let result = try #require(try rewritten(.deletePart(.name(Glob(bytes("*.exe"))))))
    #expect(!result.contains("MZ1") && !result.contains("msdownload"))
    // The only part of its multipart is emptied.
    #expect(!result.contains("MZ22") && result.contains("name=a.exe\r\n\r\n\r\n--in--"))
    #expect(result.hasPrefix("--b\r\n\r\ntext\r\n--b\r\nContent-Type: message/rfc822"))
  }

  @Test func partsAreMeantByTheirTypesAndEachIsSaidItsOwn() throws {
    let words: [Change.PartWord] = [
      .plain(bytes("no ")), .name, .plain(bytes(", ")), .type, .plain(bytes(" ")), .size,
    ]
    let result = try #require(
      try rewritten(.replacePart(.type(Glob(bytes("application/z*"))), .aboutPart(words))))
    #expect(result == Self.attached.replacing("MZ22", with: "no a.exe, application/zip 4"))
  }

  @Test func whereNothingFitsTheBodyStaysAsItIs() throws {
    #expect(try rewritten(.deletePart(.name(Glob(bytes("*.scr"))))) == nil)
    #expect(try rewritten(.replacePart(.type(Glob(bytes("image/*"))), .text([]))) == nil)
  }
}
