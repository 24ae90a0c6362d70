/// How bytes are written so that they are read back the same.
package enum Quoting {
  /// In double quotes. Valid UTF-8 stays readable; other bytes and control characters become escapes.
  package static func string(_ bytes: [UInt8]) -> String {
    var result = "\""
    for part in parts(bytes) {
      switch part {
      case .scalar(let scalar) where scalar == "\"" || scalar == "\\": result += "\\\(scalar)"
      case .scalar("\n"): result += "\\n"
      case .scalar("\r"): result += "\\r"
      case .scalar("\t"): result += "\\t"
      case .scalar(let scalar) where isInvisible(scalar):
        for byte in String(scalar).utf8 { result += escape(byte) }
      case .scalar(let scalar): result.unicodeScalars.append(scalar)
      case .byte(let byte): result += escape(byte)
      }
    }
    return result + "\""
  }

  /// What a string in quotes stands for.
  package static func bytes(of quoted: String) throws(SyntaxError) -> [UInt8] {
    let scanner = Scanner(Array(quoted.utf8))
    return try scanner.unescaped(0..<scanner.bytes.count)
  }

  /// As it is where it is one plain word, otherwise as a string.
  package static func argument(_ bytes: [UInt8]) -> String {
    isPlain(bytes) ? String(decoding: bytes, as: UTF8.self) : string(bytes)
  }

  /// As an argument, with brackets in quotes: an index may follow.
  package static func name(_ bytes: [UInt8]) -> String {
    isPlain(bytes) && !bytes.contains(UInt8(ascii: "["))
      ? String(decoding: bytes, as: UTF8.self) : string(bytes)
  }

  /// Printable ASCII without what ends a word, begins a string, a file or a comment.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first, first != UInt8(ascii: "@"), first != UInt8(ascii: "#") else {
      return false
    }
    return bytes.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: ";") && byte != UInt8(ascii: "\"")
        && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
    }
  }

  /// The source of a pattern in double quotes: a `"` gets a backslash, nothing else changes.
  package static func pattern(_ source: [UInt8]) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in source {
      if byte == UInt8(ascii: "\"") { result.append(UInt8(ascii: "\\")) }
      result.append(byte)
    }
    return String(decoding: result + [UInt8(ascii: "\"")], as: UTF8.self)
  }

  private enum Part {
    case scalar(Unicode.Scalar)
    case byte(UInt8)
  }

  private static func parts(_ bytes: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var at = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        parts.append(.scalar(UTF8.decode(encoded)))
        at += encoded.count
      case .error(let length):
        for byte in bytes[at..<(at + length)] { parts.append(.byte(byte)) }
        at += length
      case .emptyInput: return parts
      }
    }
  }

  private static func escape(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "\\x" + (digits.count < 2 ? "0" + digits : digits)
  }

  /// Controls, and what hides or turns text around on a screen.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
    default: false
    }
  }
}
