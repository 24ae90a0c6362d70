/// Where the pattern is found, as a replacement has to know.
extension PatternMachine {
  /// All places from the left, each as long as it can be, none within another; nil where that would take more than `most` steps.
  func matches(in text: ArraySlice<UInt8>, steps: inout Int, atMost most: Int) -> [Range<Int>]? {
    var matches: [Range<Int>] = []
    var start = text.startIndex
    while start <= text.endIndex {
      let end = longestMatch(in: text, from: start, steps: &steps, atMost: most)
      if steps > most { return nil }
      if let end { matches.append(start..<end) }
      // Behind an empty one, a byte stays as it is.
      start = max(start + 1, end ?? start)
    }
    return matches
  }

  private func longestMatch(
    in text: ArraySlice<UInt8>, from start: Int, steps: inout Int, atMost most: Int
  ) -> Int? {
    var entered = [0]
    var pending: [Int] = []
    var current = StateSet(capacity: count)
    var before = start == text.startIndex ? PatternNeighbour.none : PatternNeighbour(text[start - 1])
    var end: Int?
    var index = start
    while !entered.isEmpty, steps <= most {
      let byte = index < text.endIndex ? text[index] : nil
      let after = byte.map(PatternNeighbour.init) ?? .none
      current.removeAll()
      for state in entered
      where reach(state, into: &current, before: before, after: after, &pending, steps: &steps) {
        end = index
      }
      guard let byte else { break }
      entered.removeAll(keepingCapacity: true)
      for state in current.members {
        if case .bytes(let set) = states[state], set.contains(byte) { entered.append(state + 1) }
      }
      before = after
      index += 1
    }
    return end
  }
}
