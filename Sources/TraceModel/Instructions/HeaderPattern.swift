import MilterProtocol

/// A header's name, or a glob over names: `*` for any run of bytes, `?` for one. Case does not count.
package struct HeaderPattern: Equatable, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var isGlob: Bool { bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }

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

  /// CHGHEADER with an empty value for each header that fits, the last one first.
  func deletions(in headers: [Header], index wanted: UInt32?) -> [Modification] {
    if let wanted, !isGlob { return [.chgHeader(index: wanted, Header(name: bytes, value: []))] }
    var seen: [[UInt8]: UInt32] = [:]
    var deletions: [Modification] = []
    for header in headers where matches(header.name) {
      let index = seen[header.name.map(lowercased), default: 0] + 1
      seen[header.name.map(lowercased)] = index
      guard wanted == nil || wanted == index else { continue }
      deletions.append(.chgHeader(index: index, Header(name: header.name, value: [])))
    }
    return deletions.reversed()
  }
}
