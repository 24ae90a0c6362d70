import MilterProtocol
import TraceModel

/// The body of the message in progress, where a part of it may have to be rewritten.
///
/// Kept only while a rule could want it: bodies are otherwise read back from the trace, by whoever asks for a change.
struct MailBody: Sendable {
  private var chunks: [UInt8]?
  /// Whether all of it has come.
  private(set) var isWhole = false

  /// More than any MTA takes by default; beyond, parts stay as they are.
  private static let limit = 64 << 20

  /// All of it; nil where it was not kept, or is still coming.
  var whole: [UInt8]? { isWhole ? chunks : nil }

  /// Whether it is known, or will be.
  var isKept: Bool { chunks != nil }

  /// Bytes of it that are here.
  var count: Int { chunks?.count ?? 0 }

  mutating func note(_ packet: Packet, keeps: Bool) {
    switch packet.kind {
    case .command(.mail):
      chunks = keeps ? [] : nil
      isWhole = false
    case .command(.body), .command(.bodyEOB):
      isWhole = packet.kind == .command(.bodyEOB)
      guard let count = chunks?.count else { return }
      if count + packet.payload.count > Self.limit {
        chunks = nil
      } else {
        chunks?.append(contentsOf: packet.bytes[packet.payload])
      }
    case .command, .reply, .unknown, .empty: break
    }
  }

  /// What whoever asks for a change has read back.
  mutating func supply(_ body: [UInt8]) {
    if isWhole, chunks == nil { chunks = body }
  }
}
