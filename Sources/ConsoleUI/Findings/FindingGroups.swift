import MilterProtocol
import Timeline

/// Findings by rule, as the Findings view lists them: what weighs most first, what is only a consequence under the rule that
/// it follows from, what is about the whole run at the end. A rule that was broken once is one line; another is a group,
/// which opens.
struct FindingGroups {
  /// A line of the list.
  enum Line: Equatable {
    /// All findings of a rule, by its place in ``FindingGroups/groups``.
    case group(Int)
    /// One finding of an open group, by its place in the index.
    case member(Int, ofGroup: Int)
  }

  /// What comes first; what is about the whole run comes last in each.
  enum Order: CaseIterable {
    case severity, first, count

    var words: String {
      switch self {
      case .severity: "by severity, the gravest first"
      case .first: "by their first time, the earliest first"
      case .count: "by count, the most frequent first"
      }
    }
  }

  /// All findings of one rule and weight.
  struct Group {
    let rule: FindingRule
    /// Their places in the index, in the order in which they were found.
    fileprivate(set) var members: [Int] = []
    /// Whether one of them follows from nothing else.
    fileprivate(set) var hasCause = false
    /// Of a rule that was broken only in consequence of another: the group of that.
    fileprivate(set) var parent: Int?
    /// Whether they are about no connection.
    let isOfRun: Bool

    var isConsequence: Bool { !hasCause && parent != nil }
  }

  private(set) var groups: [Group] = []
  private(set) var lines: [Line] = []
  /// Findings that it is made of, from the first.
  private(set) var count = 0
  private(set) var order = Order.severity
  /// The first finding that is listed.
  let start: Int
  private var places: [Key: Int] = [:]
  private var open: Set<Key> = []

  private struct Key: Hashable {
    let rule: String
    let severity: Finding.Severity
  }

  init(from start: Int = 0) {
    self.start = start
    count = start
  }

  /// The same from another finding on, with the same groups open, in the same order.
  func anew(from start: Int) -> FindingGroups {
    var groups = FindingGroups(from: start)
    (groups.open, groups.order) = (open, order)
    return groups
  }

  mutating func sort() {
    let all = Order.allCases
    order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
    arrange()
  }

  private static func key(_ rule: FindingRule) -> Key { Key(rule: rule.id, severity: rule.severity) }

  /// Takes in those beyond the ones known, up to `count` of them all; fewer begin anew, with the same groups open.
  mutating func follow(_ findings: [FindingEntry], upTo count: Int) {
    if count < self.count { self = anew(from: start) }
    guard count > self.count else { return }
    for place in self.count..<min(count, findings.count) { take(findings[place], at: place, findings) }
    self.count = count
    arrange()
  }

  private mutating func take(_ finding: FindingEntry, at place: Int, _ findings: [FindingEntry]) {
    let key = Self.key(finding.rule)
    let group = places[key] ?? groups.count
    if group == groups.count {
      places[key] = group
      groups.append(Group(rule: finding.rule, isOfRun: finding.connection == nil))
    }
    groups[group].members.append(place)
    if let cause = finding.cause {
      if groups[group].parent == nil { groups[group].parent = places[Self.key(findings[cause].rule)] }
    } else {
      groups[group].hasCause = true
    }
  }

  /// Makes the lines anew.
  private mutating func arrange() {
    lines.removeAll(keepingCapacity: true)
    let roots = groups.indices.filter { !groups[$0].isConsequence }.sorted(by: comesFirst)
    let consequences = Dictionary(grouping: groups.indices.filter { groups[$0].isConsequence }) {
      groups[$0].parent ?? 0
    }
    for root in roots {
      add(root)
      for group in (consequences[root] ?? []).sorted(by: comesFirst) { add(group) }
    }
  }

  private mutating func add(_ group: Int) {
    lines.append(.group(group))
    guard isOpen(group) else { return }
    lines += groups[group].members.map { .member($0, ofGroup: group) }
  }

  private func comesFirst(_ a: Int, _ b: Int) -> Bool {
    func rank(_ group: Int) -> (Int, Int, Int) {
      let first = groups[group].members[0]
      let weight =
        switch order {
        case .severity: -Int(groups[group].rule.severity.rawValue)
        case .first: first
        case .count: -groups[group].members.count
        }
      return (groups[group].isOfRun ? 1 : 0, weight, first)
    }
    return rank(a) < rank(b)
  }

  // MARK: groups that open

  func isOpen(_ group: Int) -> Bool {
    groups[group].members.count > 1 && open.contains(Self.key(groups[group].rule))
  }

  /// Opens or closes a group; false where there is nothing to open.
  mutating func toggle(_ group: Int) -> Bool {
    guard groups[group].members.count > 1 else { return false }
    let key = Self.key(groups[group].rule)
    if open.remove(key) == nil { open.insert(key) }
    arrange()
    return true
  }

  /// The finding that a line stands for: of a group the first.
  func finding(line: Int) -> Int? {
    guard lines.indices.contains(line) else { return nil }
    switch lines[line] {
    case .group(let group): return groups[group].members[0]
    case .member(let place, _): return place
    }
  }

  /// Where a line stands now; of a finding whose group was closed, where that stands.
  func place(of line: Line) -> Int? {
    if let place = lines.firstIndex(of: line) { return place }
    guard case .member(_, let group) = line else { return nil }
    return lines.firstIndex(of: .group(group))
  }
}
