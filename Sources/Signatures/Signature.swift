import MilterProtocol

/// A signature over headers and body of a mail: DKIM-Signature (RFC 6376), ARC-Message-Signature (RFC 8617).
///
/// What it covers can be read from it; whether it is right takes a key (``SignatureCheck`` has what to verify).
package struct Signature: Equatable, Sendable {
  /// `d=`, the domain that signs.
  package let domain: [UInt8]
  /// `s=`
  package let selector: [UInt8]
  /// `h=`, in small letters: one entry for each header that it takes, from the last one of that name upwards.
  package let names: [[UInt8]]
  package let headers: Canonicalization
  package let body: BodyCoverage
  /// `bh=` in base64; nil where it is no SHA-256.
  package let bodyHash: [UInt8]?
  /// `i=` of an ARC-Message-Signature; nil for DKIM.
  package let instance: Int?
  /// `a=`; nil where it is none that is still in use.
  package let algorithm: SigningKey.Algorithm?
  /// `b=` in base64, white space left out.
  package let value: [UInt8]

  /// Nil for other headers, and for values without domain or headers.
  ///
  /// - Parameter field: a header of the mail.
  package init?(_ field: HeaderField) {
    guard Self.isName(ofLength: field.name.count) else { return nil }
    let isARC = sameHeaderName(field.name, "ARC-Message-Signature".utf8)
    guard isARC || sameHeaderName(field.name, "DKIM-Signature".utf8) else { return nil }
    let text = Array(field.text)
    let tags = TagList(text)
    guard let domain = tags.value("d", in: text), let names = tags.value("h", in: text), !names.isEmpty else {
      return nil
    }
    self.domain = domain
    selector = tags.value("s", in: text) ?? []
    self.names = names.split(separator: UInt8(ascii: ":")).map { $0.map(lowercased) }
    let forms = (tags.value("c", in: text) ?? []).split(separator: UInt8(ascii: "/"), maxSplits: 1)
    headers = Canonicalization(forms.first ?? [])
    let length = tags.value("l", in: text).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    body = BodyCoverage(
      forms.count > 1 ? Canonicalization(forms[1]) : .simple, length: length.map { max($0, 0) })
    let isSHA256 = tags.value("a", in: text)?.suffix(7).elementsEqual("-sha256".utf8) ?? false
    bodyHash = isSHA256 ? tags.value("bh", in: text) : nil
    algorithm = tags.value("a", in: text).flatMap { SigningKey.Algorithm(ofSignature: $0) }
    value = tags.value("b", in: text) ?? []
    instance = isARC ? tags.value("i", in: text).flatMap { Int(String(decoding: $0, as: UTF8.self)) } : nil
  }

  /// Whether the name of a header may be that of a signature: every header of a mail is asked.
  package static func isName(ofLength bytes: Int) -> Bool { bytes == 14 || bytes == 21 }

  /// Whether both name the same key.
  package func isOf(_ other: Signature) -> Bool { domain == other.domain && selector == other.selector }

  /// Whether it is over that body; nil where it is hashed by another algorithm.
  package func fits(_ body: BodyHash.Result) -> Bool? {
    bodyHash.map { body.isLongEnough && base64(body.digest) == $0 }
  }

  /// Names in `h=` of which it takes other headers than before, each once.
  ///
  /// - Parameter canonicalization: in place of its own.
  package func changedNames(
    from before: [HeaderField], to after: [HeaderField], _ canonicalization: Canonicalization? = nil
  ) -> [[UInt8]] {
    let form = canonicalization ?? headers
    let (old, new) = (byName(before), byName(after))
    var counts: [[UInt8]: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }
    // Verifiers take one From more than is signed, so that none can be put above it (RFC 6376 section 8.15; dkimpy).
    counts[Array("from".utf8)]? += 1
    func taken(_ fields: [HeaderField]?, _ count: Int) -> [[UInt8]] {
      (fields ?? []).suffix(count).map { form.header($0) }
    }
    return counts.filter { taken(old[$0.key], $0.value) != taken(new[$0.key], $0.value) }.map(\.key)
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func byName(_ fields: [HeaderField]) -> [[UInt8]: [HeaderField]] {
    Dictionary(grouping: fields) { $0.name.map(lowercased) }
  }
}
