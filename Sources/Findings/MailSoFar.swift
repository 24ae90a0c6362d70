import Dialogue
import MilterProtocol

/// What the milter has made of the mail in hand: its headers and recipients, with which its next modification is compared.
///
/// They are read out of the mail's packets at the first modification, and looked into at most ``limitLooks`` times: all mail
/// waits meanwhile, and a sender of many headers may have a milter delete each.
struct MailSoFar: Sendable {
  /// Headers and recipients that a message's modifications are compared with, all in all; some 20 ms.
  static let limitLooks = 2_000_000

  /// Nil before the first modification.
  private(set) var headers: [MailHeader]?
  private var recipients: [Recipient] = []
  private var lastDeleted: [Deletion] = []
  private var looks = 0

  private struct Recipient: Sendable {
    let packet: Packet
    let address: Range<Int>
    var isDeleted = false

    var bare: ArraySlice<UInt8> { MailSoFar.bare(packet.bytes[address]) }
  }

  private struct Deletion: Sendable {
    let packet: Packet
    let name: Range<Int>
    var index: UInt32
  }

  mutating func modify(
    _ scene: borrowing Remarks.Scene, _ mail: MailInHand, _ signed: inout SignedMail,
    _ findings: inout [Finding]
  ) {
    guard !mail.isCut, looks < Self.limitLooks else { return }
    var headers = self.headers ?? begin(mail)
    // What changes is not to be shared, or it is copied whole.
    self.headers = nil
    defer { self.headers = headers }
    looks += headers.count + recipients.count + 1
    switch scene.shape {
    case .addRcpt(let address), .addRcptPar(let address, _): add(recipient: address, scene, &findings)
    case .delRcpt(let address): delete(recipient: address, scene, &findings)
    case .addHeader(let name, let value), .insHeader(_, let name, let value):
      signed.note(headers)
      remarkOnUnique(name, headers, scene, &findings)
      add(MailHeader(addedBy: scene, name: name, value: value), to: &headers, scene)
    case .chgHeader(let index, let name, let value):
      signed.note(headers)
      change(index, name, value, of: &headers, scene, &findings)
    default: break
    }
  }

  /// The mail as the MTA gave it.
  private mutating func begin(_ mail: MailInHand) -> [MailHeader] {
    recipients = mail.kept.compactMap { kept in
      guard case .rcpt(let address, _) = kept.shape, kept.isWhole, !kept.isRefused else { return nil }
      return Recipient(packet: kept.packet, address: address)
    }
    return MailHeader.all(of: mail)
  }

  /// The milter is done with it, and lets it pass.
  func remarkOnResult(_ scene: borrowing Remarks.Scene, _ findings: inout [Finding]) {
    guard looks < Self.limitLooks, !recipients.isEmpty, recipients.allSatisfy(\.isDeleted) else { return }
    scene.remark(
      .allRcptDeleted, "\(scene.name): all \(counted(recipients.count, "recipient"))", &findings)
  }

  // MARK: - Envelope

  private mutating func add(
    recipient: Range<Int>, _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
  ) {
    let bytes = scene.packet.bytes[recipient]
    if recipients.contains(where: { !$0.isDeleted && $0.bare == Self.bare(bytes) }) {
      scene.remark(
        .addRcptDuplicate, "\(scene.name): '\(wire: bytes)' is a recipient already",
        &findings)
    }
    recipients.append(Recipient(packet: scene.packet, address: recipient))
  }

  private mutating func delete(
    recipient: Range<Int>, _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
  ) {
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
  private func add(_ header: MailHeader, to headers: inout [MailHeader], _ scene: borrowing Remarks.Scene) {
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

  private func remarkOnUnique(
    _ name: Range<Int>, _ headers: [MailHeader], _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
  ) {
    let name = scene.packet.bytes[name]
    guard Self.unique.contains(where: { sameHeaderName(name, $0.utf8) }),
      headers.contains(where: { !$0.isDeleted && sameHeaderName($0.nameBytes, name) })
    else { return }
    scene.remark(
      .headerUnique, "\(scene.name): the message has '\(wire: name)' already", &findings)
  }

  private mutating func change(
    _ index: UInt32, _ range: Range<Int>, _ value: Range<Int>, of headers: inout [MailHeader],
    _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
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
    of index: UInt32, _ name: Range<Int>, _ shown: Sentence, _ scene: borrowing Remarks.Scene,
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
