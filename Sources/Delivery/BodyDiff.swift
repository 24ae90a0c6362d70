/// Two bodies line by line: what begins and ends alike is kept, what is between is removed and added.
///
/// Milters append footers, put disclaimers on top or replace all; for those this is the shortest diff, and it stays
/// linear however hostile the bodies are.
package struct BodyDiff: Equatable, Sendable {
  package enum Line: Equatable, Sendable {
    case kept(Range<Int>)
    case removed(Range<Int>)
    case added(Range<Int>)
  }

  /// Ranges of `removed` are in the old body, those of `kept` and `added` in the new one; line ends included.
  package let lines: [Line]

  package init(from old: [UInt8], to new: [UInt8]) {
    let before = Self.split(old)
    let after = Self.split(new)
    func same(_ i: Int, _ j: Int) -> Bool { old[before[i]] == new[after[j]] }
    var head = 0
    while head < before.count, head < after.count, same(head, head) { head += 1 }
    var tail = 0
    while tail < before.count - head, tail < after.count - head,
      same(before.count - 1 - tail, after.count - 1 - tail)
    {
      tail += 1
    }
    lines =
      after[..<head].map(Line.kept) + before[head..<(before.count - tail)].map(Line.removed)
      + after[head..<(after.count - tail)].map(Line.added) + after[(after.count - tail)...].map(Line.kept)
  }

  package static func split(_ body: [UInt8]) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    for (i, byte) in body.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(start..<(i + 1))
      start = i + 1
    }
    if start < body.count { lines.append(start..<body.count) }
    return lines
  }
}
