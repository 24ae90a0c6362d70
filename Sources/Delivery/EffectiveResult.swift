import MilterProtocol
import Timeline
import TraceModel

/// What the MTA will do with a mail after end of message: the envelope, headers and body that it delivers.
///
/// Postfix and Sendmail differ in nearly every detail (protocol.md 4.4, 4.5); one value follows one of them. Each line
/// of the result says whether it was there before, and which packet added, changed or removed it, so that the
/// result is its own diff. What the MTA adds by itself (its Received) stands in as a line without content.
package struct EffectiveResult: Equatable, Sendable {
  package private(set) var rules: KnownMTA
  package internal(set) var sender: AddressLine?
  package internal(set) var recipients: [AddressLine] = []
  package internal(set) var headers: [HeaderLine] = []
  /// Names of headers that the MTA writes near the top, since the mail has none of these.
  package internal(set) var addedByMTA: [String] = []
  /// As the next hop gets it, but lines end with LF.
  package internal(set) var bodyBefore: [UInt8] = []
  package internal(set) var body: [UInt8] = []
  /// The chunks that replaced the body; empty where it is the client's.
  package internal(set) var bodyPackets: [Int] = []
  package internal(set) var fate: Fate = .pending
  package internal(set) var quarantine: Quarantine?
  /// What did not do what one might expect, in words.
  package internal(set) var remarks: [EffectRemark] = []

  package struct Quarantine: Equatable, Sendable {
    package var reason: [UInt8]
    package var packet: Int
  }

  /// Its end, as far as the verdict at end of message or before decides it.
  package enum Fate: Equatable, Sendable {
    /// No verdict yet.
    case pending
    /// The MTA took the mail back before any verdict.
    case aborted
    /// A connection ended before any verdict.
    case lost
    case delivered
    /// Taken, and kept in the queue for the postmaster.
    case held
    case discarded
    case rejected
    case tempfailed
    /// The MTA fails the message over a modification, whatever the verdict: why.
    case failed(String)
  }

  package enum Change: Equatable, Sendable {
    case kept
    case added(by: Int)
    case removed(by: Int)
    case changed(by: Int)
  }

  package struct AddressLine: Equatable, Sendable {
    package var envelope: Envelope
    package var change: Change
    /// What it was, where changed.
    package var before: Envelope?
  }

  package struct HeaderLine: Equatable, Sendable {
    package var name: [UInt8]
    /// All that stands behind the colon, folds as LF and white space.
    package var text: [UInt8]
    package var change: Change
    /// What it was, where changed.
    package var before: Before?
    /// The Received that the MTA itself puts on top: it stands here, its content is not known.
    package var isOwnReceived = false
    /// The MTA may put it some lines further up or down.
    package var isPlacedRoughly = false
    /// The packet that brought it from the client.
    package var packet: Int?

    package struct Before: Equatable, Sendable {
      package var name: [UInt8]
      package var text: [UInt8]
    }

    package var isRemoved: Bool {
      if case .removed = change { return true }
      return false
    }

    /// `Name: text`, as it will be stored.
    package var line: [UInt8] { name + [UInt8(ascii: ":")] + text }
  }

  package init(of content: MessageContent, under rules: KnownMTA) {
    self.rules = rules
    var work = AppliedModifications(content, rules)
    for asked in content.modifications { work.apply(asked) }
    self = work.finished(content)
  }

  init(_ rules: KnownMTA) { self.rules = rules }

  /// The headers that will be delivered, in order; the MTA's own Received is left out.
  package var deliveredHeaders: [[UInt8]] {
    headers.filter { !$0.isRemoved && !$0.isOwnReceived }.map(\.line)
  }
  package var deliveredRecipients: [Envelope] {
    recipients.filter { if case .removed = $0.change { false } else { true } }.map(\.envelope)
  }
  /// Whether the same mail comes of it, whatever the two say on the way.
  package func endsLike(_ other: EffectiveResult) -> Bool {
    fate == other.fate && sender?.envelope == other.sender?.envelope && body == other.body
      && deliveredHeaders == other.deliveredHeaders && deliveredRecipients == other.deliveredRecipients
  }

  package var isUnchanged: Bool {
    quarantine == nil && bodyPackets.isEmpty && sender?.change ?? .kept == .kept
      && headers.allSatisfy { $0.change == .kept } && recipients.allSatisfy { $0.change == .kept }
  }
}

/// A modification that did nothing, or something else than its name says.
package struct EffectRemark: Equatable, Sendable {
  package var packet: Int
  /// Bytes of the wire in it are escaped: safe to show.
  package var text: String
}
