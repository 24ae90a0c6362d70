import MilterProtocol
import Signatures
import Testing

/// What a key says of a signature, in words; and what it is asked about.
@Suite struct SignatureStoryTests {
  private static func field(_ name: String, _ text: String) -> HeaderField {
    HeaderField(name: Array(name.utf8)[...], text: Array(text.utf8)[...])
  }

  private func check(_ value: String, _ headers: [(String, String)]) throws -> SignatureCheck {
    let fields = [Self.field("DKIM-Signature", value)] + headers.map { Self.field($0.0, $0.1) }
    let signature = try #require(Signature(fields[0]))
    return SignatureCheck(signature, at: 0, of: fields, body: nil)
  }

  /// What stands in `b=` is not signed, what stands around it is.
  @Test func theDigestIsOfHeadersFromBelowAndOfItselfWithoutItsValue() throws {
    let forms = ["simple/simple", "relaxed/relaxed"].map {
      "a=rsa-sha256; c=\($0); d=x; s=y; h=A:a:b:none; bh=z; b="
    }
    let expected = [
      "a: two\r\n\tfolded\r\nA: one\r\nb: 3\r\nDKIM-Signature: \(forms[0])",
      "a:two folded\r\na:one\r\nb:3\r\ndkim-signature:\(forms[1])",
    ]
    for (form, text) in zip(forms, expected) {
      let headers = [("A", " one"), ("b", " 3"), ("a", " two\n\tfolded"), ("c", " 4")]
      var hash = SHA256()
      hash.take(Array(text.utf8)[...])
      #expect(try check(" \(form)AbC=\n d", headers).digest == hash.digest)
    }
    let (first, second) = (try check("b=; d=x; h=a; s=y", []), try check("b= A b\n ; d=x; h=a; s=y", []))
    #expect(first.digest == second.digest)
  }

  @Test func oneFromMoreThanIsSignedCounts() throws {
    let value = "a=rsa-sha256; d=x; s=y; h=from; bh=z; b="
    #expect(
      try check(value, [("From", " b"), ("From", " a")]).digest != check(value, [("From", " a")]).digest)
  }

  @Test(arguments: [
    (SignatureAnswer.valid, SignatureAnswer.valid, [Int](), "valid as it came, and as it leaves"),
    (.valid, .body, [17], "valid as it came; broken by the change of packet 17"),
    (.valid, .headers, [17, 19], "valid as it came; broken by the changes of packets 17 and 19"),
    (.valid, .body, [], "valid as it came; broken by what Postfix writes anew"),
    (.body, .body, [], "as it came not valid: the body is not the one that was signed"),
    (
      .body, .valid, [17], "as it came not valid: the body is not the one that was signed; valid as it leaves"
    ),
    (.noKey, .noKey, [17], "as it came not verified: none of the keys given is for it"),
    (
      .bodyUnseen, .bodyUnseen, [],
      "as it came its headers are those that were signed, and of the body not all was seen; and so they leave"
    ),
  ])
  func theStoryIsOneClauseEach(
    _ before: SignatureAnswer, _ after: SignatureAnswer, _ packets: [Int], _ words: String
  ) throws {
    let signature = try check("a=rsa-sha256; d=example.org; s=s1; h=from; b=", []).signature
    func story(_ before: SignatureAnswer?, _ after: SignatureAnswer?, _ fate: SignatureStory.Fate) -> String {
      SignatureStory(signature, before: before, after: after, fate, breakers: packets, mta: "Postfix")
        .sentence.text
    }
    #expect(story(before, after, .kept) == "the signature of example.org, selector s1: \(words)")
    #expect(story(.valid, nil, .removed(by: 4)).hasSuffix(": valid as it came; taken away by packet 4"))
    #expect(story(.valid, nil, .ended).hasSuffix(": valid as it came"))
    #expect(story(nil, .valid, .made(by: 5)).hasSuffix(", made by packet 5, as it leaves: valid"))
  }
}
