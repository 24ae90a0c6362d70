/// The beginning of a string of the wire, and how long the whole of it was.
///
/// Facts are kept for every open connection, so a hostile header of a megabyte leaves only its first bytes there;
/// whoever needs the rest reads the packet again.
package struct Head: Equatable, Sendable {
  package private(set) var bytes: [UInt8]
  /// Bytes of the whole string.
  package private(set) var count: Int

  package init(_ whole: ArraySlice<UInt8>, limit: Int = FactLimits.stringBytes) {
    bytes = Array(whole.prefix(limit))
    count = whole.count
  }

  package init(_ whole: [UInt8], limit: Int = FactLimits.stringBytes) { self.init(whole[...], limit: limit) }

  package var isWhole: Bool { bytes.count == count }
  package var slice: ArraySlice<UInt8> { bytes[...] }
}

/// How much of a session its facts may keep; what is beyond is counted only.
package enum FactLimits {
  /// Of one header value, address, argument or reply text.
  package static let stringBytes = 4096
  /// Of all header and envelope strings of one message together.
  package static let messageBytes = 262_144
  /// Headers, recipients, modifications or changes of one message, each.
  package static let entries = 4096
  /// Commands without a reply, on one connection; the oldest are forgotten first.
  package static let pending = 256
}
