import MilterProtocol

/// A header's name, or a glob over names: `*` for any run of bytes, `?` for one. Case does not count.
package struct HeaderPattern: Equatable, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var isGlob: Bool { bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }

  package func matches(_ name: [UInt8]) -> Bool { Glob(bytes).matches(name) }

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
