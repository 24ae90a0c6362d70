import Dialogue
import MilterProtocol
import Signatures

/// What the signatures of a mail cover, and whether that is still the same when the milter is done with it.
///
/// Nothing is hashed before the milter sends a new body or changes a header that is signed: until then the body stays in
/// the packets that brought it, as far as ``keptBytes`` reach.
struct SignedMail: Sendable {
  /// Beyond so much of a body its hashes are made as it comes.
  static let keptBytes = 256 * 1024
  private static let keptSignatures = 8

  private var signatures: [(signature: Signature, number: Int)] = []
  private var coverages: [BodyCoverage] = []
  private var body = Body()
  private var newBody: (hashes: [BodyHash], number: Int)?
  /// The headers as they came, once the milter changes any.
  private var headersBefore: [MailHeader]?
  private var longLine: Int?
  private var newLines = BodyLines()

  private struct Body {
    var pieces: [ArraySlice<UInt8>] = []
    var bytes = 0
    /// Instead of the pieces.
    var hashes: [BodyHash]?
    /// Not all of it was seen, or it was not kept.
    var isUnknown = false
  }

  /// A header of the mail came.
  mutating func take(_ header: MailHeader) {
    // One that comes behind the body, from an MTA that is out of step, is no part of this.
    guard signatures.count < Self.keptSignatures, body.bytes == 0, newBody == nil,
      let signature = Signature(header.field)
    else { return }
    signatures.append((signature, header.number))
    // Simple ones are asked for in the other form as well: what would have survived is worth knowing.
    let forms = [signature.body, BodyCoverage(.relaxed, length: signature.body.length)]
    for form in forms where !coverages.contains(form) { coverages.append(form) }
  }

  /// A piece of its body came.
  ///
  /// - Parameter mayChange: the milter may send a new one.
  mutating func take(body piece: ArraySlice<UInt8>, mayChange: Bool) {
    guard !signatures.isEmpty, !body.isUnknown else { return }
    body.bytes += piece.count
    if body.hashes == nil {
      if body.bytes <= Self.keptBytes { return body.pieces.append(piece) }
      if !mayChange { return bodyIsUnknown() }
      body.hashes = hashes(of: body.pieces)
      body.pieces = []
    }
    for index in coverages.indices { body.hashes?[index].take(piece) }
  }

  /// The milter does not see the rest of the body, or nothing of it.
  mutating func bodyIsUnknown() { body = Body(isUnknown: true) }

  /// A piece of a new body.
  mutating func take(newBody piece: ArraySlice<UInt8>, number: Int) {
    guard !signatures.isEmpty else { return }
    if newBody == nil { newBody = (coverages.map { BodyHash($0) }, number) }
    for index in coverages.indices { newBody?.hashes[index].take(piece) }
  }

  /// The milter is about to change these headers.
  mutating func note(_ headers: [MailHeader]) {
    if headersBefore == nil { headersBefore = headers }
  }

  private func hashes(of pieces: [ArraySlice<UInt8>]) -> [BodyHash] {
    coverages.map { coverage in
      var hash = BodyHash(coverage)
      for piece in pieces { hash.take(piece) }
      return hash
    }
  }
}

// MARK: - The verdict

extension SignedMail {
  /// What is broken, now that the milter has accepted the mail.
  ///
  /// - Parameter after: the headers with all that the milter did, deleted ones included.
  func findings(_ after: [MailHeader]) -> [Finding] {
    guard headersBefore != nil || newBody != nil else { return [] }
    let judged = HeaderChange(before: headersBefore ?? after, after: after)
    let hashes = signatures.isEmpty || body.isUnknown ? nil : body.hashes ?? hashes(of: body.pieces)
    var findings: [Finding] = []
    for (signature, number) in signatures where isCounted(signature, judged) && !judged.isGone(number) {
      let results = zip(coverages, hashes ?? []).first { $0.0 == signature.body }?.1.result
      let held = results.flatMap { signature.fits($0) }
      for damage in judged.damages(to: signature, number) {
        findings.append(damage.finding(signature, heldBefore: held))
      }
      if let finding = bodyFinding(signature, hashes, heldBefore: held) { findings.append(finding) }
    }
    return findings + judged.arcFindings()
  }

  /// Of ARC only the newest set has to fit the mail; whoever seals it anew vouches for what was there before.
  private func isCounted(_ signature: Signature, _ change: HeaderChange) -> Bool {
    guard let instance = signature.instance else { return true }
    return instance == signatures.compactMap(\.signature.instance).max() && !change.sealsAnew
  }

  private func bodyFinding(_ signature: Signature, _ before: [BodyHash]?, heldBefore: Bool?) -> Finding? {
    guard let newBody else { return nil }
    func isSame(_ form: BodyCoverage) -> Bool {
      guard let place = coverages.firstIndex(of: form), let before else { return false }
      let (old, new) = (before[place].result, newBody.hashes[place].result)
      return new.isLongEnough && old == new
    }
    guard !isSame(signature.body) else { return nil }
    if heldBefore == false { return .brokenBefore("REPLBODY", signature, packet: newBody.number) }
    let form = signature.body.canonicalization
    let part: Sentence = signature.body.length.map { ", of which l= covers \($0) bytes" } ?? ""
    let unseen: Sentence = before == nil ? ": nothing is known of the old one" : ""
    let cure: Sentence =
      form == .simple && isSame(BodyCoverage(.relaxed, length: signature.body.length))
      ? "; relaxed would survive" : ""
    let rule: FindingRule = signature.instance == nil ? .signedBodyChanged : .arcChanged
    return Finding(
      rule, packet: newBody.number,
      "REPLBODY breaks \(signature.named): another body (\(form.name))\(part)\(unseen)\(cure)")
  }
}

extension Signature {
  /// `the signature of example.org, selector s1`
  var named: Sentence {
    let what = instance.map { "the ARC-Message-Signature i=\($0)" } ?? "the signature"
    return "\(what) of \(wire: domain), selector \(wire: selector)"
  }
}

extension Finding {
  static func brokenBefore(_ kind: String, _ signature: Signature, packet: Int) -> Finding {
    Finding(
      .signatureBrokenBefore, packet: packet,
      "\(kind): the body did not fit \(signature.named), before either")
  }
}
