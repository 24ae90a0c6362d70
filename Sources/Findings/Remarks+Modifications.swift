import Dialogue
import MilterProtocol
import Signatures

/// Modifications and where they stand.
extension Remarks {
  mutating func modification(
    _ kind: ReplyKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    if let action = kind.requiredAction, let answer = dialogue.negotiation.answer(on: scene.place),
      !answer.actions.contains(action)
    {
      scene.remark(.editNotNegotiated, "\(kind.name) needs \(action.names[0])", &findings)
    }
    guard scene.due?.stage == .bodyEOB else {
      if scene.due == nil { surplus.takeEdit(scene, dialogue, &findings) }
      return misplaced(kind, scene, &findings)
    }
    guard scene.isNew else { return }
    if kind == .replBody {
      replaceBody(scene, &findings)
    } else if replyBody.hasBegun {
      replyBody.isInterrupted = true
    }
    if kind == .addHeader || kind == .insHeader { remarkOnSigning(scene, dialogue, &findings) }
  }

  /// The milter signs a body of which the MTA breaks lines later.
  private func remarkOnSigning(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    guard let long = replyBody.hasBegun ? replyBody.lines.long : arriving.lines.long,
      long.bytes > BodyLines.limit(of: dialogue.mta), let signature = Signature(of: scene)
    else { return }
    scene.remark(
      .longLineSigned,
      "\(scene.name): \(signature.named) is over a line of \(long.bytes) bytes (packet \(packet: long.packet))",
      &findings)
  }

  private func misplaced(_ kind: ReplyKind, _ scene: borrowing Scene, _ findings: inout [Finding]) {
    let position = scene.leg.position
    let place: Sentence = scene.due.map { "at \($0.stage.name)" } ?? "after \(scene.leg.positionName)"
    if kind == .quarantine, scene.due != nil || position != .done {
      scene.remark(.quarantineTooEarly, "QUARANTINE \(place)", &findings)
    } else if scene.due == nil, position == .done || position == .out {
      scene.remark(.editAfterVerdict, "\(kind.name) after the verdict", &findings)
    } else {
      scene.remark(.editTooEarly, "\(kind.name) \(place)\(logged(kind, scene))", &findings)
    }
  }

  /// What Postfix writes into its log, which is often all that one has of it (`milter8_event` in milter8.c).
  func logged(_ kind: ReplyKind, _ scene: borrowing Scene) -> Sentence {
    guard let command = scene.due?.stage.name else { return "" }
    return ", in Postfix's log: unexpected filter response SMFIR_\(kind.name) after event SMFIC_\(command)"
  }

  /// So many small pieces of a new body, and a remark is made.
  private static let manyChunks = 100

  private mutating func replaceBody(_ scene: borrowing Scene, _ findings: inout [Finding]) {
    let bytes = scene.packet.payload.count
    if replyBody.isInterrupted {
      scene.remark(.bodyInterleaved, "another modification came between parts of the body", &findings)
    }
    if case .replBody(let piece) = scene.shape,
      let text = replyBody.lines.take(scene.packet.bytes[piece], number: scene.number)
    {
      scene.remark(.bodyLineTooLong, "REPLBODY: \(text)", &findings)
    }
    if bytes == 0 { scene.remark(.bodyErased, "the new body is empty", &findings) }
    if bytes < 1024 { replyBody.smallChunks += 1 }
    if replyBody.smallChunks == Self.manyChunks, bytes < 1024 {
      scene.remark(.manySmallChunks, "\(Self.manyChunks) parts of less than 1024 bytes", &findings)
    }
    replyBody.hasBegun = true
    replyBody.isInterrupted = false
  }
}

extension Signature {
  /// That of a header that a modification adds.
  fileprivate init?(of scene: borrowing Remarks.Scene) {
    switch scene.shape {
    case .addHeader(let name, let value), .insHeader(_, let name, let value):
      self.init(HeaderField(name: scene.packet.bytes[name], text: scene.packet.bytes[value]))
    default: return nil
    }
  }
}
