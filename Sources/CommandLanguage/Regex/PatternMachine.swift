/// The pattern as a nondeterministic automaton (Thompson's construction), followed in all its states at once.
///
/// Time is at most states times bytes, memory is the states: no text can make it worse.
struct PatternMachine: Sendable {
  enum State: Equatable, Sendable {
    case bytes(ByteSet)
    case assertion(PatternAssertion)
    /// Goes on at both.
    case split(Int, Int)
    case jump(Int)
    case found
  }

  private(set) var states: [State] = []

  var count: Int { states.count }

  init(_ node: PatternNode) {
    add(node)
    append(.found)
  }

  /// One more than is allowed is enough to know that it is too large.
  private var isTooLarge: Bool { states.count > Pattern.maximumStates }

  private mutating func append(_ state: State) { if !isTooLarge { states.append(state) } }

  private mutating func replace(_ index: Int, with state: State) {
    if index < states.count { states[index] = state }
  }

  private mutating func add(_ node: PatternNode) {
    guard !isTooLarge else { return }
    switch node {
    case .empty: break
    case .bytes(let set): append(.bytes(set))
    case .assertion(let assertion): append(.assertion(assertion))
    case .sequence(let parts): for part in parts { add(part) }
    case .choice(let branches): add(choice: branches[...])
    case .repetition(let part, let least, let most): add(part, least: least, most: most)
    }
  }

  private mutating func add(choice branches: ArraySlice<PatternNode>) {
    var ends: [Int] = []
    for (offset, branch) in branches.enumerated() {
      guard offset < branches.count - 1 else {
        add(branch)
        break
      }
      let split = count
      append(.jump(0))
      add(branch)
      ends.append(count)
      append(.jump(0))
      replace(split, with: .split(split + 1, count))
    }
    for end in ends { replace(end, with: .jump(count)) }
  }

  private mutating func add(_ part: PatternNode, least: Int, most: Int?) {
    for _ in 0..<least where !isTooLarge { add(part) }
    guard let most else {
      let split = count
      append(.jump(0))
      add(part)
      append(.jump(split))
      replace(split, with: .split(split + 1, count))
      return
    }
    var splits: [Int] = []
    for _ in least..<max(least, most) where !isTooLarge {
      splits.append(count)
      append(.jump(0))
      add(part)
    }
    for split in splits { replace(split, with: .split(split + 1, count)) }
  }

  /// A set of states, with membership and order of entry.
  struct StateSet: Equatable, Sendable {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(capacity: Int) { isMember = [Bool](repeating: false, count: capacity) }

    @inline(__always)
    mutating func insert(_ state: Int) -> Bool {
      if isMember[state] { return false }
      isMember[state] = true
      members.append(state)
      return true
    }

    mutating func removeAll() {
      for member in members { isMember[member] = false }
      members.removeAll(keepingCapacity: true)
    }
  }

  /// Adds to `set` all that can be reached from `state` without a byte, between these two neighbours.
  ///
  /// - Parameter pending: nothing; room to remember what is still to be looked at.
  /// - Returns: whether the pattern is found by that; all that can be reached is there all the same.
  func reach(
    _ state: Int, into set: inout StateSet, before: PatternNeighbour, after: PatternNeighbour,
    _ pending: inout [Int], steps: inout Int
  ) -> Bool {
    var isFound = false
    pending.removeAll(keepingCapacity: true)
    pending.append(state)
    while let state = pending.popLast() {
      guard set.insert(state) else { continue }
      steps += 1
      switch states[state] {
      case .bytes: break
      case .found: isFound = true
      case .jump(let target): pending.append(target)
      case .split(let first, let second):
        pending.append(second)
        pending.append(first)
      case .assertion(let assertion):
        if assertion.holds(before: before, after: after) { pending.append(state + 1) }
      }
    }
    return isFound
  }

  /// nil where that would take more than `most` steps.
  func isFound(in text: ArraySlice<UInt8>, steps: inout Int, atMost most: Int) -> Bool? {
    var entered: [Int] = []
    var pending: [Int] = []
    var current = StateSet(capacity: count)
    var before = PatternNeighbour.none
    var index = text.startIndex
    while true {
      let byte = index < text.endIndex ? text[index] : nil
      let after = byte.map(PatternNeighbour.init) ?? .none
      current.removeAll()
      // The search may begin at every byte.
      for state in entered + [0]
      where reach(state, into: &current, before: before, after: after, &pending, steps: &steps) {
        return true
      }
      guard let byte else { return false }
      if steps > most { return nil }
      entered.removeAll(keepingCapacity: true)
      for state in current.members {
        if case .bytes(let set) = states[state], set.contains(byte) { entered.append(state + 1) }
      }
      before = after
      index += 1
    }
  }
}
