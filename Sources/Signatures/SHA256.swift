/// SHA-256 (FIPS 180-4 section 6.2), fed piece by piece.
///
/// Nothing secret passes through it and nothing is granted by it: it says whether a body is the one whose hash stands in
/// `bh=`. That asks for no more than these lines, and the pure rooms have no package dependency.
package struct SHA256: Sendable {
  private var state: InlineArray<8, UInt32> = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]
  private var block: [UInt8] = []
  private var bytes: UInt64 = 0

  private static let blockBytes = 64

  package init() { block.reserveCapacity(Self.blockBytes) }

  package mutating func take(_ piece: ArraySlice<UInt8>) {
    bytes += UInt64(piece.count)
    var rest = piece
    if !block.isEmpty {
      let part = rest.prefix(Self.blockBytes - block.count)
      block += part
      rest = rest.dropFirst(part.count)
      guard block.count == Self.blockBytes else { return }
      var whole: [UInt8] = []
      swap(&whole, &block)
      mix(whole.span, at: 0)
      whole.removeAll(keepingCapacity: true)
      swap(&whole, &block)
    }
    let span = rest.span
    var place = 0
    while span.count - place >= Self.blockBytes {
      mix(span, at: place)
      place += Self.blockBytes
    }
    block += rest.dropFirst(place)
  }

  /// The digest of all that was taken: 32 bytes.
  package var digest: [UInt8] {
    var last = self
    let padding = 64 - (Int(truncatingIfNeeded: bytes) + 9) % 64
    let length = bytes &* 8
    let end: [UInt8] =
      [0x80] + Array(repeating: 0, count: padding % 64)
      + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> UInt64($0)) }
    last.take(end[...])
    return last.state.indices.flatMap { index in
      stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: last.state[index] >> UInt32($0)) }
    }
  }

  private mutating func mix(_ bytes: Span<UInt8>, at start: Int) {
    var w = InlineArray<64, UInt32>(repeating: 0)
    for t in 0..<16 {
      let at = start + 4 * t
      w[t] =
        UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8
        | UInt32(bytes[at + 3])
    }
    for t in 16..<64 {
      let (x, y) = (w[t - 15], w[t - 2])
      let s0 = Self.rotated(x, 7) ^ Self.rotated(x, 18) ^ (x >> 3)
      let s1 = Self.rotated(y, 17) ^ Self.rotated(y, 19) ^ (y >> 10)
      w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let s1 = Self.rotated(e, 6) ^ Self.rotated(e, 11) ^ Self.rotated(e, 25)
      let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ Self.constants[t] &+ w[t]
      let s0 = Self.rotated(a, 2) ^ Self.rotated(a, 13) ^ Self.rotated(a, 22)
      let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  @inline(__always)
  private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

  private static let constants: InlineArray<64, UInt32> = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
