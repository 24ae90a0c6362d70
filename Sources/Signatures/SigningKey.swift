import MilterProtocol

/// A key that signatures are verified with, and whose it is, as far as its file says.
package struct SigningKey: Equatable, Sendable {
  /// As `openssl` reads it.
  package let pem: [UInt8]
  package let isPrivate: Bool
  /// nil where only `openssl` can tell.
  package let algorithm: Algorithm?
  /// `s1._domainkey.example.org`, in small letters: in front of the record, or the name of the file.
  private let owner: Owner?
  /// The words of the file's name.
  private let fileName: [UInt8]

  package enum Algorithm: String, Equatable, Sendable {
    case rsa, ed25519

    /// - Parameter name: `rsa-sha256`, `ed25519-sha256`; SHA-1 is out of use (RFC 8301).
    init?(ofSignature name: [UInt8]) {
      guard name.suffix(7).elementsEqual("-sha256".utf8) else { return nil }
      self.init(rawValue: String(decoding: name.dropLast(7), as: UTF8.self))
    }
  }

  private struct Owner: Equatable, Sendable {
    var selector: [UInt8]
    /// nil where the zone says it.
    var domain: [UInt8]?
  }

  /// What a file has in place of a key: a clause, lower case, no full stop.
  package struct Unreadable: Error, Equatable, Sendable {
    package let words: String

    package init(words: String) { self.words = words }
  }

  /// - Parameters:
  ///   - text: a DNS record (`v=DKIM1; k=rsa; p=…`), as it stands in a zone or as `dig` prints it, or a key in PEM.
  ///   - fileName: without its folder.
  package init(_ text: [UInt8], fileName: String) throws(Unreadable) {
    self.fileName = fileName.utf8.map(lowercased)
    if let start = Self.index(of: "-----BEGIN ", in: text[...]) {
      let label = text[start...].dropFirst(11).prefix { $0 != UInt8(ascii: "-") && $0 != 0x0A }
      switch String(decoding: label, as: UTF8.self) {
      case "PUBLIC KEY", "RSA PUBLIC KEY": isPrivate = false
      case "PRIVATE KEY", "RSA PRIVATE KEY": isPrivate = true
      default: throw Unreadable(words: "expected a public or a private key in PEM without a password")
      }
      (pem, algorithm) = (text, nil)
      owner = Self.owner(in: self.fileName)
      return
    }
    let record = Self.record(of: text)
    let tags = TagList(record)
    guard let key = tags.value("p", in: record) else {
      throw Unreadable(words: "expected a DKIM record (v=DKIM1; k=rsa; p=…) or a key in PEM")
    }
    if key.isEmpty {
      throw Unreadable(words: "p= is empty: whoever published this record has revoked the key")
    }
    guard let bytes = base64Decoded(key) else { throw Unreadable(words: "p= is no base64") }
    let kind = tags.value("k", in: record).map { String(decoding: $0, as: UTF8.self) } ?? "rsa"
    guard let algorithm = Algorithm(rawValue: kind) else {
      throw Unreadable(
        words: "expected k=rsa or k=ed25519, there is 'k=\(InertText.string(escaping: Array(kind.utf8)))'")
    }
    guard algorithm == .rsa || bytes.count == 32 else {
      throw Unreadable(words: "expected 32 bytes in p= of an Ed25519 key, there are \(bytes.count)")
    }
    (self.algorithm, isPrivate) = (algorithm, false)
    pem = Self.pem(algorithm, bytes)
    let head = text.prefix { $0 != UInt8(ascii: "\"") }
    owner = Self.owner(in: head.map(lowercased), commentIn: text) ?? Self.owner(in: self.fileName)
  }

  /// Whether it is the key of that signature; nil where nothing says whose it is.
  package func isOf(_ signature: Signature) -> Bool? {
    let (selector, domain) = (signature.selector.map(lowercased), signature.domain.map(lowercased))
    if let owner {
      guard owner.selector == selector else { return false }
      return owner.domain.map { $0 == domain } ?? true
    }
    // `example.org.s1.pem`, `s1-example.org.txt`.
    guard !domain.isEmpty, let place = Self.index(of: domain, in: fileName[...]) else { return nil }
    let rest = fileName[..<place] + [UInt8(ascii: ".")] + fileName[(place + domain.count)...]
    let words = rest.split { !Self.isInName($0) }
    return words.contains { $0.elementsEqual(selector) } ? true : nil
  }
}

// MARK: reading

extension SigningKey {
  /// The strings of a record joined, or what stands there where none is quoted.
  private static func record(of text: [UInt8]) -> [UInt8] {
    guard text.contains(UInt8(ascii: "\"")) else { return text }
    let parts = text.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
    return parts.enumerated().filter { $0.offset % 2 == 1 }.flatMap(\.element)
  }

  /// - Parameter text: of which some line has a comment of `opendkim-genkey`: `DKIM key s1 for example.org`.
  private static func owner(in names: [UInt8], commentIn text: [UInt8] = []) -> Owner? {
    let mark = Array("._domainkey".utf8)
    let named = names.split(whereSeparator: { isBlankOrLineEnd($0) }).lazy.compactMap { word -> Owner? in
      guard let place = index(of: mark, in: word), place > word.startIndex else { return nil }
      var domain = word[(place + mark.count)...]
      for ending in [".txt", ".pem", ".key", ".private", "."]
      where domain.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
        domain = domain.dropLast(ending.utf8.count)
      }
      let rest = domain.drop { $0 == UInt8(ascii: ".") }
      return Owner(selector: Array(word[..<place]), domain: rest.isEmpty ? nil : Array(rest))
    }.first
    guard var owner = named, owner.domain == nil else { return named }
    if let place = index(of: " for ", in: text[...]) {
      let domain = text[(place + 5)...].prefix { !isBlankOrLineEnd($0) }.map(lowercased)
      owner.domain = domain.isEmpty ? nil : domain
    }
    return owner
  }

  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  private static func index(of word: some Collection<UInt8>, in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= word.count else { return nil }
    return (bytes.startIndex...(bytes.endIndex - word.count)).first {
      bytes[$0...].prefix(word.count).elementsEqual(word)
    }
  }

  private static func index(of word: String, in bytes: ArraySlice<UInt8>) -> Int? {
    index(of: Array(word.utf8), in: bytes)
  }

  /// What `p=` has, as a file of its own: an RSA key with or without its SubjectPublicKeyInfo around it (RFC 6376 section 3.6.1), the
  /// bare bytes of Ed25519 (RFC 8463 section 4.2).
  private static func pem(_ algorithm: Algorithm, _ bytes: [UInt8]) -> [UInt8] {
    let ed25519Info: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    let content = algorithm == .ed25519 ? ed25519Info + bytes : bytes
    // A bare one begins with a number, the other with a sequence.
    let isBare =
      content.count > 4 && content[0] == 0x30 && content[1] & 0x80 != 0
      && content.dropFirst(2 + Int(content[1] & 0x7F)).first == 0x02
    let label = isBare ? "RSA PUBLIC KEY" : "PUBLIC KEY"
    let text = base64(content)
    let lines = stride(from: 0, to: text.count, by: 64).flatMap {
      text[$0..<min($0 + 64, text.count)] + [0x0A]
    }
    return Array("-----BEGIN \(label)-----\n".utf8) + lines + Array("-----END \(label)-----\n".utf8)
  }
}
