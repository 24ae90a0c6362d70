import MilterProtocol
import TraceModel

/// The character sets that are shown as text; others stay bytes, with their name said.
package enum Charset: Equatable, Sendable {
  case utf8, ascii, latin1, latin9, windows1252
  case other(String)

  /// - Parameter name: as it stands in the mail; a language behind `*` (RFC 2231) does not count.
  package init(_ name: some Collection<UInt8>) {
    let plain = name.prefix { $0 != UInt8(ascii: "*") }.map(lowercased)
    switch String(decoding: plain, as: UTF8.self) {
    case "utf-8", "utf8": self = .utf8
    case "us-ascii", "ascii", "ansi_x3.4-1968", "": self = .ascii
    case "iso-8859-1", "iso8859-1", "latin1": self = .latin1
    case "iso-8859-15", "iso8859-15", "latin9", "latin-9": self = .latin9
    case "windows-1252", "cp1252", "cp-1252": self = .windows1252
    case let unknown: self = .other(unknown)
    }
  }

  package var name: String {
    switch self {
    case .utf8: "utf-8"
    case .ascii: "us-ascii"
    case .latin1: "iso-8859-1"
    case .latin9: "iso-8859-15"
    case .windows1252: "windows-1252"
    case .other(let name): name
    }
  }

  /// The bytes as UTF-8; nil for a set that is not known. Broken UTF-8 is left as it is: views show it as escapes.
  package func utf8(_ bytes: some Collection<UInt8>) -> [UInt8]? {
    switch self {
    case .utf8, .ascii: return Array(bytes)
    case .latin1: return Self.encoded(bytes) { UInt32($0) }
    case .latin9: return Self.encoded(bytes) { Self.latin9Differences[$0] ?? UInt32($0) }
    case .windows1252:
      return Self.encoded(bytes) {
        (0x80...0x9F).contains($0) ? Self.windowsTable[Int($0) - 0x80] : UInt32($0)
      }
    case .other: return nil
    }
  }

  private static func encoded(_ bytes: some Collection<UInt8>, _ scalar: (UInt8) -> UInt32) -> [UInt8] {
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

  /// ISO 8859-15 is ISO 8859-1 but for eight places.
  private static let latin9Differences: [UInt8: UInt32] = [
    0xA4: 0x20AC, 0xA6: 0x160, 0xA8: 0x161, 0xB4: 0x17D, 0xB8: 0x17E, 0xBC: 0x152, 0xBD: 0x153, 0xBE: 0x178,
  ]

  /// 0x80 to 0x9F; five places are not assigned.
  private static let windowsTable: [UInt32] = [
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152,
    0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
  ]
}
