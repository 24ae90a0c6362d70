import MilterProtocol
import TraceModel

/// What a term of text has for one packet.
enum TextValues {
  case none
  case one(ArraySlice<UInt8>)
  case many([ArraySlice<UInt8>])

  init(_ value: ArraySlice<UInt8>?) { self = value.map(TextValues.one) ?? .none }

  var all: [ArraySlice<UInt8>] {
    switch self {
    case .none: []
    case .one(let value): [value]
    case .many(let values): values
    }
  }
}

/// Where a term's text comes from.
struct TextSource: Sendable {
  private let field: Term.TextField
  private let key: [UInt8]

  init(_ field: Term.TextField, key: [UInt8]? = nil) {
    self.field = field
    self.key = key ?? (field == .messageSubject || field == .previousSubject ? Array("Subject".utf8) : [])
  }

  func values(in context: some PacketContext) -> TextValues {
    switch field {
    case .macro: TextValues(context.macro(key))
    case .messageHeader, .messageSubject: .many(context.messageHeaders(named: key))
    case .macroOf(let stage): TextValues(context.macro(key, announcedFor: stage.rawValue))
    case .previousFrom: TextValues(context.earlierMail?.sender?[...])
    case .previousRecipients: .many(context.earlierMail?.recipients.map { $0[...] } ?? [])
    case .previousSubject, .previousHeader:
      .many(
        context.earlierMail?.headers.filter { sameHeaderName($0.name, key) }.map { $0.value[...] } ?? [])
    case .previousQueue: TextValues(context.earlierMail?.queueID?[...])
    case .previousVerdict: TextValues(context.earlierMail?.verdict.map { Array($0.utf8)[...] })
    case .messageFrom: TextValues(context.messageFrom)
    case .messageRecipients: .many(context.messageRecipients)
    case .queue: TextValues(context.queueID)
    case .tap: TextValues(context.tap)
    case .heloName: TextValues(context.heloName)
    case .clientHost: TextValues(context.clientHost)
    case .clientAddress: TextValues(context.clientAddress)
    case .clientFamily: TextValues(context.clientFamily.map { Self.familyName($0)[...] })
    case .messageBody: TextValues(context.content.map { $0.text[...] })
    case .messageRaw: TextValues(context.content.map { $0.raw[...] })
    case .partType: .many(context.content?.parts.map { Array($0.type.utf8)[...] } ?? [])
    case .partName: .many(context.content?.parts.compactMap { $0.name?[...] } ?? [])
    case .partText: .many(context.content?.parts.compactMap { $0.text?[...] } ?? [])
    case .code: TextValues(context.kind.code.map { [$0] })
    case .raw: TextValues(context.packet.map { $0.bytes[...] })
    case .text: TextValues(context.packet.map { $0.bytes[$0.payload] })
    case .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .headerName, .headerValue, .body,
      .replyText, .unknownLine, .reason:
      ofPacket(in: context)
    }
  }

  private static func familyName(_ letter: UInt8) -> [UInt8] {
    Array((Connect.Family.names.first { $0.letter == letter }?.name ?? "unknown").utf8)
  }

  /// Fields of the packet itself; on a verdict also those of the command that it answers, on macros the address that they
  /// bring in place of a command.
  private func ofPacket(in context: some PacketContext) -> TextValues {
    switch (field, context.kind) {
    case (.mailAddress, .command(.mail)), (.mailAddress, .reply(.chgFrom)), (.rcptAddress, .command(.rcpt)),
      (.rcptAddress, .reply(.addRcpt)), (.rcptAddress, .reply(.addRcptPar)),
      (.rcptAddress, .reply(.delRcpt)), (.headerName, .command(.header)),
      (.headerName, .reply(.addHeader)), (.unknownLine, .command(.unknown)), (.reason, .reply(.quarantine)):
      TextValues(context.packet.flatMap { PacketStrings.string(0, of: $0) })
    case (.headerValue, .command(.header)), (.headerValue, .reply(.addHeader)):
      TextValues(context.packet.flatMap { PacketStrings.string(1, of: $0) })
    case (.headerName, .reply(.insHeader)), (.headerName, .reply(.chgHeader)):
      TextValues(context.packet.flatMap { PacketStrings.string(0, of: $0, behind: 4) })
    case (.headerValue, .reply(.insHeader)), (.headerValue, .reply(.chgHeader)):
      TextValues(context.packet.flatMap { PacketStrings.string(1, of: $0, behind: 4) })
    case (.mailArguments, .command(.mail)), (.mailArguments, .reply(.chgFrom)),
      (.rcptArguments, .command(.rcpt)), (.rcptArguments, .reply(.addRcptPar)):
      .many(context.packet.map { PacketStrings.strings(from: 1, of: $0) } ?? [])
    case (.body, .command(.body)), (.body, .reply(.replBody)):
      TextValues(context.packet.map { $0.bytes[$0.payload] })
    case (.replyText, .reply(.replyCode)): TextValues(context.packet.flatMap(PacketStrings.replyText))
    case (.mailAddress, .reply(let reply)) where reply.role == .verdict && context.stage == .mail:
      TextValues(context.messageFrom)
    case (.mailArguments, .reply(let reply)) where reply.role == .verdict && context.stage == .mail:
      .many(context.messageArguments)
    case (.rcptAddress, .reply(let reply)) where reply.role == .verdict && context.stage == .rcpt:
      TextValues(context.latestRecipient)
    case (.mailAddress, .command(.macro)) where context.stage == .mail,
      (.rcptAddress, .command(.macro)) where context.stage == .rcpt:
      TextValues(context.announcedAddress)
    default: .none
    }
  }
}

extension PacketKind {
  /// The letter on the wire; nil for a frame without one.
  fileprivate var code: UInt8? {
    switch self {
    case .command(let kind): kind.rawValue
    case .reply(let kind): kind.rawValue
    case .unknown(let code): code
    case .empty: nil
    }
  }
}
