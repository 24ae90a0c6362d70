/// Blocks of a pcapng file, little-endian (draft-ietf-opsawg-pcapng).
enum PcapngBlocks {
  /// `LINKTYPE_RAW`: frames begin with their IP header, whose first half byte tells the version.
  private static let rawIP: UInt16 = 101
  /// Bytes of a comment at most; an option has a length of 16 bits.
  private static let longestComment = 4000

  static func sectionHeader(application: String, to bytes: inout [UInt8]) {
    block(0x0A0D_0D0A, to: &bytes) { body in
      body.append(little32: 0x1A2B_3C4D)
      body.append(little16: 1)
      body.append(little16: 0)
      // The length of the section is not known.
      for _ in 0..<8 { body.append(0xFF) }
      option(4, application, to: &body)
      endOfOptions(&body)
    }
  }

  /// Time stamps are in microseconds.
  static func interface(_ name: String, _ description: String, to bytes: inout [UInt8]) {
    block(1, to: &bytes) { body in
      body.append(little16: rawIP)
      body.append(little16: 0)
      // No limit to the length of frames.
      body.append(little32: 0)
      option(2, name, to: &body)
      option(3, description, to: &body)
      option(9, [6], to: &body)
      endOfOptions(&body)
    }
  }

  /// - Parameter time: microseconds since 1970.
  static func packet(
    _ frame: [UInt8], on interface: UInt32, at time: Int64, comments: [String], to bytes: inout [UInt8]
  ) {
    block(6, to: &bytes) { body in
      let time = UInt64(max(0, time))
      body.append(little32: interface)
      body.append(little32: UInt32(truncatingIfNeeded: time >> 32))
      body.append(little32: UInt32(truncatingIfNeeded: time))
      body.append(little32: UInt32(truncatingIfNeeded: frame.count))
      body.append(little32: UInt32(truncatingIfNeeded: frame.count))
      body.append(padded: frame)
      guard !comments.isEmpty else { return }
      for comment in comments { option(1, comment, to: &body) }
      endOfOptions(&body)
    }
  }

  private static func block(_ type: UInt32, to bytes: inout [UInt8], _ fill: (inout [UInt8]) -> Void) {
    var body: [UInt8] = []
    fill(&body)
    let length = UInt32(truncatingIfNeeded: body.count + 12)
    bytes.append(little32: type)
    bytes.append(little32: length)
    bytes.append(contentsOf: body)
    bytes.append(little32: length)
  }

  private static func option(_ code: UInt16, _ text: String, to body: inout [UInt8]) {
    var value = Array(text.utf8.prefix(longestComment))
    // Not within a character.
    if value.count < text.utf8.count {
      while let last = value.last, last & 0xC0 == 0x80 { value.removeLast() }
      if let last = value.last, last >= 0xC0 { value.removeLast() }
    }
    option(code, value, to: &body)
  }

  private static func option(_ code: UInt16, _ value: [UInt8], to body: inout [UInt8]) {
    body.append(little16: code)
    body.append(little16: UInt16(truncatingIfNeeded: value.count))
    body.append(padded: value)
  }

  private static func endOfOptions(_ body: inout [UInt8]) { body.append(little32: 0) }
}

extension [UInt8] {
  fileprivate mutating func append(little16 number: UInt16) {
    for shift: UInt16 in [0, 8] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  fileprivate mutating func append(little32 number: UInt32) {
    for shift: UInt32 in [0, 8, 16, 24] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// Followed by zeros up to a multiple of four bytes.
  fileprivate mutating func append(padded bytes: [UInt8]) {
    append(contentsOf: bytes)
    for _ in 0..<(4 - bytes.count % 4) % 4 { append(0) }
  }
}
