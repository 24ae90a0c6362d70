import MilterProtocol

/// A word, or a pattern over words: `*` for any run of bytes, `?` for one. Case of ASCII letters does not count.
package struct Glob: Equatable, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func matches(_ name: [UInt8]) -> Bool {
    var at = 0
    var pattern = 0
    /// Where to go back to: the pattern after the latest star, and the byte that it has to swallow next.
    var star: (pattern: Int, at: Int)?
    while at < name.count {
      if pattern < bytes.count, bytes[pattern] == UInt8(ascii: "*") {
        star = (pattern + 1, at)
        pattern += 1
      } else if pattern < bytes.count,
        bytes[pattern] == UInt8(ascii: "?") || lowercased(bytes[pattern]) == lowercased(name[at])
      {
        pattern += 1
        at += 1
      } else if let (afterStar, swallowed) = star {
        star = (afterStar, swallowed + 1)
        pattern = afterStar
        at = swallowed + 1
      } else {
        return false
      }
    }
    return bytes[pattern...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
