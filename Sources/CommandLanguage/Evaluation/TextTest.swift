import MilterProtocol
import TraceModel

/// A question to text: put to each value, answered yes by any of them.
struct TextTest: Sendable {
  private let relation: Relation
  /// No value may answer yes, but there has to be one.
  private let isNegated: Bool
  private let ignoresCase: Bool
  /// A pair of angle brackets around a value does not count.
  private let ignoresBrackets: Bool

  private enum Relation: Sendable {
    case anything
    case equals([UInt8])
    case contains([UInt8])
    case startsWith([UInt8])
    case endsWith([UInt8])
    case matches(Pattern)
    case isWithin([Network], orIs: Set<[UInt8]>)
    case nothing
  }

  static let isThere = TextTest(.anything)

  private init(_ relation: Relation) {
    self.relation = relation
    isNegated = false
    ignoresCase = false
    ignoresBrackets = false
  }

  /// As a string alone asks for.
  init(contains bytes: [UInt8]) { self.init(.contains, .text(bytes), type: .text) }

  init(_ comparison: Comparison, _ literal: Literal, type: ValueType) {
    isNegated = comparison == .notEqual
    ignoresCase = type != .bytes
    ignoresBrackets = type == .mailbox
    let isMailbox = type == .mailbox
    let isExact = type == .bytes
    func folded(_ bytes: [UInt8]) -> [UInt8] { isExact ? bytes : bytes.map(lowercased) }
    func whole(_ bytes: [UInt8]) -> [UInt8] { folded(isMailbox ? Array(bytes[...].withoutBrackets) : bytes) }
    switch (comparison, literal) {
    case (.equal, .text(let bytes)), (.notEqual, .text(let bytes)):
      if type == .address, let network = Network(bytes) {
        relation = .isWithin([network], orIs: [folded(bytes)])
      } else {
        relation = .equals(whole(bytes))
      }
    case (.contains, .text(let bytes)): relation = .contains(whole(bytes))
    case (.startsWith, .text(let bytes)):
      let hasBracket = isMailbox && bytes.first == UInt8(ascii: "<")
      relation = .startsWith(folded(hasBracket ? Array(bytes.dropFirst()) : bytes))
    case (.endsWith, .text(let bytes)):
      let hasBracket = isMailbox && bytes.last == UInt8(ascii: ">")
      relation = .endsWith(folded(hasBracket ? Array(bytes.dropLast()) : bytes))
    case (.matches, .pattern(let pattern)): relation = .matches(pattern)
    case (.in, _), (.equal, .network), (.notEqual, .network):
      var networks: [Network] = []
      // In a file nothing tells a network from a text but how it reads.
      let mayBeNetworks =
        if case .file = literal { type == .text || type == .address } else { type == .address }
      var texts: Set<[UInt8]> = []
      for member in literal.members {
        if case .network(let network) = member { networks.append(network) }
        guard case .text(let bytes) = member else { continue }
        texts.insert(whole(bytes))
        if mayBeNetworks, let network = Network(bytes) { networks.append(network) }
      }
      relation = .isWithin(networks, orIs: texts)
    default: relation = .nothing
    }
  }

  func holds(for values: TextValues, _ effort: inout SearchEffort) -> Bool {
    switch values {
    case .none: return false
    case .one(let value): return holds(for: value, &effort) != isNegated
    case .many(let values):
      var isAny = false
      for value in values where !isAny { isAny = holds(for: value, &effort) }
      return !values.isEmpty && isAny != isNegated
    }
  }

  private func holds(for value: ArraySlice<UInt8>, _ effort: inout SearchEffort) -> Bool {
    let value = ignoresBrackets ? value.withoutBrackets : value
    switch relation {
    case .anything: return true
    case .nothing: return false
    case .equals(let bytes): return value.count == bytes.count && isEqual(value, at: value.startIndex, bytes)
    case .startsWith(let bytes): return isEqual(value, at: value.startIndex, bytes)
    case .endsWith(let bytes):
      return value.count >= bytes.count && isEqual(value, at: value.endIndex - bytes.count, bytes)
    case .contains(let bytes): return isFound(bytes, in: value)
    case .matches(let pattern): return pattern.isFound(in: value, &effort)
    case .isWithin(let networks, let texts):
      if !texts.isEmpty, texts.contains(ignoresCase ? value.map(lowercased) : Array(value)) { return true }
      guard !networks.isEmpty, let address = Network(value) else { return false }
      return networks.contains { $0.contains(address) }
    }
  }

  /// Whether `bytes`, in lower case where case does not count, stand in `value` at `start`.
  private func isEqual(_ value: ArraySlice<UInt8>, at start: Int, _ bytes: [UInt8]) -> Bool {
    guard value.endIndex - start >= bytes.count else { return false }
    var index = start
    for byte in bytes {
      guard (ignoresCase ? lowercased(value[index]) : value[index]) == byte else { return false }
      index += 1
    }
    return true
  }

  private func isFound(_ bytes: [UInt8], in value: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    guard value.count >= bytes.count else { return false }
    let otherFirst = ignoresCase && first >= 0x61 && first <= 0x7A ? first & 0xDF : first
    for index in value.startIndex...(value.endIndex - bytes.count)
    where value[index] == first || value[index] == otherFirst {
      if isEqual(value, at: index, bytes) { return true }
    }
    return false
  }
}

extension ArraySlice<UInt8> {
  /// Without `<` and `>` if it has both at its ends.
  var withoutBrackets: ArraySlice<UInt8> {
    count >= 2 && first == UInt8(ascii: "<") && last == UInt8(ascii: ">") ? dropFirst().dropLast() : self
  }
}
