/// Whether two header names are the same one: ASCII letters compare without regard to case.
@inlinable
package func sameHeaderName(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  // Most names differ in their first letter: no iterator is made for those.
  guard let first = a.first, let other = b.first else { return true }
  return lowercased(first) == lowercased(other) && zip(a, b).allSatisfy { lowercased($0) == lowercased($1) }
}

/// ASCII only: bytes above 127 stay as they are.
@inline(__always)
@inlinable
package func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}
