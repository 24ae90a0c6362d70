/// Finds many texts at once in a line, with one look-up a byte (Aho and Corasick, *Efficient string matching*, CACM 18(6), 1975).
struct KeySearch: Sendable {
  /// `state * 256 + byte`: the next state.
  private var next: [Int32] = Array(repeating: 0, count: 256)
  /// By state: numbers of the keys that end there.
  private var found: [[Int]] = [[]]
  /// By state: whether any does.
  private var ends: [Bool] = []

  init(_ keys: [[UInt8]]) {
    for (number, key) in keys.enumerated() where !key.isEmpty { insert(key, number) }
    linkBack()
    ends = found.map { !$0.isEmpty }
  }

  /// Whether any of the keys stands in the bytes: for lines by the million.
  func hasKey(in bytes: ArraySlice<UInt8>) -> Bool {
    var state = 0
    for byte in bytes {
      state = Int(next[state &* 256 &+ Int(byte)])
      if ends[state] { return true }
    }
    return false
  }

  /// Numbers of the keys that stand in the bytes, each once, in no order.
  func keys(in bytes: ArraySlice<UInt8>) -> [Int] {
    var state = 0
    var numbers: [Int] = []
    for byte in bytes {
      state = Int(next[state * 256 + Int(byte)])
      if ends[state] { numbers += found[state] }
    }
    return numbers.count > 1 ? Array(Set(numbers)) : numbers
  }

  private mutating func insert(_ key: [UInt8], _ number: Int) {
    var state = 0
    for byte in key {
      let place = state * 256 + Int(byte)
      if next[place] == 0 {
        next[place] = Int32(found.count)
        found.append([])
        next.append(contentsOf: Array(repeating: 0, count: 256))
      }
      state = Int(next[place])
    }
    found[state].append(number)
  }

  /// Where a byte does not go on, the longest text that ends here and does decides.
  private mutating func linkBack() {
    var back = Array(repeating: 0, count: found.count)
    var queue = (0..<256).map { Int(next[$0]) }.filter { $0 > 0 }
    var head = 0
    while head < queue.count {
      let state = queue[head]
      head += 1
      found[state] += found[back[state]]
      for byte in 0..<256 {
        let child = Int(next[state * 256 + byte])
        let other = next[back[state] * 256 + byte]
        if child == 0 {
          next[state * 256 + byte] = other
        } else {
          back[child] = Int(other)
          queue.append(child)
        }
      }
    }
  }
}
