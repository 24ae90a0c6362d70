/// What a terminal answers when it is asked for its background colour (OSC 11, xterm's "ctlseqs").
enum GroundAnswer {
  /// Whether the colour of `ESC ] 11 ; rgb:RRRR/GGGG/BBBB` is a light one; nil where the sequence is no such answer.
  ///
  /// Parts have one to four hexadecimal digits and are worth their share of the largest such number (XParseColor(3)).
  static func isLight(_ sequence: some Collection<UInt8>) -> Bool? {
    let text = String(decoding: sequence, as: UTF8.self)
    guard text.hasPrefix("\u{1b}]11;rgb") else { return nil }
    let parts = text.drop { $0 != ":" }.dropFirst().prefix { $0.isHexDigit || $0 == "/" }.split(
      separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3 || parts.count == 4 else { return nil }
    let shares = parts.prefix(3).compactMap { part -> Double? in
      guard (1...4).contains(part.count), let value = Int(part, radix: 16) else { return nil }
      let largest = (1 << (4 * part.count)) - 1
      return Double(value) / Double(largest)
    }
    guard shares.count == 3 else { return nil }
    let weights = [0.2126, 0.7152, 0.0722]
    return zip(shares, weights).reduce(0.0) { $0 + $1.0 * $1.1 } > 0.5
  }
}
