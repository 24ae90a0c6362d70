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
  /// Of all earlier mails together.
  private static let keptPackets = 64
  private static let keptPacketBytes = 2048

  private var own: [Kept] = []
  private var ownSize = 0
  /// Not all of its body is kept.
  private var isBodyCut = false
  private var earlier: [Kept] = []
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
    own.append(Kept(packet: scene.packet, number: scene.number))
  }

  private mutating func endMail() {
    earlier += own.lazy.filter { $0.packet.bytes.count <= Self.keptPacketBytes && !$0.packet.isBody }
      .prefix(Self.keptPackets / 2)
    earlier.removeFirst(max(0, earlier.count - Self.keptPackets))
    own.removeAll(keepingCapacity: true)
    (ownSize, isBodyCut) = (0, false)
  }

  // MARK: What is found

  private func judge(_ value: Range<Int>, _ scene: Remarks.Scene, _ findings: inout [Finding]) {
    guard !earlier.isEmpty, scene.due?.stage == .bodyEOB else { return }
    let bytes = scene.packet.bytes[value.prefix(Self.judgedBytes)]
    for kept in earlier.reversed() {
      guard let sign = Signs(of: kept.packet).first(where: { $0.isIn(bytes) && !isOwn($0) }) else { continue }
      return scene.remark(
        .valueOfEarlierMail,
        "\(scene.name): '\(wire: sign.bytes)' is of an earlier mail (\(sign.source), packet \(packet: kept.number)), and in no packet of this one",
        &findings)
    }
  }

  private func isOwn(_ sign: MailSign) -> Bool {
    own.contains { sign.occurs(in: $0.packet.bytes[$0.packet.payload]) }
      || connection.contains { sign.occurs(in: $0.bytes[$0.payload]) }
  }
}

extension Packet {
  fileprivate var isBody: Bool { kind == .command(.body) }
}
