/// Bytes of a mail into UTF-8, by character set.
///
/// Latin 1, Latin 9 and Windows-1252 are read here, for they need no table worth the name. All others are converted by
/// whatever the edge of the program hands in (`ProxyRuntime`: the system's iconv). What comes out is still a stranger's
/// text: views show it through `DisplayText`, pages escaped.
package struct Charsets: Sendable {
  /// - Returns: UTF-8, with U+FFFD for what is no character of the set; nil where the system does not have the set.
  package typealias Conversion = @Sendable (_ bytes: [UInt8], _ charset: ForeignCharset) -> [UInt8]?

  private let convert: Conversion

  /// Bytes that are converted of one text at most; views cut far below that.
  package static let limit = 1 << 20

  package init(converting convert: @escaping Conversion) { self.convert = convert }

  /// What needs nothing of the system.
  package static let builtIn = Charsets { _, _ in nil }

  /// The bytes as UTF-8; nil for a set that is not known. Broken UTF-8 is left as it is: views show it as escapes.
  package func utf8(_ bytes: [UInt8], from charset: Charset) -> [UInt8]? {
    switch charset.reading {
    case .asTheyAre: return bytes
    case .latin(let first, let scalars):
      return Self.utf8(bytes) { byte in
        let place = Int(byte) - Int(first)
        return scalars.indices.contains(place) ? scalars[place] : UInt32(byte)
      }
    case .converted(let foreign): return convert(Array(bytes.prefix(Self.limit)), foreign)
    case .unknown: return nil
    }
  }

  private static func utf8(_ bytes: [UInt8], _ scalar: (UInt8) -> UInt32) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for byte in bytes {
      if byte < 0x80 {
        text.append(byte)
      } else {
        text.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar(byte)) ?? "\u{FFFD}") ?? .init())
      }
    }
    return text
  }
}

/// A character set that the system converts.
package struct ForeignCharset: Equatable, Sendable {
  /// As glibc's iconv calls it.
  package let name: String
  /// Bytes to pass over where one is no character: 2 in UTF-16, 4 in UTF-32, so that what follows is read in step.
  package let unitBytes: Int
}
