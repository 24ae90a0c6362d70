import MilterProtocol

/// A command that milter and shadow were told, and what each said to it so far.
struct ShadowedStep: Sendable {
  let kind: CommandKind
  let stage: Stage
  let message: Int
  /// Which of several.
  let subject: [UInt8]
  /// As which the shadow has got it.
  var number: Int?
  var milter = Side()
  var shadow = Side()

  struct Side: Sendable {
    private(set) var changes: [Said] = []
    /// Chunks of a new body are one change.
    private(set) var body: NewBody?
    var verdict: Verdict?

    /// A milter may say any number of modifications; the first of them are compared.
    private static let most = 1000

    mutating func add(_ packet: Packet, _ number: Int, _ kind: ReplyKind) {
      if kind == .replBody {
        if body == nil { body = NewBody(number: number) }
        body?.append(packet.bytes[packet.payload])
      } else if changes.count < Self.most {
        changes.append(Said(packet: packet, number: number))
      }
    }

    /// The packet that settled it.
    var settled: Int? { if case .said(let said)? = verdict { said.number } else { nil } }
    var isUnchanged: Bool { changes.isEmpty && body == nil }
  }

  enum Verdict: Sendable {
    case said(Said)
    /// Nothing is said where nothing is to be said: it goes on.
    case silence
  }

  struct Said: Sendable {
    let packet: Packet
    let number: Int
  }

  struct NewBody: Sendable {
    let number: Int
    private(set) var bytes = 0
    /// Of all of it (FNV-1a).
    private var sum: UInt64 = 0xcbf2_9ce4_8422_2325

    init(number: Int) { self.number = number }

    mutating func append(_ chunk: ArraySlice<UInt8>) {
      bytes += chunk.count
      sum = chunk.reduce(sum) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    func isLike(_ other: NewBody) -> Bool { bytes == other.bytes && sum == other.sum }
  }
}
