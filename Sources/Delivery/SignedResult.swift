import MilterProtocol
import Signatures
import Timeline
import TraceModel

/// What becomes of the signatures of a mail, by what one MTA makes of it.
struct SignedResult {
  private let content: MessageContent
  private let result: EffectiveResult

  /// - Parameter result: headers and body as the MTA hands them on.
  init(_ content: MessageContent, _ result: EffectiveResult) {
    (self.content, self.result) = (content, result)
  }

  /// What each modification costs, and which lines the MTA breaks of what is signed here.
  var remarks: [EffectRemark] {
    let change = change
    let damages = change.damages.map { EffectRemark(packet: $0.packet, text: $0.sentence.text) }
    let lost = change.lostResults.map {
      let sentence: Sentence =
        "takes the results of '\(wire: $0.authority)' away, which stood above the topmost Received"
      return EffectRemark(packet: $0.packet, text: sentence.text)
    }
    return damages + lost + brokenLines
  }

  private var change: SignedChange { SignedChange(headers: headers, body: bodyChange) }

  /// The packets whose changes that signature covers, each once.
  func breakers(of signature: Signature) -> [Int] {
    Set(change.damages.filter { $0.signature == signature }.map(\.packet)).sorted()
  }

  private var headers: [SignedChange.Header] {
    result.headers.filter { !$0.isOwnReceived }.map { line in
      let now = HeaderField(name: line.name[...], text: line.text[...])
      let old = line.before.map { HeaderField(name: $0.name[...], text: $0.text[...]) }
      return switch line.change {
      case .kept: SignedChange.Header(before: now, after: now, edit: nil)
      case .added(let packet): SignedChange.Header(before: nil, after: now, edit: packet)
      case .changed(let packet): SignedChange.Header(before: old ?? now, after: now, edit: packet)
      case .removed(let packet): SignedChange.Header(before: old ?? now, after: nil, edit: packet)
      }
    }
  }

  // MARK: body

  private var bodyChange: SignedChange.Body {
    let coverages = signatures.map(\.signature).coverages
    let isKnown = content.unseen == nil && !content.bodyIsCut
    return SignedChange.Body(
      before: isKnown ? hashes(of: content.body, coverages) : nil,
      after: newBody.map { hashes(of: $0, coverages) }, edit: result.bodyPackets.first)
  }

  /// As the milter sent it; nil where it sent none.
  private var newBody: [UInt8]? {
    guard !result.bodyPackets.isEmpty else { return nil }
    return content.modifications.reduce(into: []) {
      if case .replBody(let piece) = $1.modification { $0 += piece }
    }
  }

  private func hashes(of body: [UInt8], _ coverages: [BodyCoverage]) -> BodyHashes {
    var hashes = BodyHashes(coverages)
    hashes.take(body[...])
    return hashes
  }

  /// Signatures in the mail as it leaves, each with the packet that brought it, and whether that was the milter's.
  private var signatures: [(signature: Signature, packet: Int?, isNew: Bool)] {
    result.headers.lazy.filter { !$0.isRemoved }.compactMap { line in
      Signature(HeaderField(name: line.name[...], text: line.text[...])).map { signature in
        if case .added(let packet) = line.change { return (signature, packet, true) }
        return (signature, line.packet, false)
      }
    }.prefix(SignedChange.signatureLimit).map { $0 }
  }

  /// Signatures over lines of the body that the MTA breaks; of one that was there before, where the milter leaves the body.
  private var brokenLines: [EffectRemark] {
    let made = signatures.filter { $0.isNew || newBody == nil }
    guard !made.isEmpty, content.unseen == nil, !content.bodyIsCut else { return [] }
    let coverages = made.map(\.signature).coverages
    let signed = hashes(of: newBody ?? content.body, coverages)
    let sent = hashes(of: result.body, coverages)
    return made.compactMap { signature, packet, _ in
      guard let packet, let old = signed.result(signature.body), let new = sent.result(signature.body),
        old != new, signature.fits(old) ?? true
      else { return nil }
      let sentence: Sentence =
        "\(signature.named) fails at the next hop: \(result.rules.name) breaks lines of the body that it is over"
      return EffectRemark(packet: packet, text: sentence.text)
    }
  }
}
