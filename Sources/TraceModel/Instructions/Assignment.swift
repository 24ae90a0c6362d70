import MilterProtocol

/// `set FIELD VALUE` on a held packet: which field, and the bytes that it gets.
package struct Assignment: Equatable, Sendable {
  package let field: Field
  package let value: [UInt8]

  /// Refuses a value that the field cannot hold, whatever the packet.
  package init(_ field: Field, _ value: [UInt8]) throws(Refusal) {
    self.field = field
    self.value = value
    switch field {
    case .clientPort: _ = try number(below: 0x1_0000)
    case .headerIndex, .version: _ = try number(below: 0x1_0000_0000)
    case .replyCode: _ = try code()
    case .actions: _ = try flags() as ActionFlags
    case .protocolFlags: _ = try flags() as ProtocolFlags
    case .clientFamily: _ = try letter(among: Connect.Family.names)
    case .macroCommand: _ = try letter(among: MacroSet.commandNames)
    case .body: break
    case .symbolList, .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .heloName, .clientHost,
      .clientAddress, .headerName, .headerValue, .replyText, .unknownLine, .reason, .macro:
      if value.contains(0) { throw Refusal("\(field.name) cannot have a NUL in it: it ends the string") }
    }
  }

  package enum Field: Equatable, Sendable {
    case mailAddress, mailArguments
    case rcptAddress, rcptArguments
    case heloName
    case clientHost, clientFamily, clientAddress, clientPort
    case headerName, headerValue, headerIndex
    case body
    case replyCode, replyText
    case unknownLine
    case reason
    /// Of OPTNEG. Flags are names joined by `+`, `all`, `none`, or a number like `0x1ff`.
    case version, actions, protocolFlags
    /// The macros that a milter asks for at a stage (`SMFIM_*`), names separated by spaces; nothing: no list.
    case symbolList(stage: UInt32)
    /// The command that a macro set belongs to.
    case macroCommand
    /// By its name without braces, in the macro set that travels with the packet.
    case macro([UInt8])

    /// All but those with a key: `macro["i"]`, `optneg.macros["mail"]`.
    package static let plain: [Field] = [
      .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .heloName, .clientHost, .clientFamily,
      .clientAddress, .clientPort, .headerName, .headerValue, .headerIndex, .body, .replyCode, .replyText,
      .unknownLine, .reason, .version, .actions, .protocolFlags, .macroCommand,
    ]

    /// Whether it is of a macro set, which may travel with the packet and not in it.
    package var isOfMacros: Bool {
      switch self {
      case .macro, .macroCommand: true
      case .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .heloName, .clientHost, .clientFamily,
        .clientAddress, .clientPort, .headerName, .headerValue, .headerIndex, .body, .replyCode, .replyText,
        .unknownLine, .reason, .version, .actions, .protocolFlags, .symbolList:
        false
      }
    }

    package static let symbolListName = "optneg.macros"

    package var name: String {
      switch self {
      case .mailAddress: "mail.address"
      case .mailArguments: "mail.args"
      case .rcptAddress: "rcpt.address"
      case .rcptArguments: "rcpt.args"
      case .heloName: "helo.name"
      case .clientHost: "client.host"
      case .clientFamily: "client.family"
      case .clientAddress: "client.address"
      case .clientPort: "client.port"
      case .headerName: "header.name"
      case .headerValue: "header.value"
      case .headerIndex: "header.index"
      case .body: "body"
      case .replyCode: "reply.code"
      case .replyText: "reply.text"
      case .unknownLine: "unknown.line"
      case .reason: "reason"
      case .version: "optneg.version"
      case .actions: "optneg.actions"
      case .protocolFlags: "optneg.protocol"
      case .symbolList: Self.symbolListName
      case .macroCommand: "macro.command"
      case .macro: "macro"
      }
    }
  }
}
