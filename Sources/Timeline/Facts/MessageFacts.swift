import Dialogue
import MilterProtocol
import TraceModel

/// One mail of a connection, as far as it has been seen.
///
/// Content is what the MTA sent: an edit on the way to the milter does not change the mail that the MTA will
/// deliver. Verdicts and modifications are those that reached the MTA, whoever made them.
package struct MessageFacts: Equatable, Sendable {
  /// Within its connection, from 1.
  package let number: Int
  /// Number of the packet that began it: macros for MAIL, or its first command.
  package let firstPacket: Int
  package internal(set) var sender: EnvelopeFact?
  /// The first ``FactLimits/entries`` of them.
  package internal(set) var recipients: [RecipientFact] = []
  /// From macros, where the milter declined MAIL or RCPT and no packet brings them.
  var announcedSender: EnvelopeFact?
  var announcedRecipients: [RecipientFact] = []
  package internal(set) var recipientCount = 0
  package internal(set) var refusedCount = 0
  /// Whether a recipient was refused with a 5xx, not only put off with a 4xx.
  package internal(set) var refusedForGood = false
  /// Who refused the latest of them.
  package internal(set) var refusedBy: Author?
  package internal(set) var headers: [HeaderFact] = []
  package internal(set) var headerCount = 0
  /// Header lines as they would stand in the mail, with colon, blank and CRLF.
  package internal(set) var headerBytes = 0
  package internal(set) var bodyBytes = 0
  package internal(set) var bodyChunks = 0
  /// Value of macro `i` while the message was open.
  package internal(set) var queueID: Head?
  /// The first packet with that value.
  package internal(set) var queueIDPacket: Int?
  package internal(set) var modifications: [ModificationFact] = []
  package internal(set) var modificationCount = 0
  package internal(set) var changes: [ChangeFact] = []
  /// What settled the whole message; nil so far, or where only recipients were refused.
  package internal(set) var decision: VerdictFact?
  /// As ``Dialogue`` says.
  package internal(set) var phase: Phase = .open
  private var keptBytes = 0

  package typealias Phase = Messages.Phase

  init(number: Int, firstPacket: Int) {
    self.number = number
    self.firstPacket = firstPacket
  }

  /// Whom it is from: by MAIL, or by `{mail_addr}` where the milter declined that.
  package var envelopeSender: EnvelopeFact? { sender ?? announcedSender }
  /// Whom it is for: by RCPT, or by `{rcpt_addr}` where the milter declined that.
  package var envelopeRecipients: [RecipientFact] { recipients.isEmpty ? announcedRecipients : recipients }

  /// The address that the macros of that number bring, where the milter declined MAIL or RCPT.
  func address(announcedBy packet: Int) -> Head? {
    if let sender = announcedSender, sender.packet == packet { return sender.address }
    return announcedRecipients.last { $0.envelope.packet == packet }?.address
  }

  /// Bytes of headers and body so far.
  package var bytes: Int { headerBytes + bodyBytes }
  /// A reply to a command of it that was too much for an MTA.
  package internal(set) var givenUp: GivenUp?
  /// An earlier QUARANTINE has Postfix hold every message of the session: its packet (R05; seen with Postfix 3.7).
  package internal(set) var heldSince: Int?
  package var isQuarantined: Bool {
    heldSince != nil || modifications.contains { $0.kind == .quarantine }
  }
  /// What everybody was refused with; nil where somebody was not.
  package var refusalOfAll: VerdictResult? {
    .ofAll(recipientCount, refused: refusedCount, forGood: refusedForGood)
  }
  package var accepted: [RecipientFact] {
    envelopeRecipients.filter { !$0.isRefused }
  }

  package func headers(named name: some Collection<UInt8>) -> [HeaderFact] {
    headers.filter { $0.isNamed(name) }
  }

  /// The first Subject.
  package var subject: HeaderFact? {
    headers.first { $0.isNamed("Subject".utf8) }
  }

  /// What expressions about a later mail may ask for.
  package var asEarlier: EarlierMail {
    EarlierMail(
      sender: envelopeSender?.address.bytes, recipients: accepted.map(\.address.bytes),
      queueID: queueID?.bytes,
      verdict: decision?.kind.name.lowercased(),
      headers: headers.map { EarlierMail.Field(name: $0.name.bytes, value: $0.value.bytes) })
  }

  /// The string's head, within what one message may keep.
  mutating func keep(_ string: ArraySlice<UInt8>) -> Head {
    let head = Head(
      string, limit: max(0, min(FactLimits.stringBytes, FactLimits.messageBytes - keptBytes)))
    keptBytes += head.bytes.count
    return head
  }
}

/// MAIL or RCPT: the address as the client typed it, and its ESMTP arguments.
package struct EnvelopeFact: Equatable, Sendable {
  package var address: Head
  package var arguments: [Head]
  package var packet: Int
  /// It is the value of a macro: after rewriting, and without angle brackets.
  package var isMacro = false
}

package struct RecipientFact: Equatable, Sendable {
  package var envelope: EnvelopeFact
  /// What the MTA was told about this recipient.
  package internal(set) var verdict: VerdictFact?
  package internal(set) var isRefusedByMilter = false
  /// It is told of only because RCPT_REJ was negotiated; no verdict brings it back.
  package internal(set) var isRefusedByMTA = false

  package var address: Head { envelope.address }

  /// By the milter, or by the MTA before it asked.
  package var isRefused: Bool { isRefusedByMTA || isRefusedByMilter }
}

package struct HeaderFact: Equatable, Sendable {
  package var name: Head
  package var value: Head
  /// Among the headers of that name, from 1, as CHGHEADER counts.
  package var index: Int
  package var packet: Int

  /// Header names compare without regard to case.
  package func isNamed(_ other: some Collection<UInt8>) -> Bool {
    name.isWhole && sameHeaderName(name.bytes, other)
  }
}
