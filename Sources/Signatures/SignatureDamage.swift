import MilterProtocol

/// What one packet does to one signature.
package struct SignatureDamage: Sendable {
  package let packet: Int
  /// Nil for an ARC-Seal.
  package let signature: Signature?
  package let damage: Damage

  package enum Damage: Equatable, Sendable {
    /// It takes others of these names in `h=` than before.
    case headers([[UInt8]], survivesRelaxed: Bool)
    case body(isUnseen: Bool, survivesRelaxed: Bool)
    /// An ARC header that the seal of a domain takes is another one, or gone.
    case seal(domain: [UInt8], name: [UInt8])
    /// Its body hash did not fit the mail as it came: there is nothing to lose.
    case brokenBefore
  }

  init(of signature: Signature, _ packet: Int, _ damage: Damage) {
    (self.signature, self.packet, self.damage) = (signature, packet, damage)
  }

  init(_ packet: Int, _ damage: Damage) {
    (signature, self.packet, self.damage) = (nil, packet, damage)
  }

  /// Whether the ARC chain is what breaks.
  package var isOfARC: Bool { signature?.instance != nil || signature == nil }

  /// `breaks the signature of example.org, selector s1: subject in h= (simple); relaxed would survive`
  package var sentence: Sentence {
    switch damage {
    case .headers(let names, let survives):
      let list = names.map { "\(wire: $0)" as Sentence }.joined(", ")
      return "breaks \(named): \(list) in h= (\(form(\.headers)))\(cure(survives))"
    case .body(let isUnseen, let survives):
      let length: Sentence =
        signature?.body.length.map { ", of which l= covers \(counted($0, "byte"))" } ?? ""
      let unseen: Sentence = isUnseen ? ": nothing is known of the old one" : ""
      return
        "breaks \(named): another body (\(form(\.body.canonicalization)))\(length)\(unseen)\(cure(survives))"
    case .seal(let domain, let name):
      return "breaks the ARC-Seal of \(wire: domain), which covers \(wire: name)"
    case .brokenBefore: return "costs no signature: the body did not fit \(named) before"
    }
  }

  private var named: Sentence { signature?.named ?? "the signature" }

  private func form(_ part: (Signature) -> Canonicalization) -> String {
    signature.map { part($0).name } ?? ""
  }

  private func cure(_ survives: Bool) -> Sentence { survives ? "; relaxed would survive" : "" }
}

extension Signature {
  /// `the signature of example.org, selector s1`
  package var named: Sentence {
    let what = instance.map { "the ARC-Message-Signature i=\($0)" } ?? "the signature"
    return "\(what) of \(wire: domain), selector \(wire: selector)"
  }
}
