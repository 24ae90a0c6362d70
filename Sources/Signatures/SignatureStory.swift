import MilterProtocol

/// What a key says of a signature over one state of the mail.
package enum SignatureAnswer: String, Equatable, Sendable {
  case valid
  /// Its headers are those that were signed, its body is another one.
  case body
  /// Its headers as they were signed; not all of the body was seen.
  case bodyUnseen = "body not seen"
  /// The key that is its own does not verify it.
  case headers
  /// None of the keys verifies it, and none is known to be its own.
  case noKeyFits = "no key fits"
  /// There is no key for it.
  case noKey = "no key"
  /// Neither RSA nor Ed25519 with SHA-256.
  case algorithm

  /// Nothing that its key covers is known to be another one.
  package var holds: Bool { self == .valid || self == .bodyUnseen }

  /// What is wrong, or not known.
  fileprivate var words: Sentence {
    switch self {
    case .valid: "valid"
    case .body: "not valid: the body is not the one that was signed"
    case .bodyUnseen: "its headers are those that were signed, and of the body not all was seen"
    case .headers: "not valid: its headers are not those that were signed, or the key is another one"
    case .noKeyFits: "verified by none of the keys given"
    case .noKey: "not verified: none of the keys given is for it"
    case .algorithm: "not verified: only rsa-sha256 and ed25519-sha256 are"
    }
  }
}

/// What became of one signature on its way through the milter, as its key tells.
package struct SignatureStory: Sendable {
  package let signature: Signature
  /// As it came; nil where the milter made it.
  package let before: SignatureAnswer?
  /// As the mail leaves; nil where it does not leave, or without the signature.
  package let after: SignatureAnswer?
  package let fate: Fate
  /// The packets whose changes it covers.
  package let breakers: [Int]
  /// Who sends the mail on.
  package let mta: String

  package enum Fate: Equatable, Sendable {
    case kept
    case made(by: Int)
    case removed(by: Int)
    /// The mail goes nowhere.
    case ended
  }

  package init(
    _ signature: Signature, before: SignatureAnswer?, after: SignatureAnswer?, _ fate: Fate, breakers: [Int],
    mta: String
  ) {
    (self.signature, self.before, self.after, self.fate) = (signature, before, after, fate)
    (self.breakers, self.mta) = (breakers, mta)
  }

  /// It held as it came, and does not hold any more.
  package var isBroken: Bool { before?.holds ?? false && after.map { !$0.holds } ?? false }

  /// Those that made it, took it away, or broke it.
  package var packets: [Int] {
    switch fate {
    case .made(let packet), .removed(let packet): [packet]
    case .kept, .ended: isBroken ? breakers : []
    }
  }

  /// `the signature of example.org, selector s1: valid as it came; broken by the change of packet 17`
  package var sentence: Sentence {
    guard let before else {
      guard case .made(let packet) = fate else { return "\(signature.named): not looked at" }
      guard let after else {
        return "\(signature.named), made by packet \(packet: packet): the mail goes nowhere"
      }
      return "\(signature.named), made by packet \(packet: packet), as it leaves: \(after.words)"
    }
    let came: Sentence = before == .valid ? "valid as it came" : "as it came \(before.words)"
    return "\(signature.named): \(came)\(ending(before))"
  }

  private func ending(_ before: SignatureAnswer) -> Sentence {
    if case .removed(let packet) = fate { return "; taken away by packet \(packet: packet)" }
    guard let after else { return "" }
    if before.holds, after == before { return after == .valid ? ", and as it leaves" : "; and so they leave" }
    if after == .valid { return "; valid as it leaves" }
    guard isBroken else { return "" }
    guard let first = breakers.first else { return "; broken by what \(others: mta) writes anew" }
    let rest = breakers.dropFirst().map { " and \(packet: $0)" as Sentence }.joined("")
    return rest.text.isEmpty
      ? "; broken by the change of packet \(packet: first)"
      : "; broken by the changes of packets \(packet: first)\(rest)"
  }
}
