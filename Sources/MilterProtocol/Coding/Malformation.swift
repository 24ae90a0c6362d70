/// The first place where a packet's payload is not what its code promises.
package struct Malformation: Equatable, Sendable {
  package enum Fault: Equatable, Sendable {
    /// A frame of length 0.
    case noCode
    /// A code that no side uses, or the other side only.
    case unknownCode(UInt8, wrongDirection: Bool)
    /// A string should begin where the packet ends.
    case missing
    /// A string has no NUL up to the packet's end.
    case unterminated
    /// A number is cut off by the packet's end.
    case truncated(bytes: Int)
    case unknownFamily(UInt8)
    /// So many bytes follow where nothing may.
    case surplus(bytes: Int)
  }

  /// What was expected at the place.
  package enum Field: UInt8, Equatable, Sendable {
    case code, version, actions, protocolFlags, symbolStage, symbolNames, macroCommand, macroName, macroValue
    case hostname, family, port, address, heloName, mailAddress, rcptAddress, argument, line
    case headerName, headerValue, index, replyText, parameters, reason, end

    package var name: String {
      switch self {
      case .code: "a code"
      case .version: "the version (4 bytes)"
      case .actions: "the action flags (4 bytes)"
      case .protocolFlags: "the protocol flags (4 bytes)"
      case .symbolStage: "the stage of a symbol list (4 bytes)"
      case .symbolNames: "macro names and a NUL"
      case .macroCommand: "the letter of a command"
      case .macroName: "a macro name and a NUL"
      case .macroValue: "a macro value and a NUL"
      case .hostname: "a host name and a NUL"
      case .family: "a family byte"
      case .port: "a port (2 bytes)"
      case .address: "an address and a NUL"
      case .heloName: "a HELO name and a NUL"
      case .mailAddress: "a sender address and a NUL"
      case .rcptAddress: "a recipient address and a NUL"
      case .argument: "an argument and a NUL"
      case .line: "a command line and a NUL"
      case .headerName: "a header name and a NUL"
      case .headerValue: "a header value and a NUL"
      case .index: "a header index (4 bytes)"
      case .replyText: "a reply text and a NUL"
      case .parameters: "ESMTP parameters and a NUL"
      case .reason: "a reason and a NUL"
      case .end: "the end of the packet"
      }
    }
  }

  package var fault: Fault
  package var field: Field
  /// Offset in the frame: 4 is the code, 5 the first byte of the payload.
  package var offset: Int
  /// Where the packet ends.
  package var end: Int

  /// What was expected, where, and what was there.
  package var sentence: Sentence {
    let expected: Sentence = "expected \(field.name) at offset \(offset)"
    switch fault {
    case .noCode: return "\(expected), the length field says 0"
    case .unknownCode(let code, let wrongDirection):
      return wrongDirection
        ? "code '\(wire: [code])' (0x\(HexDigit.pair(code))) at offset \(offset) belongs to the other side"
        : "code '\(wire: [code])' (0x\(HexDigit.pair(code))) at offset \(offset) is not in the protocol"
    case .missing: return "\(expected), the packet ends at \(end)"
    case .unterminated: return "\(expected), \(there(end - offset)) and no NUL"
    case .truncated(let bytes):
      return bytes == 0
        ? "\(expected), the packet ends at \(end)" : "\(expected), \(there(bytes, only: true))"
    case .unknownFamily(let family):
      return "\(expected) of U, L, 4 or 6, there is 0x\(HexDigit.pair(family))"
    case .surplus(let bytes): return "\(expected), \(bytes == 1 ? "1 byte follows" : "\(bytes) bytes follow")"
    }
  }
}

/// `there is 1 byte`, `there are only 3 bytes`.
private func there(_ bytes: Int, only: Bool = false) -> String {
  "there \(bytes == 1 ? "is" : "are") \(only ? "only " : "")\(counted(bytes, "byte"))"
}

/// `1 byte`, `3 bytes`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
