import Mail
import MilterProtocol
import TraceModel

/// Where a text of an instruction goes, which says how a value is written there, and what none may bring along.
package enum TextPlace: Equatable, Sendable {
  /// The value of a header of that name.
  case header(name: [UInt8])
  /// What the SMTP client is told, a line.
  case reply
  /// Why a mail is quarantined.
  case reason
  case address
  /// ESMTP arguments of an address.
  case arguments
  /// A field of a packet.
  case field
  /// A body, a part of one, or a note: any bytes.
  case content
}

extension ValuedText {
  /// What goes out.
  ///
  /// - Throws: where a value would end the line that it stands in, or is nothing that the place takes.
  func written(
    in place: TextPlace, _ context: some PacketContext, _ effort: inout SearchEffort
  ) throws(Refusal) -> [UInt8] {
    var pieces: [HeaderText.Piece] = []
    for part in parts {
      switch part {
      case .plain(let bytes): pieces.append(HeaderText.Piece(bytes, isTheirs: false))
      case .spelled(let braces, let spelling):
        let half = [UInt8](repeating: Self.brace, count: braces / 2)
        pieces.append(HeaderText.Piece(half + spelling, isTheirs: false))
      case .value(let value):
        let bytes = try value.bytes(in: context, &effort)
        pieces.append(HeaderText.Piece(try place.written(bytes, of: value), isTheirs: true))
      }
    }
    guard case .header(let name) = place, !values.isEmpty else { return pieces.flatMap(\.bytes) }
    return HeaderText.written(pieces, name: name)
  }
}

extension TextPlace {
  fileprivate func written(_ bytes: [UInt8], of value: TextValue) throws(Refusal) -> [UInt8] {
    if self == .content { return bytes }
    let line = HeaderText.unfolded(bytes)
    switch self {
    case .content: return bytes
    // To refuse would let pass what is to be refused, and whoever sends the value would see to that.
    case .reply, .reason: return line.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
    case .header, .field, .address, .arguments: break
    }
    if line.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) {
      throw Refusal("the value of {\(others: value.text)} has a line end or NUL in it")
    }
    switch self {
    case .address:
      guard Self.isAddress(line) else {
        throw Refusal("the value of {\(others: value.text)} is no address: '\(others: Self.shown(line))'")
      }
      return line
    case .arguments: return value.isArguments ? line : line.flatMap(Self.xtext)
    case .header, .field, .reply, .reason, .content: return line
    }
  }

  /// Without blanks or brackets, which would end it, but for those within quotes.
  private static func isAddress(_ bytes: [UInt8]) -> Bool {
    var isQuoted = false
    var isEscaped = false
    for byte in bytes {
      if byte < 0x20 || byte == 0x7F { return false }
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isQuoted, byte == 0x20 || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") {
        return false
      }
    }
    return !isQuoted
  }

  private static func shown(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix(80), as: UTF8.self)
  }

  /// RFC 3461 section 4.
  private static func xtext(_ byte: UInt8) -> [UInt8] {
    let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "+") && byte != UInt8(ascii: "=")
    return isPlain
      ? [byte]
      : [
        UInt8(ascii: "+"), HexDigit.digit(byte >> 4, capital: true), HexDigit.digit(byte & 15, capital: true),
      ]
  }
}
