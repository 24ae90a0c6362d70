import MilterProtocol

/// What a signature takes of a body: how it is written, and how many bytes of that count.
package struct BodyCoverage: Equatable, Sendable {
  package let canonicalization: Canonicalization
  /// `l=`: only so many bytes of the canonical body count; nil for all of it.
  package let length: Int?

  package init(_ canonicalization: Canonicalization, length: Int? = nil) {
    self.canonicalization = canonicalization
    self.length = length
  }
}

/// The hash of a body that comes piece by piece, as a signature takes it (RFC 6376 sections 3.4.3, 3.4.4, 3.7).
///
/// Lines may end with LF alone: on its way to a verifier each gets its CRLF.
package struct BodyHash: Sendable {
  package let coverage: BodyCoverage
  private var hash = SHA256()
  /// Of the canonical body, up to where it was hashed.
  private var hashedBytes = 0
  private var canonicalBytes = 0
  /// Canonical bytes that are not hashed yet.
  private var waiting: [UInt8] = []
  /// Line ends of which nobody knows yet whether the body ends with them.
  private var lineEnds = 0
  private var hasBlank = false
  private var hasCR = false
  private var hasContent = false

  private static let waitingBytes = 4096

  package init(_ coverage: BodyCoverage) { self.coverage = coverage }

  package mutating func take(_ piece: ArraySlice<UInt8>) {
    for byte in piece {
      if hasCR {
        hasCR = false
        if byte != 0x0A { content(0x0D) }
      }
      switch byte {
      case 0x0D: hasCR = true
      case 0x0A:
        lineEnds += 1
        hasBlank = false
      case 0x20, 0x09:
        if coverage.canonicalization == .relaxed { hasBlank = true } else { content(byte) }
      default: content(byte)
      }
    }
  }

  private mutating func content(_ byte: UInt8) {
    while lineEnds > 0 {
      endLine()
      lineEnds -= 1
    }
    if hasBlank { put(0x20) }
    hasBlank = false
    hasContent = true
    put(byte)
  }

  private mutating func endLine() {
    put(0x0D)
    put(0x0A)
  }

  private mutating func put(_ byte: UInt8) {
    canonicalBytes += 1
    if let length = coverage.length, canonicalBytes > length { return }
    waiting.append(byte)
    if waiting.count >= Self.waitingBytes { flush() }
  }

  private mutating func flush() {
    hash.take(waiting[...])
    hashedBytes += waiting.count
    waiting.removeAll(keepingCapacity: true)
  }

  /// What comes of the whole body.
  package var result: Result {
    var last = self
    if last.hasCR { last.content(0x0D) }
    // An empty body is one line end when simple, and nothing when relaxed.
    if last.hasContent || coverage.canonicalization == .simple { last.endLine() }
    last.flush()
    return Result(
      digest: last.hash.digest, isLongEnough: coverage.length.map { last.canonicalBytes >= $0 } ?? true)
  }

  package struct Result: Equatable, Sendable {
    package let digest: [UInt8]
    /// It has the bytes that `l=` counts; a verifier fails a body that is shorter.
    package let isLongEnough: Bool
  }
}
