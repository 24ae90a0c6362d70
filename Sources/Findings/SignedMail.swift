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

  /// Nil until they are asked for: at the first piece of a body, or when the milter changes the mail.
  private var signatures: [Signature]?
  private var body = Body()
  private var repeated = RepeatedHeaders()
  private var newBody: (hashes: BodyHashes, number: Int)?
  /// The headers as they came, once the milter changes any.
  private var headersBefore: [MailHeader]?

  private struct Body {
    var pieces: [ArraySlice<UInt8>] = []
    var bytes = 0
    /// Instead of the pieces.
    var hashes: BodyHashes?
    /// Not all of it was seen, or it was not kept.
    var isUnknown = false
  }

  /// A piece of its body came.
  ///
  /// - Parameters:
  ///   - mayChange: the milter may send a new one.
  ///   - repeatsHeaders: the MTA is one whose bodies begin with the headers, which nobody signs twice.
  mutating func take(
    body piece: ArraySlice<UInt8>, of mail: MailInHand, mayChange: Bool, repeatsHeaders: Bool
  ) {
    let signatures = known(of: mail)
    guard !signatures.isEmpty, !body.isUnknown else { return }
    let piece = repeatsHeaders ? repeated.rest(of: piece, ofMailWith: mail.headerNames) : piece
    body.bytes += piece.count
    if body.hashes == nil {
      if body.bytes <= Self.keptBytes { return body.pieces.append(piece) }
      if !mayChange { return bodyIsUnknown() }
      body.hashes = hashes(of: body.pieces, by: signatures)
      body.pieces = []
    }
    body.hashes?.take(piece)
  }

  /// The milter does not see the rest of the body, or nothing of it.
  mutating func bodyIsUnknown() { body = Body(isUnknown: true) }

  /// A piece of a new body.
  mutating func take(newBody piece: ArraySlice<UInt8>, of mail: MailInHand, number: Int) {
    let signatures = known(of: mail)
    guard !signatures.isEmpty else { return }
    if newBody == nil { newBody = (BodyHashes(signatures.coverages), number) }
    newBody?.hashes.take(piece)
  }

  /// The milter is about to change these headers.
  mutating func note(_ headers: [MailHeader]) {
    if headersBefore == nil { headersBefore = headers }
  }

  /// Those of the headers that came by now; one that comes behind the body, from an MTA that is out of step, is no part of it.
  private mutating func known(of mail: MailInHand) -> [Signature] {
    if let signatures { return signatures }
    var found: [Signature] = []
    for place in mail.kept.indices where found.count < SignedChange.signatureLimit {
      guard case .header(let name, let value) = mail.kept[place].shape, mail.kept[place].isWhole,
        Signature.isName(ofLength: name.count)
      else { continue }
      let bytes = mail.kept[place].packet.bytes
      if let signature = Signature(HeaderField(name: bytes[name], text: bytes[value])) {
        found.append(signature)
      }
    }
    signatures = found
    return found
  }

  private func hashes(of pieces: [ArraySlice<UInt8>], by signatures: [Signature]) -> BodyHashes {
    var hashes = BodyHashes(signatures.coverages)
    for piece in pieces { hashes.take(piece) }
    return hashes
  }
}

// MARK: - The verdict

extension SignedMail {
  /// What is broken, now that the milter has accepted the mail.
  ///
  /// - Parameter changed: the headers with all that the milter did, deleted ones included; nil where it changed none.
  mutating func findings(_ mail: MailInHand, _ changed: [MailHeader]?) -> [Finding] {
    guard headersBefore != nil || newBody != nil else { return [] }
    let signatures = known(of: mail)
    let after = changed ?? MailHeader.all(of: mail)
    let before = Dictionary((headersBefore ?? after).map { ($0.number, $0.field) }) { first, _ in first }
    let headers = after.map {
      SignedChange.Header(
        before: before[$0.number], after: $0.isDeleted ? nil : $0.field, edit: $0.edit?.number)
    }
    let hashes =
      signatures.isEmpty || body.isUnknown ? nil : body.hashes ?? self.hashes(of: body.pieces, by: signatures)
    let change = SignedChange(
      headers: headers, body: .init(before: hashes, after: newBody?.hashes, edit: newBody?.number))
    func name(_ packet: Int) -> String {
      after.first { $0.edit?.number == packet }?.edit?.kind.name ?? ReplyKind.replBody.name
    }
    return change.damages.map { damage in
      Finding(damage.rule, packet: damage.packet, "\(name(damage.packet)) \(damage.sentence)")
    }
      + change.lostResults.map { lost in
        Finding(
          .resultsLost, packet: lost.packet,
          "\(name(lost.packet)): results of '\(wire: lost.authority)' stood above the topmost Received")
      }
  }
}

extension SignatureDamage {
  fileprivate var rule: FindingRule {
    switch damage {
    case .headers: isOfARC ? .arcChanged : .signedHeaderChanged
    case .body: isOfARC ? .arcChanged : .signedBodyChanged
    case .seal: .arcChanged
    case .brokenBefore: .signatureBrokenBefore
    }
  }
}
