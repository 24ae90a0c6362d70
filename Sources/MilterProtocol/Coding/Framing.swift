/// Cuts a byte stream into frames without copying: a frame is 4 bytes of big-endian length, then so many bytes.
///
/// The length counts the code and the payload, not itself. A length of 0 is a frame of 4 bytes without a code.
package enum Framing {
  /// What begins at some place of the stream.
  package enum Next: Equatable, Sendable {
    /// A whole frame of so many bytes, length field included.
    case complete(bytes: Int)
    /// Not all of it is here yet: counted from its start, so many bytes are wanted (4 until the length is known).
    case incomplete(wanted: Int)
    /// The length field is above the ceiling: pass it by undecoded (``frameBytes(length:)``), or find out who
    /// talks (``WrongPeer``). Above ``Limits/reasonableLength`` no MTA would read on.
    case oversized(length: UInt32)
  }

  /// The largest length field of a frame that is kept whole: code and ``Limits/decodedPayloadBytes``.
  package static let ceiling = Limits.decodedPayloadBytes + 1

  /// The frame that begins at `offset` of `buffer`.
  @inline(__always)
  package static func next(
    in buffer: borrowing Span<UInt8>, at offset: Int = 0, ceiling: Int = Framing.ceiling
  ) -> Next {
    guard buffer.count - offset >= Limits.lengthBytes else { return .incomplete(wanted: Limits.lengthBytes) }
    let length = buffer.bigEndian32(at: offset)
    guard Int(length) <= ceiling else { return .oversized(length: length) }
    let bytes = frameBytes(length: length)
    return buffer.count - offset >= bytes ? .complete(bytes: bytes) : .incomplete(wanted: bytes)
  }

  /// Bytes of the frame whose length field says `length`.
  package static func frameBytes(length: UInt32) -> Int { Limits.lengthBytes + Int(length) }
}

extension Span<UInt8> {
  /// The big-endian number at `offset`; four bytes have to be there.
  @inline(__always)
  package borrowing func bigEndian32(at offset: Int) -> UInt32 {
    // Any four bytes make a `UInt32`, and the load checks that they are inside.
    UInt32(bigEndian: unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The big-endian number at `offset`; two bytes have to be there.
  package func bigEndian16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }
}
