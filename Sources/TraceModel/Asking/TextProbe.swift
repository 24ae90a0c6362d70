import MilterProtocol

/// Text that a packet must have for a search to find it there: what a source may look for before a record is read.
///
/// Visible ASCII only, without quotes, slashes, backslashes and colons, in lower case: that is what a trace holds
/// as it is, and what a row of the screen does not make of several strings.
package struct TextProbe: Hashable, Sendable {
  package let bytes: [UInt8]
  /// Tells most texts apart without their bytes, as one is looked up for each line of a trace.
  package let fingerprint: UInt64

  /// The longest part of `needle` that can be looked for; nil where there is none.
  package init?(_ needle: [UInt8]) {
    let parts = needle.split { !Self.isPlain($0) }
    guard let longest = parts.max(by: { $0.count < $1.count }) else { return nil }
    bytes = longest.map(lowercased)
    fingerprint = bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ":"): false
    case 0x21...0x7E: true
    default: false
    }
  }
}
