import MilterProtocol
import Signatures
import Timeline

/// What there is to verify of the signatures of a mail, as it came and as it leaves.
package struct SignatureChecks: Sendable {
  /// In the order in which they came, then those that the milter made.
  package private(set) var items: [Item] = []

  package struct Item: Sendable {
    package let signature: Signature
    /// As it came; nil where the milter made it.
    package let before: SignatureCheck?
    /// As the mail leaves; nil where it does not leave, or without the signature.
    package let after: SignatureCheck?
    package let fate: SignatureStory.Fate
    /// The packets whose changes it covers.
    package let breakers: [Int]
  }

  /// One state of the mail.
  private struct State {
    let fields: [HeaderField]
    /// The packets that brought them; nil for those of the milter.
    let packets: [Int?]
    let body: BodyHashes?

    func signatures() -> [(signature: Signature, place: Int)] {
      let all = fields.indices.lazy.compactMap { place in Signature(fields[place]).map { ($0, place) } }
        .prefix(SignedChange.signatureLimit)
      // Of ARC only the newest set has to fit the mail.
      let newest = all.compactMap { $0.0.instance }.max()
      return all.filter { $0.0.instance == nil || $0.0.instance == newest }
    }

    func check(_ signature: Signature, at place: Int) -> SignatureCheck {
      SignatureCheck(signature, at: place, of: fields, body: body?.result(signature.body))
    }
  }

  package init(of content: MessageContent, under rules: KnownMTA) {
    let result = EffectiveResult(of: content, under: rules)
    let signed = SignedResult(content, result)
    let lead = content.keepsLeadingSpace ? [] : [UInt8(ascii: " ")]
    let cameFields = content.headers.map {
      HeaderField(name: $0.header.name[...], text: (lead + $0.header.value)[...])
    }
    let lines = result.headers.filter { !$0.isRemoved && !$0.isOwnReceived }
    let leavesFields = lines.map { HeaderField(name: $0.name[...], text: $0.text[...]) }
    let coverages = (cameFields + leavesFields).compactMap { Signature($0) }.coverages
    guard !coverages.isEmpty else { return }
    let isSeen = content.unseen == nil && !content.bodyIsCut
    let isReplaced = !result.bodyPackets.isEmpty
    let came = State(
      fields: cameFields, packets: content.headers.map(\.packet),
      body: isSeen ? Self.hashes(of: content.body, coverages) : nil)
    let leaves = State(
      fields: leavesFields, packets: lines.map(\.packet),
      body: isSeen || isReplaced ? Self.hashes(of: result.body, coverages) : nil)
    let left = result.fate.goesOn ? leaves.signatures() : []
    var seen: Set<Int> = []
    for (signature, place) in came.signatures() {
      let packet = content.headers[place].packet
      let after = left.first { leaves.packets[$0.place] == packet && $0.signature.isOf(signature) }
      if let after { seen.insert(after.place) }
      items.append(
        Item(
          signature: signature, before: came.check(signature, at: place),
          after: after.map { leaves.check($0.signature, at: $0.place) },
          fate: after != nil ? .kept : Self.fate(ofHeader: packet, in: result),
          breakers: signed.breakers(of: signature)))
    }
    for (signature, place) in left where !seen.contains(place) {
      guard let packet = lines[place].change.packet else { continue }
      items.append(
        Item(
          signature: signature, before: nil, after: leaves.check(signature, at: place),
          fate: .made(by: packet),
          breakers: []))
    }
  }

  private static func hashes(of body: [UInt8], _ coverages: [BodyCoverage]) -> BodyHashes {
    var hashes = BodyHashes(coverages)
    hashes.take(body[...])
    return hashes
  }

  /// What became of a signature that is in the mail no more.
  private static func fate(ofHeader packet: Int, in result: EffectiveResult) -> SignatureStory.Fate {
    let line = result.headers.first { $0.packet == packet }
    return line?.change.packet.map { .removed(by: $0) } ?? .ended
  }
}
