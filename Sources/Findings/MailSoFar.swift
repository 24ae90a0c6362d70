import Dialogue
import MilterProtocol

/// The mail that is in progress, as far as modifications are compared with it: its headers and recipients, and what the
/// milter has made of them.
///
/// One message at a time, and not more than ``limitBytes`` of it and ``limitLooks`` into it: all mail waits meanwhile, and a
/// sender of many headers may have a milter delete each. Headers and recipients are the packets that brought them;
/// nothing is copied. Where the milter may change nothing, nothing is kept.
struct MailSoFar: Sendable {
  /// Beyond this a message is not looked at any further.
  static let limitBytes = 4 * 1024 * 1024
  /// Headers and recipients that a message's modifications are compared with, all in all; some 20 ms.
  static let limitLooks = 2_000_000

  private var headers: [MailHeader] = []
  private var recipients: [Recipient] = []
  private var lastDeleted: [Deletion] = []
  private var keptBytes = 0
  private var looks = 0
  private var signed = SignedMail()

  private struct Recipient: Sendable {
    let packet: Packet
    let address: Range<Int>
    /// The packet that named it, RCPT or ADDRCPT.
    let number: Int
    var isDeleted = false

    var bare: ArraySlice<UInt8> { MailSoFar.bare(packet.bytes[address]) }
  }

  private struct Deletion: Sendable {
    let packet: Packet
    let name: Range<Int>
    var index: UInt32
  }

  mutating func take(_ scene: Remarks.Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    switch scene.shape {
    case .mail, .abort, .quit, .quitNC: forget()
    case .rcpt(let address, _):
      guard keeps(scene, dialogue) else { return }
      recipients.append(Recipient(packet: scene.packet, address: address, number: scene.number))
    case .header(let name, let value):
      guard keeps(scene, dialogue) else { return }
      let header = MailHeader(packet: scene.packet, name: name, value: value, number: scene.number)
      headers.append(header)
      signed.take(header)
    case .body(let chunk):
      guard keptBytes > 0 else { return }
      signed.take(
        body: scene.packet.bytes[chunk], mayChange: dialogue.negotiation.actions.contains(.changeBody))
    case .bodyEOB: if dialogue.negotiation.milterDeclines(.body) { signed.bodyIsUnknown() }
    case .replBody(let chunk):
      guard scene.due?.stage == .bodyEOB else { return }
      signed.take(newBody: scene.packet.bytes[chunk], number: scene.number)
    case .verdict, .replyCode: settle(scene, &findings)
    case .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt:
      guard scene.isWhole, scene.due?.stage == .bodyEOB, !isTooMuch else { return }
      modify(scene, &findings)
    case .optNeg, .macro, .connect, .helo, .data, .eoh, .unknown, .progress, .chgFrom, .quarantine,
      .setSymList, .connFail, .undecoded, .empty:
      break
    }
  }

  /// What is known of the message is not all of it any more.
  private var isTooMuch: Bool { keptBytes >= Self.limitBytes || looks >= Self.limitLooks }

  private mutating func keeps(_ scene: Remarks.Scene, _ dialogue: Dialogue) -> Bool {
    guard scene.isWhole, !isTooMuch, !dialogue.negotiation.actions.isEmpty else { return false }
    keptBytes += scene.packet.bytes.count
    return true
  }

  private mutating func forget() {
    guard keptBytes > 0 else { return }
    self = MailSoFar()
  }

  private mutating func settle(_ scene: Remarks.Scene, _ findings: inout [Finding]) {
    guard keptBytes > 0, let due = scene.due else { return }
    switch (due.stage, scene.packet.kind) {
    case (.rcpt, .reply(.reject)), (.rcpt, .reply(.tempfail)), (.rcpt, .reply(.replyCode)):
      recipients.removeAll { $0.number == due.number }
    case (.bodyEOB, .reply(let kind)):
      if !isTooMuch, kind == .continue || kind == .accept { remarkOnResult(kind, scene, &findings) }
      forget()
    case (.body, .reply(.skip)): signed.bodyIsUnknown()
    case (_, _): break
    }
  }

  private func remarkOnResult(_ kind: ReplyKind, _ scene: Remarks.Scene, _ findings: inout [Finding]) {
    if !recipients.isEmpty, recipients.allSatisfy(\.isDeleted) {
      scene.remark(
        .allRcptDeleted, "\(kind.name): all \(counted(recipients.count, "recipient"))", &findings)
    }
    findings += signed.findings(headers)
  }

  private mutating func modify(_ scene: Remarks.Scene, _ findings: inout [Finding]) {
    keptBytes += scene.packet.bytes.count
    looks += headers.count + recipients.count
    switch scene.shape {
    case .addRcpt(let address), .addRcptPar(let address, _): add(recipient: address, scene, &findings)
    case .delRcpt(let address): delete(recipient: address, scene, &findings)
    case .addHeader(let name, let value), .insHeader(_, let name, let value):
      remarkOnUnique(name, scene, &findings)
      add(MailHeader(addedBy: scene, name: name, value: value), scene)
    case .chgHeader(let index, let name, let value):
      signed.note(headers)
      change(index, name, value, scene, &findings)
    default: break
    }
  }

  // MARK: - Envelope

  private mutating func add(recipient: Range<Int>, _ scene: Remarks.Scene, _ findings: inout [Finding]) {
    let bytes = scene.packet.bytes[recipient]
    if recipients.contains(where: { !$0.isDeleted && $0.bare == Self.bare(bytes) }) {
      scene.remark(
        .addRcptDuplicate, "\(scene.name): '\(wire: bytes)' is a recipient already",
        &findings)
    }
    recipients.append(Recipient(packet: scene.packet, address: recipient, number: scene.number))
  }

  private mutating func delete(recipient: Range<Int>, _ scene: Remarks.Scene, _ findings: inout [Finding]) {
    let bytes = scene.packet.bytes[recipient]
    let places = recipients.indices.filter { recipients[$0].bare == Self.bare(bytes) }
    for place in places { recipients[place].isDeleted = true }
    // Without a single recipient seen they are switched off, and nothing can be told.
    if places.isEmpty, !recipients.isEmpty, !bytes.isEmpty {
      scene.remark(
        .delRcptUnknown, "\(scene.name): '\(wire: bytes)' is no recipient", &findings)
    }
  }

  /// The address without angle brackets; case counts, as in Postfix.
  private static func bare(_ address: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard address.count >= 2, address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">") else {
      return address
    }
    return address.dropFirst().dropLast()
  }

  // MARK: - Headers

  /// At the end, or before the header that has the index: the MTA's own Received, which the milter does not see, is the first.
  private mutating func add(_ header: MailHeader, _ scene: Remarks.Scene) {
    signed.note(headers)
    guard case .insHeader(let index, _, _) = scene.shape else { return headers.append(header) }
    let present = headers.indices.filter { !headers[$0].isDeleted }
    let place = max(Int(clamping: index) - 1, 0)
    headers.insert(header, at: place < present.count ? present[place] : headers.count)
  }

  /// Fields that a message has at most once (RFC 5322 section 3.6).
  private static let unique = [
    "Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References",
    "Subject",
  ]

  private func remarkOnUnique(_ name: Range<Int>, _ scene: Remarks.Scene, _ findings: inout [Finding]) {
    let name = scene.packet.bytes[name]
    guard Self.unique.contains(where: { sameHeaderName(name, $0.utf8) }),
      headers.contains(where: { !$0.isDeleted && sameHeaderName($0.nameBytes, name) })
    else { return }
    scene.remark(
      .headerUnique, "\(scene.name): the message has '\(wire: name)' already", &findings)
  }

  private mutating func change(
    _ index: UInt32, _ range: Range<Int>, _ value: Range<Int>, _ scene: Remarks.Scene,
    _ findings: inout [Finding]
  ) {
    let name = scene.packet.bytes[range]
    let shown: Sentence = "'\(wire: name)'"
    let same = headers.indices.filter { sameHeaderName(headers[$0].nameBytes, name) }
    // Index 0 is the first.
    let place = Int(clamping: max(index, 1))
    let isBeyond = place > same.count
    // Without a single header seen they are switched off, and nothing can be told.
    // What is wrong with an index by itself is said elsewhere (H04, H06).
    if !headers.isEmpty, isBeyond, index > 0, index < 0x8000_0000 {
      scene.remark(
        .headerIndexBeyond, "\(scene.name): index \(index) of \(shown), the message has \(same.count)",
        &findings)
    }
    if value.isEmpty {
      noteDeletion(of: index, range, shown, scene, &findings)
      if !isBeyond { headers[same[place - 1]].delete(by: scene) }
      return
    }
    if !isBeyond, isSpacedOtherwise(headers[same[place - 1]].valueBytes, scene.packet.bytes[value]) {
      scene.remark(.headerRespaced, "\(scene.name): \(shown) differs in blanks alone", &findings)
    }
    if isBeyond {
      headers.append(MailHeader(addedBy: scene, name: range, value: value))
    } else {
      headers[same[place - 1]].replace(by: scene, name: range, value: value)
    }
  }

  private mutating func noteDeletion(
    of index: UInt32, _ name: Range<Int>, _ shown: Sentence, _ scene: Remarks.Scene,
    _ findings: inout [Finding]
  ) {
    let bytes = scene.packet.bytes[name]
    if let last = lastDeleted.firstIndex(where: { sameHeaderName($0.packet.bytes[$0.name], bytes) }) {
      if index > lastDeleted[last].index {
        scene.remark(
          .deletesAscending,
          "\(scene.name): index \(index) of \(shown) after index \(lastDeleted[last].index)",
          &findings)
      }
      lastDeleted[last].index = index
    } else {
      lastDeleted.append(Deletion(packet: scene.packet, name: name, index: index))
    }
  }

  private func isSpacedOtherwise(_ old: ArraySlice<UInt8>, _ new: ArraySlice<UInt8>) -> Bool {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    return old != new && old.lazy.filter { !isBlank($0) }.elementsEqual(new.lazy.filter { !isBlank($0) })
  }
}
