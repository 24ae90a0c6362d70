import MilterProtocol

/// Bytes of the wire inside a JSON string: one code point a byte, U+0000 to U+00FF.
///
/// Printable ASCII stands for itself, `\r \n \t \" \\` have short forms, every other byte is `\u00XX`: `grep` finds
/// the text, any JSON reader gets it, and all 256 values come back.
enum Escapes {
  /// Longest escape of one byte.
  static let longest = 6

  static func isPlain(_ byte: UInt8) -> Bool {
    byte &- 0x20 <= 0x5E && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// The letter behind the backslash for bytes that have a short form.
  static func letter(for byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\r"): UInt8(ascii: "r")
    case UInt8(ascii: "\n"): UInt8(ascii: "n")
    case UInt8(ascii: "\t"): UInt8(ascii: "t")
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
    default: nil
    }
  }

  /// Copies `source` to `target` with its escapes.
  ///
  /// - Parameter target: has room for ``longest`` bytes a byte of `source`, and for one more block.
  /// - Returns: how many bytes were written.
  @unsafe
  static func write(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Int {
    guard let base = source.baseAddress else { return 0 }
    var read = 0
    var written = 0
    while read < source.count {
      let rest = unsafe UnsafeRawBufferPointer(start: base + read, count: source.count &- read)
      let plain = unsafe copyPlain(rest, behind: read, to: target + written)
      read &+= plain
      written &+= plain
      // Bytes in need of an escape come in runs (CRLF, lengths, binary); leave at the first plain one.
      while read < source.count {
        let byte = unsafe (base + read).load(as: UInt8.self)
        if isPlain(byte) { break }
        unsafe written &+= write(byte, to: target + written)
        read &+= 1
      }
    }
    return written
  }

  /// Copies bytes up to the first that needs an escape, or as many as make whole blocks.
  ///
  /// A block is stored whole: what lies behind the first byte in need of an escape is overwritten later.
  ///
  /// - Parameter before: readable bytes before the first one.
  /// - Returns: how many are copied for good.
  @inline(__always) @unsafe
  private static func copyPlain(
    _ source: UnsafeRawBufferPointer, behind before: Int, to target: UnsafeMutableRawPointer
  ) -> Int {
    guard let start = source.baseAddress else { return 0 }
    var plain = 0
    while source.count &- plain >= Block.bytes {
      let block = unsafe Block(at: start + plain)
      unsafe block.store(to: target + plain)
      let prefix = block.plainPrefix
      plain &+= prefix
      if prefix < Block.bytes { return plain }
    }
    if plain > 0 || source.count == 0 { return plain }
    return unsafe copyLast(source, behind: before, to: target)
  }

  /// Less than a block of them: eight at once, the last of them with what stands before them shifted out.
  @inline(__always) @unsafe
  private static func copyLast(
    _ source: UnsafeRawBufferPointer, behind before: Int, to target: UnsafeMutableRawPointer
  ) -> Int {
    guard let start = source.baseAddress else { return 0 }
    let missing = 8 &- source.count
    if missing > before {
      var plain = 0
      while plain < source.count {
        let byte = unsafe (start + plain).load(as: UInt8.self)
        guard isPlain(byte) else { break }
        unsafe (target + plain).storeBytes(of: byte, as: UInt8.self)
        plain &+= 1
      }
      return plain
    }
    let shift = max(missing, 0)
    let loaded = unsafe (start - shift).loadUnaligned(as: UInt64.self)
    let word = UInt64(littleEndian: loaded) &>> UInt64(truncatingIfNeeded: shift &* 8)
    unsafe target.storeBytes(of: word.littleEndian, as: UInt64.self)
    return escaped(word).trailingZeroBitCount &>> 3
  }

  /// The highest bit of each byte that needs an escape, and no other bit.
  @inline(__always)
  private static func escaped(_ word: UInt64) -> UInt64 {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let isVisible = low &+ 0x6060_6060_6060_6060
    let isDelete = low &+ 0x0101_0101_0101_0101
    let isNotQuote = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
    let isNotBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
    return (word | isDelete | ~(isVisible & isNotQuote & isNotBackslash)) & 0x8080_8080_8080_8080
  }

  /// One escape; returns its length.
  @inline(__always) @unsafe
  private static func write(_ byte: UInt8, to target: UnsafeMutableRawPointer) -> Int {
    if byte == 0 {
      unsafe target.storeBytes(of: zero.littleEndian, as: UInt64.self)
      return longest
    }
    unsafe target.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
    if let letter = letter(for: byte) {
      unsafe (target + 1).storeBytes(of: letter, as: UInt8.self)
      return 2
    }
    // One store for all six, and two bytes of the block behind them.
    let digits = UInt64(HexDigit.digit(byte >> 4)) << 32 | UInt64(HexDigit.digit(byte & 15)) << 40
    unsafe target.storeBytes(of: (digits | 0x3030_755C).littleEndian, as: UInt64.self)
    return longest
  }

  /// `\u0000`: lengths and the ends of strings make up most of what is escaped.
  private static let zero: UInt64 = 0x3030_3030_755C
}

extension [UInt8] {
  /// Bytes escaped at a time: bounds how far the buffer has to grow beyond what is really written.
  private static var slice: Int { 16_384 }

  mutating func append(escaping bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      let end = Swift.min(start + Self.slice, bytes.count)
      let room = (end - start) * Escapes.longest + Block.bytes
      append(addingCapacity: room) { output in
        unsafe output.withUnsafeMutableBufferPointer { target, written in
          unsafe bytes.withUnsafeBytes { source in
            guard let base = target.baseAddress else { return }
            let part = unsafe UnsafeRawBufferPointer(rebasing: source[start..<end])
            unsafe written += Escapes.write(part, to: UnsafeMutableRawPointer(base + written))
          }
        }
      }
      start = end
    }
  }
}
