import MilterProtocol

/// A mail before and after all that was done with it, as its signatures see it.
package struct SignedChange: Sendable {
  /// In the order after; those that were taken away stand where they were.
  private let headers: [Header]
  private let before: [HeaderField]
  private let after: [HeaderField]
  private let body: Body

  package struct Header: Sendable {
    /// Nil where it was added.
    package var before: HeaderField?
    /// Nil where it was taken away.
    package var after: HeaderField?
    /// The latest packet that added it, changed it or took it away.
    package var edit: Int?

    package init(before: HeaderField?, after: HeaderField?, edit: Int?) {
      (self.before, self.after, self.edit) = (before, after, edit)
    }

    fileprivate func isNamed(_ name: some Collection<UInt8>) -> Bool {
      (before ?? after).map { sameHeaderName($0.name, name) } ?? false
    }

    /// Nothing of it is left as it was signed, white space forgiven.
    fileprivate var isDamaged: Bool {
      guard let before else { return false }
      return !(after.map { Canonicalization.relaxed.takesAlike(before, $0) } ?? false)
    }
  }

  /// - ``before`` is nil where not all of it was seen; ``after`` is nil where it was not replaced.
  package struct Body: Sendable {
    package var before: BodyHashes?
    package var after: BodyHashes?
    /// The first packet of the new one.
    package var edit: Int?

    package init(before: BodyHashes?, after: BodyHashes? = nil, edit: Int? = nil) {
      (self.before, self.after, self.edit) = (before, after, edit)
    }
  }

  package init(headers: [Header], body: Body) {
    (self.headers, self.body) = (headers, body)
    before = headers.compactMap(\.before)
    after = headers.compactMap(\.after)
  }

  /// More signatures of a mail than that are not looked at.
  package static let signatureLimit = 8

  /// Signatures of the mail as it came that are still in it: one that another value has taken the place of is gone.
  private var signatures: [(signature: Signature, header: Header)] {
    headers.lazy.compactMap { header in
      guard let signature = header.before.flatMap({ Signature($0) }),
        let left = header.after.flatMap({ Signature($0) }), left.isOf(signature)
      else { return nil }
      return (signature, header)
    }.prefix(Self.signatureLimit).map { $0 }
  }

  /// What is broken, by signature. One whose header was taken away is gone and not broken, and what was added covers itself.
  package var damages: [SignatureDamage] {
    let newest = signatures.compactMap(\.signature.instance).max()
    var damages: [SignatureDamage] = []
    for (signature, header) in signatures {
      // Of ARC only the newest set has to fit the mail; whoever seals it anew vouches for what was there before.
      if signature.instance != nil, signature.instance != newest || isSealedAnew { continue }
      let held = body.before?.result(signature.body).flatMap { signature.fits($0) }
      let broken = headerDamages(signature, header) + (bodyDamage(signature).map { [$0] } ?? [])
      damages += broken.map { held == false ? SignatureDamage(of: signature, $0.packet, .brokenBefore) : $0 }
    }
    return damages + (sealDamage.map { [$0] } ?? [])
  }

  // MARK: headers

  private func headerDamages(_ signature: Signature, _ header: Header) -> [SignatureDamage] {
    var names = signature.changedNames(from: before, to: after)
    let survives =
      signature.headers == .simple && signature.changedNames(from: before, to: after, .relaxed).isEmpty
    if let old = header.before, let new = header.after, !signature.headers.takesAlike(old, new) {
      names.append(old.name.map(lowercased))
    }
    var damages: [(packet: Int, names: [[UInt8]])] = []
    for name in names {
      guard let packet = headers.filter({ $0.isNamed(name) }).compactMap(\.edit).min() else { continue }
      if let place = damages.firstIndex(where: { $0.packet == packet }) {
        damages[place].names.append(name)
      } else {
        damages.append((packet, [name]))
      }
    }
    return damages.map {
      SignatureDamage(of: signature, $0.packet, .headers($0.names, survivesRelaxed: survives))
    }
  }

  // MARK: body

  private func bodyDamage(_ signature: Signature) -> SignatureDamage? {
    guard let edit = body.edit, let after = body.after else { return nil }
    func isSame(_ form: BodyCoverage) -> Bool {
      guard let old = body.before?.result(form), let new = after.result(form) else { return false }
      return new.isLongEnough && old == new
    }
    guard !isSame(signature.body) else { return nil }
    let survives =
      signature.body.canonicalization == .simple
      && isSame(BodyCoverage(.relaxed, length: signature.body.length))
    let damage = SignatureDamage.Damage.body(isUnseen: body.before == nil, survivesRelaxed: survives)
    return SignatureDamage(of: signature, edit, damage)
  }

  // MARK: ARC

  private var isSealedAnew: Bool {
    headers.contains { $0.before == nil && $0.after != nil && $0.isNamed("ARC-Seal".utf8) }
  }

  /// An ARC-Seal takes all ARC headers up to its own set, white space forgiven (RFC 8617 section 5.1.1).
  private var sealDamage: SignatureDamage? {
    guard let seal = headers.compactMap(\.before).first(where: { sameHeaderName($0.name, "ARC-Seal".utf8) })
    else { return nil }
    let broken = headers.first { header in
      header.isDamaged && header.before?.name.prefix(4).map(lowercased).elementsEqual("arc-".utf8) ?? false
    }
    guard let broken, let name = broken.before?.name, let packet = broken.edit else { return nil }
    let text = Array(seal.text)
    let domain = TagList(text).value("d", in: text) ?? []
    return SignatureDamage(packet, .seal(domain: domain, name: Array(name)))
  }

  // MARK: Authentication-Results

  /// Results above the topmost Received, which the mail has from nobody outside, that are changed or gone: the packet that did
  /// it, and who had found them. Whoever writes results of that host anew replaces its own.
  package var lostResults: [(packet: Int, authority: [UInt8])] {
    guard let boundary = headers.firstIndex(where: { $0.before != nil && $0.isNamed("Received".utf8) }) else {
      return []
    }
    let written = headers.filter { $0.before == nil }.compactMap { $0.after.flatMap(Self.authority) }
    return headers[..<boundary].compactMap { header in
      guard header.isDamaged, let packet = header.edit, let old = header.before,
        let authority = Self.authority(old), !written.contains(authority),
        header.after.flatMap(Self.authority) != authority
      else { return nil }
      return (packet, authority)
    }
  }

  /// The host that an Authentication-Results names first.
  private static func authority(_ field: HeaderField) -> [UInt8]? {
    guard sameHeaderName(field.name, "Authentication-Results".utf8) else { return nil }
    return trimmedBlanks(field.text).prefix { !isBlankOrLineEnd($0) && $0 != UInt8(ascii: ";") }.map(
      lowercased)
  }
}
