import MilterProtocol
import TraceModel

/// The header fields of a part that nothing runs: a name that ends in `.txt`, and a type that no program is set for.
///
/// The name is as it was, so that who needs the file can give it its own again. Control characters are `_`; what is not
/// ASCII is written as RFC 2231 says.
struct HarmlessFields {
  let all: [(name: [UInt8], value: [UInt8])]

  init(_ part: MIMEPart, number: Int) {
    let sent = part.fileName(.builtIn).flatMap { $0.isEmpty ? nil : $0 } ?? Array("part-\(number)".utf8)
    // Of characters, so that none is cut in two.
    let kept = String(decoding: sent, as: UTF8.self).unicodeScalars.prefix(Self.longest)
      .map { $0.value < 0x20 || $0.value == 0x7F ? "_" : $0 }
    var name = String(String.UnicodeScalarView(kept))
    if !name.lowercased().hasSuffix(Self.ending) { name += Self.ending }
    let value = Array(name.utf8)
    all = [
      (Array("Content-Type".utf8), Array("application/octet-stream; ".utf8) + Self.parameter("name", value)),
      (Array("Content-Disposition".utf8), Array("attachment; ".utf8) + Self.parameter("filename", value)),
    ]
  }

  private static let ending = ".txt"
  /// So that the line stays shorter than 998 bytes whatever the characters.
  private static let longest = 70

  private static func parameter(_ name: String, _ value: [UInt8]) -> [UInt8] {
    guard value.allSatisfy({ $0 < 0x80 }) else {
      let coded = value.flatMap { byte -> [UInt8] in
        Self.isPlain(byte) ? [byte] : Array("%\(HexDigit.pair(byte))".utf8)
      }
      return Array("\(name)*=utf-8''".utf8) + coded
    }
    let quoted = value.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [0x5C, $0] : [$0] }
    return Array("\(name)=\"".utf8) + quoted + [UInt8(ascii: "\"")]
  }

  /// Of `attribute-char` (RFC 2231 section 7) letters, digits, dot, hyphen and underscore.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}
