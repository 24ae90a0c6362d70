import MilterProtocol

/// What goes to the clipboard of the operator's terminal.
enum Clipboard {
  /// The bytes as they are where they can be pasted anywhere, with LF for CR LF; escaped whole where a terminal that gets
  /// them would obey.
  static func pasteable(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0d, place + 1 < bytes.count, bytes[place + 1] == 0x0a { continue }
      text.append(byte)
    }
    let isObeyed = zip(text, [0] + text).contains { byte, before in
      byte < 0x20 && byte != 0x09 && byte != 0x0a || byte == 0x7f || before == 0xc2 && byte < 0xa0
    }
    return isObeyed ? Array(InertText.string(escaping: bytes).utf8) : text
  }
}
