/// The pattern as a deterministic automaton: one look into a table for each byte.
///
/// A row stands for a set of the machine's states together with what the byte before was, as assertions may ask for it.
struct PatternTable: Sendable {
  /// Which column a byte uses: bytes that no part of the pattern tells apart share one.
  private let columns: [UInt8]
  private let width: Int
  /// Row after row; `found` ends the search.
  private let next: [UInt16]
  /// Whether the text may end in a row.
  private let isFoundAtEnd: [Bool]

  private static let found = UInt16.max
  /// Rows beyond which the table is not worth its memory.
  private static let maximumRows = 1024
  /// Steps beyond which it is not worth making: a pattern is read at each key that is typed.
  private static let maximumSteps = 500_000

  func isFound(in text: ArraySlice<UInt8>) -> Bool {
    var row: UInt16 = 0
    for byte in text {
      row = next[Int(row) * width + Int(columns[Int(byte)])]
      if row == Self.found { return true }
    }
    return isFoundAtEnd[Int(row)]
  }

  private struct Row: Hashable {
    /// In ascending order.
    var entered: [Int]
    var before: PatternNeighbour
  }

  /// nil where it takes more rows than are worth it.
  init?(_ machine: PatternMachine) {
    var steps = 0
    let (columns, examples) = Self.columns(of: machine)
    var rows = [Row(entered: [], before: .none)]
    var numbers = [rows[0]: UInt16(0)]
    var next: [UInt16] = []
    var isFoundAtEnd: [Bool] = []
    var index = 0
    while index < rows.count {
      let row = rows[index]
      index += 1
      isFoundAtEnd.append(Self.closure(of: row, in: machine, after: .none, &steps) == nil)
      guard steps <= Self.maximumSteps else { return nil }
      for example in examples {
        guard let reached = Self.closure(of: row, in: machine, after: PatternNeighbour(example), &steps)
        else {
          next.append(Self.found)
          continue
        }
        let entered = reached.filter { state in
          if case .bytes(let set) = machine.states[state] { set.contains(example) } else { false }
        }
        let target = Row(entered: entered.map { $0 + 1 }.sorted(), before: PatternNeighbour(example))
        if let number = numbers[target] {
          next.append(number)
        } else {
          guard rows.count < Self.maximumRows else { return nil }
          numbers[target] = UInt16(rows.count)
          next.append(UInt16(rows.count))
          rows.append(target)
        }
      }
    }
    self.columns = columns
    width = examples.count
    self.next = next
    self.isFoundAtEnd = isFoundAtEnd
  }

  /// The states reached from a row without a byte; nil where the pattern is found.
  private static func closure(
    of row: Row, in machine: PatternMachine, after: PatternNeighbour, _ steps: inout Int
  ) -> [Int]? {
    var set = PatternMachine.StateSet(capacity: machine.count)
    var pending: [Int] = []
    // Making the set costs as much as visiting it.
    steps += machine.count / 8
    for state in row.entered + [0] {
      if machine.reach(state, into: &set, before: row.before, after: after, &pending, steps: &steps) {
        return nil
      }
    }
    return set.members
  }

  /// A column for each byte, and one byte for each column.
  private static func columns(of machine: PatternMachine) -> (columns: [UInt8], examples: [UInt8]) {
    var sets: Set<ByteSet> = [.word, ByteSet(0x0A)]
    for case .bytes(let set) in machine.states { sets.insert(set) }
    let ordered = Array(sets)
    var known: [[Bool]: UInt8] = [:]
    var columns: [UInt8] = []
    var examples: [UInt8] = []
    for byte in 0...UInt8.max {
      let membership = ordered.map { $0.contains(byte) }
      if let column = known[membership] {
        columns.append(column)
      } else {
        known[membership] = UInt8(examples.count)
        columns.append(UInt8(examples.count))
        examples.append(byte)
      }
    }
    return (columns, examples)
  }
}
