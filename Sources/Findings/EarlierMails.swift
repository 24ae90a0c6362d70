import Dialogue
import MilterProtocol

/// Whether a modification has something of an earlier mail of the connection, and nothing of its own mail explains it: what a
/// milter forgot to clear.
///
/// Packets are kept as they came, bounded: of the mail in progress those in which a value may stand, of earlier ones a few
/// by which they are known. They are read when there is a modification to judge.
struct EarlierMails: Sendable {
  /// Of the mail in progress; what is beyond is not looked at.
  static let ownBytes = 128 * 1024
  private static let keptMails = 4
  /// Of an earlier mail: packets, and bytes of one.
  private static let keptPackets = 32
  private static let keptPacketBytes = 2048

  private var own: [Kept] = []
  private var ownSize = 0
  /// Not all of its body is kept.
  private var isBodyCut = false
  /// There are packets in it that are not kept when the mail is over.
  private var hasLarge = false
  /// Packets by mail, the latest last.
  private var earlier: [[Kept]] = []
  /// CONNECT, HELO and their macros: of every mail.
  private var connection: [Packet] = []

  private struct Kept: Sendable {
    let packet: Packet
    let number: Int
  }

  mutating func take(_ scene: Remarks.Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    switch scene.shape {
    case .optNeg: if scene.packet.sender == .mta { self = EarlierMails() }
    case .connect, .helo: if connection.count < 8 { connection.append(scene.packet) }
    case .macro(let letter, _): keep(macros: letter, scene, dialogue)
    case .mail:
      if own.contains(where: { $0.packet.kind != .command(.macro) }) { endMail() }
      keep(scene, dialogue)
    case .rcpt, .header, .unknown: keep(scene, dialogue)
    case .body: if !earlier.isEmpty { keep(scene, dialogue) } else { isBodyCut = true }
    case .abort, .quit: endMail()
    case .quitNC:
      endMail()
      connection = []
    case .verdict, .replyCode: if scene.due?.stage == .bodyEOB { endMail() }
    case .addHeader(_, let value), .insHeader(_, _, let value), .chgHeader(_, _, let value):
      judge(value, scene, &findings)
    case .addRcpt(let value), .addRcptPar(let value, _), .delRcpt(let value), .chgFrom(let value, _),
      .quarantine(let value):
      judge(value, scene, &findings)
    case .replBody(let piece): if !isBodyCut { judge(piece, scene, &findings) }
    case .data, .eoh, .bodyEOB, .progress, .setSymList, .connFail, .undecoded, .empty: break
    }
  }

  /// Of one modification.
  private static let judgedBytes = 16 * 1024

  // MARK: What is kept

  private mutating func keep(macros letter: UInt8, _ scene: Remarks.Scene, _ dialogue: Dialogue) {
    switch CommandKind(rawValue: letter) {
    case .connect, .helo: if connection.count < 8 { connection.append(scene.packet) }
    case .mail, .rcpt, .data, .eoh, .bodyEOB: keep(scene, dialogue)
    case .optNeg, .macro, .header, .body, .unknown, .abort, .quit, .quitNC, nil: break
    }
  }

  private mutating func keep(_ scene: Remarks.Scene, _ dialogue: Dialogue) {
    // A milter that changes nothing gives nothing away.
    guard !dialogue.negotiation.actions.isEmpty else { return }
    guard ownSize + scene.packet.bytes.count <= Self.ownBytes else {
      if case .body = scene.shape { isBodyCut = true }
      return
    }
    ownSize += scene.packet.bytes.count
    hasLarge = hasLarge || Self.isLarge(scene.packet)
    own.append(Kept(packet: scene.packet, number: scene.number))
  }

  private mutating func endMail() {
    guard !own.isEmpty else { return }
    if hasLarge { own.removeAll { Self.isLarge($0.packet) } }
    own.removeLast(max(0, own.count - Self.keptPackets))
    if earlier.count == Self.keptMails { earlier.removeFirst() }
    earlier.append(own)
    own = []
    own.reserveCapacity(Self.keptPackets)
    (ownSize, isBodyCut, hasLarge) = (0, false, false)
  }

  // MARK: What is found

  private func judge(_ value: Range<Int>, _ scene: Remarks.Scene, _ findings: inout [Finding]) {
    // What the operator makes is the operator's to know.
    guard !earlier.isEmpty, scene.way != .made, scene.due?.stage == .bodyEOB else { return }
    let bytes = scene.packet.bytes[value.prefix(Self.judgedBytes)]
    for kept in earlier.joined().reversed() {
      guard let sign = Signs(of: kept.packet).first(where: { $0.isIn(bytes) && !isOwn($0) }) else { continue }
      return scene.remark(
        .valueOfEarlierMail,
        "\(scene.name): '\(wire: sign.bytes)' is of an earlier mail (\(sign.source), packet \(packet: kept.number)), and in no packet of this one",
        &findings)
    }
  }

  /// It tells too little of a mail for its size.
  private static func isLarge(_ packet: Packet) -> Bool {
    packet.bytes.count > keptPacketBytes || packet.kind == .command(.body)
  }

  private func isOwn(_ sign: MailSign) -> Bool {
    own.contains { sign.occurs(in: $0.packet.bytes[$0.packet.payload]) }
      || connection.contains { sign.occurs(in: $0.bytes[$0.payload]) }
  }
}
