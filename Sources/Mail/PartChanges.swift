import MilterProtocol
import TraceModel

/// Two bodies part by part: which parts stay as they are, byte for byte, which go, come, or are written anew.
package struct PartChanges: Equatable, Sendable {
  package enum Step: Equatable, Sendable {
    /// As numbered in the new body.
    case kept(MIMEPart.Numbered)
    /// As numbered in the old body.
    case removed(MIMEPart.Numbered)
    case added(MIMEPart.Numbered)
    /// A text part that another of its type took the place of.
    case changed(from: MIMEPart.Numbered, to: MIMEPart.Numbered)
  }

  /// In the order of the new body; what goes stands where it was.
  package let steps: [Step]

  /// nil where either has no parts, or what differs lies between them: then lines tell more.
  package init?(from old: (headers: [Header], body: [UInt8]), to new: (headers: [Header], body: [UInt8])) {
    var known = KnownContents()
    let before = Self.leaves(old.headers, old.body, &known)
    let after = Self.leaves(new.headers, new.body, &known)
    guard !before.isEmpty, !after.isEmpty else { return nil }
    let pairs = Self.common(before.map(\.content), after.map(\.content))
    var steps: [Step] = []
    var (i, j) = (0, 0)
    for (nextOld, nextNew) in pairs + [(before.count, after.count)] {
      steps += Self.between(before[i..<nextOld].map(\.leaf), after[j..<nextNew].map(\.leaf))
      if nextNew < after.count { steps.append(.kept(after[nextNew].leaf)) }
      (i, j) = (nextOld + 1, nextNew + 1)
    }
    let changes = steps.contains { if case .kept = $0 { false } else { true } }
    guard changes || old.body == new.body else { return nil }
    self.steps = steps
  }

  /// The parts that have no parts, each with the number of its bytes among those known.
  private static func leaves(
    _ headers: [Header], _ body: [UInt8], _ known: inout KnownContents
  ) -> [(leaf: MIMEPart.Numbered, content: Int)] {
    let whole = MIMEPart(headers: headers, body: body)
    guard !whole.parts.isEmpty else { return [] }
    return whole.numbered.filter(\.part.parts.isEmpty).map { leaf in
      (leaf, known.number(of: body[leaf.part.header.lowerBound..<leaf.part.content.upperBound]))
    }
  }

  /// Contents by number, so that each is compared with those of its length alone, once.
  private struct KnownContents {
    private var byLength: [Int: [(content: ArraySlice<UInt8>, number: Int)]] = [:]
    private var count = 0

    mutating func number(of content: ArraySlice<UInt8>) -> Int {
      if let known = byLength[content.count]?.first(where: { $0.content == content }) { return known.number }
      count += 1
      byLength[content.count, default: []].append((content, count))
      return count
    }
  }

  /// Places of the longest run of parts that both have in that order; at most 500 of each.
  private static func common(_ old: [Int], _ new: [Int]) -> [(Int, Int)] {
    let width = new.count + 1
    var lengths = [UInt16](repeating: 0, count: (old.count + 1) * width)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        lengths[i * width + j] =
          old[i] == new[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
      }
    }
    var pairs: [(Int, Int)] = []
    var (i, j) = (0, 0)
    while i < old.count, j < new.count {
      if old[i] == new[j] {
        pairs.append((i, j))
        (i, j) = (i + 1, j + 1)
      } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
        i += 1
      } else {
        j += 1
      }
    }
    return pairs
  }

  /// Texts of one type that stand at the same place are one text, written anew.
  private static func between(_ old: [MIMEPart.Numbered], _ new: [MIMEPart.Numbered]) -> [Step] {
    var steps: [Step] = []
    for place in 0..<max(old.count, new.count) {
      let before = old.indices.contains(place) ? old[place] : nil
      let after = new.indices.contains(place) ? new[place] : nil
      if let before, let after, before.part.type.type == after.part.type.type,
        after.part.type.type.hasPrefix("text/")
      {
        steps.append(.changed(from: before, to: after))
      } else {
        if let before { steps.append(.removed(before)) }
        if let after { steps.append(.added(after)) }
      }
    }
    return steps
  }
}
