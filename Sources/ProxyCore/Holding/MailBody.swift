import MilterProtocol
import TraceModel

/// The body of the message in progress, where a part of it may have to be rewritten, or a rule asks what it says.
///
/// Kept only while a rule could want it: bodies are otherwise read back from the trace, by whoever asks for a change.
struct MailBody: Sendable {
  /// How much of it is wanted.
  enum Use: Sendable { case none, beginning, all }

  private var chunks: [UInt8]?
  /// What was kept is not all that came.
  private var isCut = false
  /// Whether all of it has come.
  private(set) var isWhole = false

  /// More than any MTA takes by default; beyond, parts stay as they are.
  private static let limit = 64 << 20

  /// All of it; nil where it was not kept, or is still coming.
  var whole: [UInt8]? { isWhole && !isCut ? chunks : nil }

  /// Its beginning, once all has come.
  var beginning: [UInt8]? { isWhole ? chunks : nil }

  /// Whether it is known, or will be.
  var isKept: Bool { chunks != nil && !isCut }

  /// Bytes of it that are here.
  var count: Int { chunks?.count ?? 0 }

  mutating func note(_ packet: Packet, for use: Use) {
    switch packet.kind {
    case .command(.mail):
      chunks = use == .none ? nil : []
      isCut = false
      isWhole = false
    case .command(.body), .command(.bodyEOB):
      isWhole = packet.kind == .command(.bodyEOB)
      guard let count = chunks?.count, !isCut else { return }
      let limit = use == .all ? Self.limit : MailContent.bodyLimit
      if count + packet.payload.count > limit {
        isCut = true
        chunks?.append(contentsOf: packet.bytes[packet.payload].prefix(limit - count))
      } else {
        chunks?.append(contentsOf: packet.bytes[packet.payload])
      }
    case .command, .reply, .unknown, .empty: break
    }
  }

  /// What whoever asks for a change has read back.
  mutating func supply(_ body: [UInt8]) {
    if isWhole, !isKept { (chunks, isCut) = (body, false) }
  }
}
