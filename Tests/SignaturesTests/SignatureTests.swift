import MilterProtocol
import Signatures
import TestSupport
import Testing

@Suite struct SignatureTests {
  @Test func tagsOfASignature() {
    let value = Array("v=1; a=rsa-sha256;\n\td=example.org; s=sel;\n\tb=AbC\n\t dEf==; ; broken".utf8)
    let list = TagList(value)
    #expect(list.value("d", in: value) == Array("example.org".utf8))
    #expect(list.value("b", in: value) == Array("AbCdEf==".utf8))
    #expect(list.value("x", in: value) == nil)
    #expect(list.tags.count == 5)
  }

  /// FIPS 180-4's own examples (`SHA256.pdf` of NIST), and the lengths around a block.
  @Test(arguments: [
    ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="
    ),
  ])
  func aDigestIsThatOfTheStandard(_ text: String, digest: String) {
    var hash = SHA256()
    for byte in text.utf8 { hash.take([byte]) }
    #expect(base64(hash.digest) == Array(digest.utf8))
  }

  @Test func aDigestDoesNotDependOnThePieces() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for count in [55, 56, 63, 64, 65, 119, 128, 300] {
      var whole = SHA256()
      whole.take(bytes[..<count])
      for cut in [1, 31, 54, 63] {
        var pieces = SHA256()
        pieces.take(bytes[..<cut])
        pieces.take(bytes[cut..<max(cut, count)])
        #expect(pieces.digest == whole.digest || cut > count)
      }
    }
  }

  /// The examples of RFC 6376 section 3.4.5, and what they leave out.
  @Test(arguments: [
    (" C \r\nD \t E\r\n\r\n\r\n", Canonicalization.relaxed, " C\r\nD E\r\n"),
    (" C \r\nD \t E\r\n\r\n\r\n", .simple, " C \r\nD \t E\r\n"),
    ("", .simple, "\r\n"), ("", .relaxed, ""), ("\r\n\r\n", .simple, "\r\n"), ("\r\n\r\n", .relaxed, ""),
    ("no end", .simple, "no end\r\n"), ("no end", .relaxed, "no end\r\n"),
    ("a\nb\n", .simple, "a\r\nb\r\n"), ("\r\n\r\na\r\n", .relaxed, "\r\n\r\na\r\n"),
    (" \t\r\n", .relaxed, ""), ("a\rb\r\n", .simple, "a\rb\r\n"), ("a\r", .simple, "a\r\r\n"),
  ])
  func aBodyIsHashedInItsForm(_ body: String, form: Canonicalization, hashed: String) {
    var expected = SHA256()
    expected.take(Array(hashed.utf8)[...])
    for size in [1, 2, 3, 100] {
      var hash = BodyHash(BodyCoverage(form))
      let bytes = Array(body.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        hash.take(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(hash.result.digest == expected.digest, "in pieces of \(size)")
    }
  }

  @Test func onlyWhatLCoversCounts() {
    var (short, long) = (
      BodyHash(BodyCoverage(.simple, length: 3)), BodyHash(BodyCoverage(.simple, length: 3))
    )
    short.take(Array("ab".utf8)[...])
    long.take(Array("ab\r\nmore".utf8)[...])
    #expect(short.result.digest == long.result.digest)
    var none = BodyHash(BodyCoverage(.relaxed, length: 3))
    none.take([])
    #expect(short.result.isLongEnough && !none.result.isLongEnough)
  }

  @Test func whatIsNoSignatureIsNone() {
    func read(_ name: String, _ text: String) -> Signature? {
      Signature(HeaderField(name: Array(name.utf8)[...], text: Array(text.utf8)[...]))
    }
    #expect(read("Subject", "d=x; h=from") == nil)
    #expect(read("DKIM-Signature", "d=x; s=y") == nil)
    #expect(
      read("dkim-signature", "d=x; h=From : To; l=-3; c=relaxed")?.names == [
        Array("from".utf8), Array("to".utf8),
      ])
    #expect(
      read("DKIM-Signature", "d=x; h=from; c=relaxed; l=99999999999999999999")?.body == BodyCoverage(.simple))
    #expect(read("ARC-Message-Signature", "i=2; d=x; h=from")?.instance == 2)
  }

  @Test func noBytesTrapTheReader() {
    var generator = SeededGenerator(seed: 11)
    let alphabet = Array("dhbcslai=;:/ \t\r\n-sha256relaxed0".utf8)
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      let field = HeaderField(name: Array("DKIM-Signature".utf8)[...], text: text[...])
      if let signature = Signature(field) {
        #expect(signature.changedNames(from: [field], to: [field]).isEmpty)
        #expect(signature.body.length ?? 0 >= 0)
      }
      #expect(TagList(text).tags.allSatisfy { $0.value.upperBound <= text.count })
    }
  }
}
