import CBlocks

/// Sixteen bytes looked at in one step.
struct Block {
  static let bytes = 16

  private let lanes: block_bytes

  /// - Parameter start: sixteen readable bytes, aligned anyhow.
  @inline(__always) @unsafe
  init(at start: UnsafeRawPointer) { unsafe lanes = start.loadUnaligned(as: block_bytes.self) }

  @inline(__always) @unsafe
  func store(to target: UnsafeMutableRawPointer) { unsafe target.storeBytes(of: lanes, as: block_bytes.self) }

  /// How many bytes from the first one on need no escape, see ``Escapes/isPlain(_:)``.
  @inline(__always) var plainPrefix: Int { Self.first(block_escaped(lanes)) }

  /// How many bytes from the first one on neither end a JSON string nor begin an escape in one.
  @inline(__always) var stringPrefix: Int { Self.first(block_string_ends(lanes)) }

  /// Where `byte` first stands; 16 for nowhere.
  @inline(__always)
  func first(_ byte: UInt8) -> Int { Self.first(block_places(lanes, byte)) }

  @inline(__always)
  private static func first(_ places: UInt32) -> Int { (places | 0x1_0000).trailingZeroBitCount }
}
