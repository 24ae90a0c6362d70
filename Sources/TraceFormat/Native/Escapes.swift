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
    while source.count - read >= Block.bytes {
      if source.count - read >= PlainRun.step {
        let plain = unsafe PlainRun.length(at: base + read, count: source.count - read)
        unsafe (target + written).copyMemory(from: base + read, byteCount: plain)
        read += plain
        written += plain
      }
      guard source.count - read >= Block.bytes else { break }
      let block = unsafe Block(at: base + read)
      // Stored whole: what lies behind the first byte in need of an escape is overwritten by it.
      unsafe block.store(to: target + written)
      let plain = block.plainPrefix
      read += plain
      written += plain
      if plain < Block.bytes {
        // Bytes in need of an escape come in runs (CRLF, lengths, binary); leave at the first plain one.
        repeat {
          unsafe written += write((base + read).load(as: UInt8.self), to: target + written)
          read += 1
        } while unsafe read < source.count && !isPlain((base + read).load(as: UInt8.self))
      }
    }
    while read < source.count {
      let byte = unsafe (base + read).load(as: UInt8.self)
      if isPlain(byte) {
        unsafe (target + written).storeBytes(of: byte, as: UInt8.self)
        written += 1
      } else {
        unsafe written += write(byte, to: target + written)
      }
      read += 1
    }
    return written
  }

  /// One escape; returns its length.
  @inline(__always) @unsafe
  private static func write(_ byte: UInt8, to target: UnsafeMutableRawPointer) -> Int {
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
