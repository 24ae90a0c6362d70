import MilterProtocol
import Signatures
import Testing

/// What stands in the files of keys, and whose key it is.
@Suite struct SigningKeyTests {
  private static let spki = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ=="
  private static let ed = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

  private func key(_ text: String, _ fileName: String = "key.txt") throws -> SigningKey {
    try SigningKey(Array(text.utf8), fileName: fileName)
  }

  private func signature(_ domain: String, _ selector: String) throws -> Signature {
    let text = "a=rsa-sha256; d=\(domain); s=\(selector); h=from; bh=x; b=y"
    return try #require(
      Signature(HeaderField(name: Array("DKIM-Signature".utf8)[...], text: Array(text.utf8)[...])))
  }

  @Test(arguments: [
    "v=DKIM1; k=rsa; p=\(spki)", "p=MIGfMA0GCSqGSIb3DQEB AQUAA4GNADCBiQ==",
    "\"v=DKIM1; k=rsa; \" \"p=MIGfMA0GCSqGSIb3DQEB\" \"AQUAA4GNADCBiQ==\"\n",
    "s1._domainkey\tIN\tTXT\t( \"v=DKIM1; k=rsa; \"\n\t  \"p=\(spki)\" )  ; ----- DKIM key s1 for example.org\n",
  ])
  func aRecordIsReadAsItIsPrinted(_ text: String) throws {
    let key = try key(text)
    #expect(key.algorithm == .rsa && !key.isPrivate)
    #expect(
      String(decoding: key.pem, as: UTF8.self)
        == "-----BEGIN PUBLIC KEY-----\n\(Self.spki)\n-----END PUBLIC KEY-----\n")
  }

  /// The key of RFC 8463 appendix A.2, as `openssl pkey -pubin` takes it.
  @Test func theBareBytesOfEd25519GetWhatOpenSSLWantsAroundThem() throws {
    let key = try key("v=DKIM1; k=ed25519; p=\(Self.ed)")
    #expect(key.algorithm == .ed25519)
    #expect(String(decoding: key.pem, as: UTF8.self).contains("\nMCowBQYDK2VwAyEA\(Self.ed)\n"))
  }

  @Test func aBareRSAKeyIsNamedAsOne() throws {
    let text = String(decoding: base64([0x30, 0x82, 0x01, 0x0A, 0x02, 0x03, 1, 0, 1]), as: UTF8.self)
    #expect(
      String(decoding: try key("p=\(text)").pem, as: UTF8.self).hasPrefix("-----BEGIN RSA PUBLIC KEY-----"))
  }

  @Test(arguments: [
    ("hello", "expected a DKIM record (v=DKIM1; k=rsa; p=…) or a key in PEM"),
    ("v=DKIM1; p=", "p= is empty: whoever published this record has revoked the key"),
    ("p=*", "p= is no base64"), ("k=dsa; p=AAAA", "expected k=rsa or k=ed25519, there is 'k=dsa'"),
    ("k=ed25519; p=AAAA", "expected 32 bytes in p= of an Ed25519 key, there are 3"),
    (
      "-----BEGIN CERTIFICATE-----\n", "expected a public or a private key in PEM without a password"
    ),
  ])
  func whatIsNoKeySaysWhatIsExpected(_ text: String, words: String) {
    #expect(throws: SigningKey.Unreadable(words: words)) { try key(text) }
  }

  @Test func whoseItIsIsInTheRecordOrInTheNameOfTheFile() throws {
    let record = "v=DKIM1; p=\(Self.spki)"
    let signature = try signature("Example.org", "s1")
    #expect(try key(record).isOf(signature) == nil)
    #expect(try key(record, "S1._domainkey.example.org.txt").isOf(signature) == true)
    #expect(try key(record, "s2._domainkey.example.org.txt").isOf(signature) == false)
    #expect(try key(record, "example.org-s1.pem").isOf(signature) == true)
    #expect(try key(record, "example.org-s2.pem").isOf(signature) == nil)
    #expect(
      try key("s1._domainkey IN TXT \"\(record)\" ; DKIM key s1 for example.com").isOf(signature) == false)
    #expect(try key("s1._domainkey IN TXT \"\(record)\"").isOf(signature) == true)
    #expect(
      try key("-----BEGIN PUBLIC KEY-----\nAAAA\n", "s1._domainkey.example.org").isOf(signature) == true)
  }
}
