import MilterProtocol

/// What of a signature takes a key to tell, and what does not, over one state of the mail.
package struct SignatureCheck: Equatable, Sendable {
  package let signature: Signature
  /// The SHA-256 that its key has signed, if these are the headers that were signed (RFC 6376 section 3.7).
  package let digest: [UInt8]
  /// Whether `bh=` is that of the body; nil where not all of the body is known.
  package let bodyFits: Bool?

  /// - Parameters:
  ///   - headers: of the mail, in order, with all that stands behind their colons.
  ///   - own: where among them the signature stands.
  ///   - body: nil where not all of it is known.
  package init(_ signature: Signature, at own: Int, of headers: [HeaderField], body: BodyHash.Result?) {
    self.signature = signature
    digest = signature.digest(of: headers, at: own)
    bodyFits = body.flatMap { signature.fits($0) }
  }
}

extension Signature {
  fileprivate func digest(of fields: [HeaderField], at own: Int) -> [UInt8] {
    var left: [[UInt8]: [HeaderField]] = [:]
    for (place, field) in fields.enumerated() where place != own {
      left[field.name.map(lowercased), default: []].append(field)
    }
    let from = Array("from".utf8)
    var hash = SHA256()
    // Verifiers take one From more than is signed, so that none can be put above it (RFC 6376 section 8.15; dkimpy).
    for name in names + (names.contains(from) ? [from] : []) {
      guard let field = left[name]?.popLast() else { continue }
      hash.take(headers.signed(field)[...])
      hash.take([0x0D, 0x0A])
    }
    hash.take(headers.signed(Self.withoutValue(fields[own]))[...])
    return hash.digest
  }

  /// `b=` and nothing behind it.
  private static func withoutValue(_ field: HeaderField) -> HeaderField {
    let text = Array(field.text)
    let tag = TagList(text).tags.first { text[$0.name].elementsEqual([UInt8(ascii: "b")]) }
    guard let tag, let equals = text[tag.name.upperBound...].firstIndex(of: UInt8(ascii: "=")) else {
      return field
    }
    let rest = text[(equals + 1)...].drop { $0 != UInt8(ascii: ";") }
    return HeaderField(name: field.name, text: (text[...equals] + rest)[...])
  }
}

extension Canonicalization {
  /// As it is hashed; a fold, which travels as LF, gets its CRLF.
  fileprivate func signed(_ field: HeaderField) -> [UInt8] {
    header(field).flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
  }
}
