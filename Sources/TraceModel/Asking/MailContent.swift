import MilterProtocol

/// A whole mail as expressions ask about it: what it says, decoded, and its parts.
///
/// Made where whole mails are known, by the room that reads them (`Mail`).
package struct MailContent: Equatable, Sendable {
  /// As they came, in order.
  package var headers: [Header]
  /// As it came, or its beginning.
  package var body: [UInt8]
  /// Those that have no parts in them, in order.
  package var parts: [Part]

  package struct Part: Equatable, Sendable {
    /// `text/plain`, in lower case.
    package var type: String
    /// The file's name, in UTF-8 where its character set is known; nil for none.
    package var name: [UInt8]?
    /// Bytes, decoded.
    package var size: Int
    /// Decoded, in UTF-8 where the character set is known; nil for a part that is no text.
    package var text: [UInt8]?

    package init(type: String, name: [UInt8]?, size: Int, text: [UInt8]?) {
      self.type = type
      self.name = name
      self.size = size
      self.text = text
    }
  }

  package init(headers: [Header], body: [UInt8], parts: [Part]) {
    self.headers = headers
    self.body = body
    self.parts = parts
  }

  /// The texts of all parts, one below the other.
  package var text: [UInt8] { Array(parts.compactMap(\.text).joined(separator: [0x0A])) }

  /// Headers and body as they came, lines ending with CRLF.
  package var raw: [UInt8] {
    var lines: [UInt8] = []
    for header in headers {
      let isSpaced = header.value.first == 0x20 || header.value.first == 0x09
      lines += header.name + [UInt8(ascii: ":")] + (isSpaced ? [] : [0x20])
      for byte in header.value { lines += byte == 0x0A ? [0x0D, 0x0A] : [byte] }
      lines += [0x0D, 0x0A]
    }
    return lines + [0x0D, 0x0A] + body
  }

  /// Bytes of a body that are read for it; what stands behind is not looked at.
  package static let bodyLimit = 8 << 20
}
