import Dialogue
import MilterProtocol
import TraceModel

/// A snapshot of the index together with where its records are read, and what was read last.
///
/// One thread uses it. Whoever filters in the background makes one there, over a source of its own.
package final class TimelineReader {
  package let index: TimelineIndex
  package let source: any RecordSource
  let utcOffset: Int
  private var lastRead: (record: Int, value: Record?)?
  /// By message, some of them.
  private var queueIDs: [Int: Head?] = [:]
  private static let queueIDLimit = 4096
  private let readContent: ContentReading?
  /// The message in front of that of a row asked about last.
  private var lastEarlier: (message: Int, value: EarlierMail?)?
  /// Of the message asked about last.
  private var lastContent: (message: Int, value: MailContent)?

  /// Takes a mail apart; this room does not know what mails say.
  package typealias ContentReading = @Sendable (_ headers: [Header], _ body: [UInt8]) -> MailContent

  /// - Parameter readContent: nil where nobody asks what mails say.
  package init(
    _ index: TimelineIndex, _ source: any RecordSource, utcOffset: Int = 0,
    readingContent readContent: ContentReading? = nil
  ) {
    self.index = index
    self.source = source
    self.utcOffset = utcOffset
    self.readContent = readContent
  }

  /// The mail whose end the packet of a row is about; nil where nobody can take it apart.
  func content(endingAt row: Int) -> MailContent? {
    guard let readContent, let message = index.messageIndex(at: row) else { return nil }
    if let lastContent, lastContent.message == message { return lastContent.value }
    let mail = index.content(ofMessage: message, upTo: row, from: source, bodyLimit: MailContent.bodyLimit)
    let value = readContent(mail.headers.map(\.header), mail.body)
    lastContent = (message, value)
    return value
  }

  /// A message as later ones of its connection may be asked about it.
  func earlierMail(_ message: Int) -> EarlierMail? {
    if let lastEarlier, lastEarlier.message == message { return lastEarlier.value }
    let entry = index.messages[message]
    let facts = index.facts(at: entry.lastRow, from: source).message
    let value = facts?.number == entry.number ? facts?.asEarlier : nil
    lastEarlier = (message, value)
    return value
  }

  /// The latest record asked for is kept, as an expression asks for several fields of one packet.
  func record(at i: Int) -> Record? {
    if let lastRead, lastRead.record == i { return lastRead.value }
    let value = source.record(at: i)
    lastRead = (i, value)
    return value
  }

  func queueID(ofMessage i: Int) -> Head? {
    if let known = queueIDs[i] { return known }
    var value: Head?
    if let row = index.messages[i].queueRow, let packet = index.packet(at: row, from: source) {
      value = MacrosInForce(announcedBy: packet, number: 0).value("i".utf8)?.value
    }
    if queueIDs.count >= Self.queueIDLimit { queueIDs.removeAll(keepingCapacity: true) }
    queueIDs[i] = .some(value)
    return value
  }

  /// What expressions are asked about; facts are folded when they are asked for.
  package func context(at row: Int) -> RowContext {
    RowContext(reader: self, row: row, entry: index.packets[row], facts: FactsBox())
  }
}

/// Facts of one connection that several contexts look at in turn; read in place, as a copy costs a dozen counts.
final class FactsBox {
  var facts: SessionFacts
  /// False until somebody folds them.
  var isFolded: Bool
  /// Number of the message that they tell of; 0 for none yet. Kept only where a filter folds no more than content.
  var message: Int
  /// What a predicate said about the packets of a span since the facts changed.
  var answer: Answer?

  struct Answer {
    let span: UInt32
    let matches: Bool
  }

  init(_ facts: SessionFacts? = nil) {
    self.facts = facts ?? SessionFacts()
    isFolded = facts != nil
    message = self.facts.message?.number ?? 0
  }
}

/// A packet in the index as expressions see it; reads the trace only for what the index does not know.
package struct RowContext: PacketContext {
  let reader: TimelineReader
  let row: Int
  let entry: PacketEntry
  let facts: FactsBox

  package var kind: PacketKind { entry.kind }
  package var sender: Leg { entry.sender }
  package var stage: Stage? { entry.stage }
  package var frameBytes: Int { Int(entry.frameBytes) }
  package var flags: PacketFlags { entry.flags }
  package var severity: Finding.Severity? { entry.severity }
  package var connection: Int { reader.index.connections[reader.index.connectionIndex(at: row)].number }
  package var message: Int {
    reader.index.messageIndex(at: row).map { reader.index.messages[$0].number } ?? 0
  }
  package var number: Int { reader.index.numbers.number(row) }
  package var time: Moment { reader.index.packets.time(row) }
  package var took: Moment.Span? { reader.index.took(row, entry) }
  package var findingIDs: [String] {
    entry.severity == nil
      ? [] : reader.index.findings(about: row, from: reader.source).map(\.rule.id)
  }
  package var startedAt: Int64 { reader.source.head?.startedAt ?? 0 }
  package var utcOffset: Int { reader.utcOffset }
  package var packet: Packet? { reader.record(at: Int(entry.record))?.newPacket }

  /// Looks at the facts where they lie; folds them first where nobody has.
  private func session<Value>(_ look: (borrowing SessionFacts) -> Value) -> Value {
    if !facts.isFolded {
      facts.facts = reader.index.facts(at: row, from: reader.source)
      facts.isFolded = true
    }
    return look(facts.facts)
  }

  /// Looks at the facts of the packet's message; nil outside any.
  private func mail<Value>(_ look: (borrowing SessionFacts) -> Value?) -> Value? {
    let number = message
    guard number > 0 else { return nil }
    return session { $0.message?.number == number ? look($0) : nil }
  }

  package var tap: ArraySlice<UInt8>? {
    reader.index.tap(ofConnection: reader.index.connectionIndex(at: row))?[...]
  }
  package var heloName: ArraySlice<UInt8>? { session { $0.helo?.slice } }
  package var clientHost: ArraySlice<UInt8>? { session { $0.client?.hostname.slice } }
  package var clientAddress: ArraySlice<UInt8>? { session { $0.client?.address?.slice } }
  package var clientPort: UInt16? { session { $0.client?.port } }
  package var clientFamily: UInt8? { session { $0.client?.family } }
  package var content: MailContent? { stage == .bodyEOB ? reader.content(endingAt: row) : nil }
  package func macro(_ name: [UInt8]) -> ArraySlice<UInt8>? { session { $0.macros.bytes(of: name) } }
  package func macro(_ name: [UInt8], announcedFor letter: UInt8) -> ArraySlice<UInt8>? {
    session { $0.macros.bytes(named: name, announcedFor: letter) }
  }
  package var earlierMail: EarlierMail? {
    reader.index.message(before: row).flatMap { reader.earlierMail($0) }
  }
  package var queueID: ArraySlice<UInt8>? {
    reader.index.messageIndex(at: row).flatMap { reader.queueID(ofMessage: $0) }?.slice
  }
  package var messageFrom: ArraySlice<UInt8>? { mail { $0.message?.envelopeSender?.address.slice } }
  package var messageArguments: [ArraySlice<UInt8>] {
    mail { $0.message?.sender?.arguments.map(\.slice) } ?? []
  }
  package var messageRecipients: [ArraySlice<UInt8>] {
    mail { $0.message?.accepted.map(\.address.slice) } ?? []
  }
  package var latestRecipient: ArraySlice<UInt8>? { mail { $0.message?.recipients.last?.address.slice } }
  package var announcedAddress: ArraySlice<UInt8>? {
    mail { $0.message?.address(announcedBy: number)?.slice }
  }
  package var messageBytes: Int { mail { $0.message?.bytes } ?? 0 }

  package func messageHeaders(named name: [UInt8]) -> [ArraySlice<UInt8>] {
    mail { $0.message?.headers(named: name).map(\.value.slice) } ?? []
  }
}
