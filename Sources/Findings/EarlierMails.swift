import Dialogue
import MilterProtocol

/// Whether a modification has something of an earlier mail of the connection, and nothing of its own mail explains it: what a
/// milter forgot to clear.
///
/// Their packets are kept as they came, bounded: a few of each mail by which it is known. They are read when there is a
/// modification to judge.
struct EarlierMails: Sendable {
  private static let keptMails = 4
  /// Of a mail: packets, and bytes of one.
  private static let keptPackets = 32
  private static let keptPacketBytes = 2048
  /// Of one modification.
  private static let judgedBytes = 16 * 1024
  /// Modifications of a mail that are judged, and bytes of the mail that are searched for them: all mail waits meanwhile.
  private static let judgedEdits = 500
  private static let searchedBytes = 32 * 1024 * 1024

  /// Packets by mail, the latest last.
  private var mails: [[MailInHand.Kept]] = []
  /// CONNECT, HELO and their macros: of every mail.
  private var connection: [Packet] = []
  private var edits = 0
  private var searched = 0

  var isEmpty: Bool { mails.isEmpty }

  mutating func keep(connection packet: Packet) { if connection.count < 8 { connection.append(packet) } }
  mutating func forgetConnection() { connection = [] }

  /// A mail is over.
  ///
  /// - Returns: an array that is not needed any more.
  mutating func take(_ mail: inout MailInHand) -> [MailInHand.Kept] {
    (edits, searched) = (0, 0)
    var kept = mail.end()
    if kept.count > Self.keptPackets || kept.contains(where: { $0.packet.bytes.count > Self.keptPacketBytes })
    {
      kept = Array(
        kept.lazy.filter { $0.packet.bytes.count <= Self.keptPacketBytes }.prefix(Self.keptPackets))
    }
    let spare = mails.count == Self.keptMails ? mails.removeFirst() : []
    mails.append(kept)
    return spare
  }

  // MARK: What is found

  /// A modification of the mail in hand.
  mutating func judge(_ scene: borrowing Remarks.Scene, _ mail: MailInHand, _ findings: inout [Finding]) {
    guard !mails.isEmpty, !mail.isCut, edits < Self.judgedEdits, searched < Self.searchedBytes,
      let value = value(of: scene, mail)
    else { return }
    edits += 1
    let bytes = scene.packet.bytes[value.prefix(Self.judgedBytes)]
    for kept in mails.joined().reversed() {
      for sign in Signs(of: kept) where sign.isIn(bytes) && !isOwn(sign, mail) {
        return scene.remark(
          .valueOfEarlierMail,
          "\(scene.name): '\(wire: sign.bytes)' is of an earlier mail (\(sign.source), packet \(packet: kept.number)), and in no packet of this one",
          &findings)
      }
    }
  }

  /// What it puts into the mail.
  private func value(of scene: borrowing Remarks.Scene, _ mail: MailInHand) -> Range<Int>? {
    switch scene.shape {
    case .addHeader(_, let value), .insHeader(_, _, let value), .chgHeader(_, _, let value): value
    case .addRcpt(let value), .addRcptPar(let value, _), .delRcpt(let value), .chgFrom(let value, _),
      .quarantine(let value):
      value
    // Without all of its own body nobody can tell where the new one is from.
    case .replBody(let piece): mail.isBodyCut ? nil : piece
    default: nil
    }
  }

  private mutating func isOwn(_ sign: MailSign, _ mail: MailInHand) -> Bool {
    searched += mail.bytes
    return mail.kept.contains { sign.occurs(in: $0.packet.bytes[$0.packet.payload]) }
      || mail.body.contains { sign.occurs(in: $0.bytes[$0.payload]) }
      || connection.contains { sign.occurs(in: $0.bytes[$0.payload]) }
  }
}
