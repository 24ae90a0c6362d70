import Mail
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct EncodedWordsTests {
  @Test(arguments: [
    ("plain", "plain"),
    ("=?utf-8?Q?gr=C3=BC=C3=9Fe?=", "grüße"),
    ("=?UTF-8?B?Z3LDvMOfZQ==?=", "grüße"),
    ("=?iso-8859-1?q?caf=E9_au_lait?=", "café au lait"),
    ("=?iso-8859-15?q?5_=A4?=", "5 €"),
    ("=?windows-1252?Q?=93q=94?=", "“q”"),
    ("Re: =?utf-8?q?a?= b", "Re: a b"),
    ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    ("=?utf-8?q?a?=\n =?utf-8?q?b?=", "ab"),
    ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
    ("=?utf-8*en?q?a?=", "a"),
    ("=?koi8-r?B?8NLJ18XU?=", "=?koi8-r?B?8NLJ18XU?="),
    ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
    ("=?utf-8?q?no end", "=?utf-8?q?no end"),
    ("=?", "=?"), ("=?a?", "=?a?"), ("=?a?q?", "=?a?q?"), ("=?a?q?b?", "=?a?q?b?"),
    ("one\n two", "one two"), ("", ""),
  ]) func reads(_ value: String, _ text: String) {
    let value = bytes(value)
    let words = EncodedWords(value, .builtIn)
    #expect(String(decoding: words.text(of: value), as: UTF8.self) == text)
  }

  @Test func anUnknownCharacterSetIsNamed() {
    let words = EncodedWords(bytes("=?koi8-r?B?8NLJ18XU?="), .builtIn)
    #expect(words.parts.map(\.charset) == [Charset("koi8-r".utf8)])
    #expect(words.parts.map(\.isOpaque) == [true])
    #expect(words.parts.map(\.bytes) == [[0xF0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4]])
  }

  @Test func rangesCoverTheValue() {
    let words = EncodedWords(bytes("a =?utf-8?q?b?= c"), .builtIn)
    #expect(words.parts.map(\.source) == [0..<2, 2..<15, 15..<17])
  }
}

@Suite struct TransferEncodingTests {
  @Test(arguments: [
    ("a=3Db", "a=b", 0), ("soft=\r\nbreak", "softbreak", 0), ("soft= \nbreak", "softbreak", 0),
    ("bad=ZZ", "bad=ZZ", 1), ("end=", "end", 0), ("=41=42", "AB", 0), ("lower=c3=bc", "lowerü", 0),
    ("a=4", "a=4", 1),
  ]) func quotedPrintable(_ coded: String, _ text: String, _ faults: Int) {
    let content = TransferEncoding.quotedPrintable.decoded(bytes(coded)[...])
    #expect(content.bytes == bytes(text))
    #expect(content.faults == faults)
  }

  @Test(arguments: [
    ("SGVsbG8=", "Hello", 0), ("SGVs\r\nbG8=", "Hello", 0), ("SGVsbG8", "Hello", 0), ("SGk=SGk=", "HiHi", 0),
    ("S!G#k=", "Hi", 2), ("", "", 0), ("====", "", 0), ("S", "", 1),
  ]) func base64(_ coded: String, _ text: String, _ faults: Int) {
    let content = TransferEncoding.base64.decoded(bytes(coded)[...])
    #expect(content.bytes == bytes(text))
    #expect(content.faults == faults)
  }

  @Test func decodingStopsAtItsLimit() {
    for encoding in TransferEncoding.allCases {
      let content = encoding.decoded(Array(repeating: UInt8(ascii: "A"), count: 10_000)[...], limit: 100)
      #expect(content.bytes.count == 100)
      #expect(content.isCut)
    }
  }
}

@Suite struct MIMEPartTests {
  private func headers(_ type: String, encoding: String? = nil) -> [Header] {
    var headers = [Header(name: bytes("content-TYPE"), value: bytes(type))]
    if let encoding {
      headers.append(Header(name: bytes("Content-Transfer-Encoding"), value: bytes(encoding)))
    }
    return headers
  }

  static let mixed = """
    preamble\r
    --b1\r
    Content-Type: text/plain; charset=iso-8859-1\r
    Content-Transfer-Encoding: quoted-printable\r
    \r
    caf=E9\r
    --b1\r
    Content-Type: multipart/alternative;\r
     boundary=b2\r
    \r
    --b2\r
    \r
    inner\r
    --b2--\r
    \r
    --b1\r
    Content-Type: application/pdf; name=wrong\r
    Content-Disposition: attachment; filename*0*=utf-8''r%C3%A9; filename*1=sum.pdf\r
    Content-Transfer-Encoding: base64\r
    \r
    SGVsbG8=\r
    --b1--\r
    epilogue\r

    """

  @Test func partsLieBetweenTheirBoundaries() throws {
    let body = bytes(Self.mixed)
    let root = MIMEPart(headers: headers("multipart/mixed; boundary=\"b1\""), body: body)
    try #require(root.parts.count == 3)
    #expect(root.oddity == nil)
    #expect(root.parts[0].text(from: body, .builtIn) == bytes("café"))
    #expect(body[root.parts[0].content].elementsEqual(bytes("caf=E9")))
    #expect(root.parts[1].parts.map { Array(body[$0.content]) } == [bytes("inner")])
    #expect(root.parts[2].fileName(.builtIn) == bytes("résum.pdf"))
    #expect(root.parts[2].decoded(from: body).bytes == bytes("Hello"))
    #expect(root.flattened.map(\.depth) == [0, 1, 1, 2, 1])
  }

  @Test func aPartCanBeReplacedByteForByte() {
    let body = bytes(Self.mixed)
    let root = MIMEPart(headers: headers("multipart/mixed; boundary=b1"), body: body)
    var replaced = body
    if let first = root.parts.first { replaced.replaceSubrange(first.content, with: bytes("tea")) }
    #expect(String(decoding: replaced, as: UTF8.self) == Self.mixed.replacing("caf=E9", with: "tea"))
  }

  @Test func aPlainBodyIsOnePart() {
    let root = MIMEPart(headers: [], body: bytes("Hello.\r\n"))
    #expect(root.type == .plain)
    #expect(root.content == 0..<8)
    #expect(root.parts.isEmpty)
    let coded = MIMEPart(
      headers: headers("text/plain; charset=utf-8", encoding: "BASE64 "), body: bytes("SGk="))
    #expect(coded.text(from: bytes("SGk="), .builtIn) == bytes("Hi"))
  }

  @Test(arguments: [
    ("multipart/mixed", "x", MIMEPart.Oddity.noBoundary),
    ("multipart/mixed; boundary=\"\"", "x", .noBoundary),
    ("multipart/mixed; boundary=b", "no boundary here", .noBoundary),
    ("multipart/mixed; boundary=b", "--b\r\n\r\nrest", .notClosed),
    ("multipart/mixed; boundary=b", "--b", .notClosed),
  ]) func oddPartsAreNamed(_ type: String, _ body: String, _ oddity: MIMEPart.Oddity) {
    #expect(MIMEPart(headers: headers(type), body: bytes(body)).oddity == oddity)
  }

  @Test func hostileNestingIsBounded() {
    var nested = ""
    for i in 0..<200 { nested += "--b\(i)\r\nContent-Type: multipart/mixed; boundary=b\(i + 1)\r\n\r\n" }
    let deep = MIMEPart(headers: headers("multipart/mixed; boundary=b0"), body: bytes(nested))
    #expect(deep.flattened.map(\.depth).max() == MIMEPart.depthLimit)
    let wide = MIMEPart(
      headers: headers("multipart/mixed; boundary=b"),
      body: bytes(String(repeating: "--b\r\n\r\nx\r\n", count: 5000)))
    #expect(wide.parts.count == MIMEPart.partLimit)
    #expect(wide.oddity == .tooMany)
  }

  @Test func noCutOfABodyTraps() {
    let body = bytes(Self.mixed)
    for end in body.indices {
      let root = MIMEPart(headers: headers("multipart/mixed; boundary=b1"), body: Array(body[..<end]))
      for (part, _) in root.flattened {
        #expect(part.header.upperBound <= end && part.content.upperBound <= end)
        #expect(part.decoded(from: Array(body[..<end])).bytes.count <= end)
      }
    }
  }
}

@Suite struct HeaderWordsTests {
  @Test func authenticationResults() {
    let value = bytes(
      "mx.example.net;\n\tdkim=pass (2048-bit key; unprotected) header.d=example.org header.b=\"Ab;C\";\n\tspf=fail smtp.mailfrom=<a@b>"
    )
    let read = AuthenticationResults(value)
    func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: value[$0], as: UTF8.self) } }
    #expect(text(read.authority) == "mx.example.net")
    #expect(read.results.map { text($0.method) } == ["dkim", "spf"])
    #expect(read.results.map { text($0.result) } == ["pass", "fail"])
    #expect(text(read.results.first?.comment) == "2048-bit key; unprotected")
    #expect(read.results.first?.properties.map { text($0.name) } == ["header.d", "header.b"])
    #expect(read.results.first?.properties.map { text($0.value) } == ["example.org", "\"Ab;C\""])
    #expect(AuthenticationResults(bytes("i=1; mx; none")).results.isEmpty)
    #expect(AuthenticationResults(bytes("i=1; mx; dkim=none")).results.count == 1)
  }

  @Test func receivedSPF() {
    let value = bytes("pass (mx: 192.0.2.7 is allowed) client-ip=192.0.2.7; envelope-from=a@example.org;")
    let read = AuthenticationResults(receivedSPF: value).results.first
    #expect(read.map { String(decoding: value[$0.result], as: UTF8.self) } == "pass")
    #expect(
      read?.properties.map { String(decoding: value[$0.value], as: UTF8.self) } == [
        "192.0.2.7", "a@example.org",
      ])
  }

  @Test func noBytesTrapAnyReader() {
    var generator = SeededGenerator(seed: 7)
    let alphabet = bytes("=?utf-8QB_;:,<>\"\\()@ \t\r\n*'%-Ab0")
    for _ in 0..<3000 {
      let value = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      let words = EncodedWords(value, .builtIn)
      #expect(words.parts.allSatisfy { $0.source.upperBound <= value.count })
      let results = AuthenticationResults(value).results + AuthenticationResults(receivedSPF: value).results
      #expect(results.allSatisfy { $0.result.upperBound <= value.count })
      #expect(HeaderBlock(value[...]).end <= value.count)
      #expect(ContentType(value[...]).parameters.count <= value.count)
    }
  }
}
