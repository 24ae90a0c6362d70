import MilterProtocol

/// Reads the source of a pattern.
struct PatternParser {
  private let source: [UInt8]
  private var at = 0
  private var depth = 0
  private var flags: Flags

  private struct Flags {
    var ignoresCase: Bool
    /// `(?m)`: `^` and `$` also at the lines within.
    var isMultiline = false
    /// `(?-s)`: `.` leaves out LF.
    var dotMatchesAll = true
  }

  private static let maximumDepth = 100
  private static let maximumRepetition = 1000

  init(_ source: [UInt8], caseSensitive: Bool) {
    self.source = source
    flags = Flags(ignoresCase: !caseSensitive)
  }

  mutating func parse() throws(Pattern.Mistake) -> PatternNode {
    let node = try choice()
    if at < source.count { throw mistake("')' without '('", at..<(at + 1)) }
    return node
  }

  private var byte: UInt8? { at < source.count ? source[at] : nil }

  private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard byte == UInt8(ascii: mark) else { return false }
    at += 1
    return true
  }

  private func mistake(_ message: String, _ range: Range<Int>) -> Pattern.Mistake {
    Pattern.Mistake(message, at: range.clamped(to: 0..<source.count))
  }

  private mutating func choice() throws(Pattern.Mistake) -> PatternNode {
    var branches = [try sequence()]
    while skip("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(Pattern.Mistake) -> PatternNode {
    var parts: [PatternNode] = []
    while let byte, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      let start = at
      guard let atom = try atom() else { continue }
      let part = try repetitions(of: atom, from: start)
      if part != .empty { parts.append(part) }
    }
    return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repetitions(of atom: PatternNode, from start: Int) throws(Pattern.Mistake)
    -> PatternNode
  {
    guard let (least, most) = try bounds() else { return atom }
    if case .assertion = atom, source[start] != UInt8(ascii: "(") {
      throw mistake("nothing that could be repeated", start..<at)
    }
    _ = skip("?")  // The shortest match is found as surely as the longest.
    let end = at
    if try bounds() != nil {
      throw mistake("repeated twice: put the inner one in a group", end..<at)
    }
    return atom == .empty ? .empty : .repetition(atom, least: least, most: most)
  }

  /// `*`, `+`, `?`, `{m}`, `{m,}`, `{,n}` or `{m,n}`; a brace that is none of these stands for itself.
  private mutating func bounds() throws(Pattern.Mistake) -> (least: Int, most: Int?)? {
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    if skip("?") { return (0, 1) }
    guard byte == UInt8(ascii: "{") else { return nil }
    let start = at
    at += 1
    let least = number()
    var most = least
    if skip(",") { most = number() } else if least == nil { return giveUp(start) }
    let hasUpperBound = source[at - 1] != UInt8(ascii: ",")
    guard skip("}"), least != nil || hasUpperBound else { return giveUp(start) }
    let low = least ?? 0
    if max(low, most ?? 0) > Self.maximumRepetition {
      throw mistake("repeated more than \(Self.maximumRepetition) times", start..<at)
    }
    if hasUpperBound, let most, most < low { throw mistake("the bounds are the wrong way round", start..<at) }
    return (low, hasUpperBound ? most : nil)
  }

  private mutating func giveUp(_ start: Int) -> (least: Int, most: Int?)? {
    at = start
    return nil
  }

  private mutating func number() -> Int? {
    let digits = source[at...].prefix { isDigit($0) }.prefix(6)
    guard !digits.isEmpty else { return nil }
    at += digits.count
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// nil for what has no place of its own: flags.
  private mutating func atom() throws(Pattern.Mistake) -> PatternNode? {
    let start = at
    let byte = source[at]
    at += 1
    switch byte {
    case UInt8(ascii: "("): return try group(from: start)
    case UInt8(ascii: "["): return .bytes(try characterClass(from: start))
    case UInt8(ascii: "\\"): return try escape(from: start)
    case UInt8(ascii: "^"): return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case UInt8(ascii: "$"): return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    case UInt8(ascii: "."): return .bytes(flags.dotMatchesAll ? .all : ByteSet(0x0A).complement)
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
      throw mistake("nothing before '\(Character(Unicode.Scalar(byte)))' to repeat", start..<at)
    case 0xC2...0xF4: return character(from: start)
    default: return literal(ByteSet(byte))
    }
  }

  private func literal(_ set: ByteSet) -> PatternNode { .bytes(flags.ignoresCase ? set.withoutCase : set) }

  /// The bytes of one character beyond ASCII stay together, so that `é+` repeats all of it.
  private mutating func character(from start: Int) -> PatternNode {
    while let byte, byte & 0xC0 == 0x80 { at += 1 }
    let bytes = source[start..<at].map { PatternNode.bytes(ByteSet($0)) }
    return bytes.count == 1 ? bytes[0] : .sequence(bytes)
  }

  private mutating func group(from start: Int) throws(Pattern.Mistake) -> PatternNode? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw mistake("groups nest too deeply", start..<at) }
    let outer = flags
    if skip("?") {
      guard try groupFlags(from: start) else { return nil }
    }
    let node = try choice()
    guard skip(")") else { throw mistake("'(' without ')'", start..<(start + 1)) }
    flags = outer
    return node
  }

  /// After `(?`: flags and `:` begin a group, flags and `)` hold for the rest of the group around them.
  private mutating func groupFlags(from start: Int) throws(Pattern.Mistake) -> Bool {
    var on = true
    while let byte {
      at += 1
      switch byte {
      case UInt8(ascii: "-"): on = false
      case UInt8(ascii: "i"): flags.ignoresCase = on
      case UInt8(ascii: "m"): flags.isMultiline = on
      case UInt8(ascii: "s"): flags.dotMatchesAll = on
      case UInt8(ascii: ":"): return true
      case UInt8(ascii: ")"): return false
      case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "P"):
        throw mistake("look-around and named groups are not supported", start..<at)
      default: throw mistake("unknown flag: there are i, m and s", (at - 1)..<at)
      }
    }
    throw mistake("'(' without ')'", start..<(start + 1))
  }

  private mutating func escape(from start: Int) throws(Pattern.Mistake) -> PatternNode {
    switch byte {
    case UInt8(ascii: "b"):
      at += 1
      return .assertion(.wordBoundary)
    case UInt8(ascii: "B"):
      at += 1
      return .assertion(.noWordBoundary)
    case UInt8(ascii: "A"):
      at += 1
      return .assertion(.textStart)
    case UInt8(ascii: "z"), UInt8(ascii: "Z"):
      at += 1
      return .assertion(.textEnd)
    default: return literal(try escapedSet(from: start))
    }
  }

  /// After a backslash, in or out of a class.
  private mutating func escapedSet(from start: Int) throws(Pattern.Mistake) -> ByteSet {
    guard let byte else { throw mistake("a backslash at the end", start..<(start + 1)) }
    at += 1
    switch byte {
    case UInt8(ascii: "d"): return .digits
    case UInt8(ascii: "D"): return ByteSet.digits.complement
    case UInt8(ascii: "w"): return .word
    case UInt8(ascii: "W"): return ByteSet.word.complement
    case UInt8(ascii: "s"): return .space
    case UInt8(ascii: "S"): return ByteSet.space.complement
    case UInt8(ascii: "n"): return ByteSet(0x0A)
    case UInt8(ascii: "r"): return ByteSet(0x0D)
    case UInt8(ascii: "t"): return ByteSet(0x09)
    case UInt8(ascii: "f"): return ByteSet(0x0C)
    case UInt8(ascii: "v"): return ByteSet(0x0B)
    case UInt8(ascii: "0"): return ByteSet(0)
    case UInt8(ascii: "x"):
      guard at + 2 <= source.count, let high = HexDigit.value(source[at]),
        let low = HexDigit.value(source[at + 1])
      else {
        throw mistake("\\x wants two hexadecimal digits", start..<(at + 2))
      }
      at += 2
      return ByteSet(high << 4 | low)
    case UInt8(ascii: "1")...UInt8(ascii: "9"):
      throw mistake(
        "back references are not supported: they cannot be searched for in bounded time", start..<at)
    case _ where isLetter(byte) || byte >= 0x80:
      throw mistake("unknown escape in the pattern", start..<at)
    default: return ByteSet(byte)
    }
  }

  private mutating func characterClass(from start: Int) throws(Pattern.Mistake) -> ByteSet {
    let isNegated = skip("^")
    var set = ByteSet()
    var isFirst = true
    while let byte {
      if byte == UInt8(ascii: "]"), !isFirst {
        at += 1
        let folded = flags.ignoresCase ? set.withoutCase : set
        return isNegated ? folded.complement : folded
      }
      isFirst = false
      set = set.union(try classMember())
    }
    throw mistake("'[' without ']'", start..<(start + 1))
  }

  private mutating func classMember() throws(Pattern.Mistake) -> ByteSet {
    let start = at
    if let named = try namedClass() { return named }
    guard let low = try classByte(from: start) else {
      at = start + 1
      return try escapedSet(from: start)
    }
    // A hyphen before the closing bracket stands for itself.
    guard byte == UInt8(ascii: "-"), at + 1 < source.count, source[at + 1] != UInt8(ascii: "]") else {
      return ByteSet(low)
    }
    at += 1
    guard let high = try classByte(from: at), high >= low else {
      throw mistake("the range ends before it begins", start..<at)
    }
    return ByteSet(low...high)
  }

  /// One byte of a class; nil where an escape stands for several.
  private mutating func classByte(from start: Int) throws(Pattern.Mistake) -> UInt8? {
    guard let byte else { return nil }
    at += 1
    if byte >= 0x80 {
      throw mistake("a class is made of single bytes: write characters beyond ASCII as (é|è)", start..<at)
    }
    guard byte == UInt8(ascii: "\\") else { return byte }
    let set = try escapedSet(from: start)
    var only: UInt8?
    for byte in 0...UInt8.max where set.contains(byte) {
      if only != nil { return nil }
      only = byte
    }
    return only
  }

  /// `[:alpha:]` and its like, within a class.
  private mutating func namedClass() throws(Pattern.Mistake) -> ByteSet? {
    guard byte == UInt8(ascii: "["), at + 1 < source.count, source[at + 1] == UInt8(ascii: ":") else {
      return nil
    }
    let start = at
    let name = source[(at + 2)...].prefix { isLetter($0) }
    at += 2 + name.count
    guard skip(":"), skip("]") else { throw mistake("a named class is written [:alpha:]", start..<at) }
    switch String(decoding: name, as: UTF8.self) {
    case "alpha": return .letters
    case "digit": return .digits
    case "alnum": return ByteSet.letters.union(.digits)
    case "space": return .space
    case "blank": return ByteSet(0x20).union(ByteSet(0x09))
    case "upper": return ByteSet(0x41...0x5A)
    case "lower": return ByteSet(0x61...0x7A)
    case "xdigit": return ByteSet.digits.union(ByteSet(0x41...0x46)).union(ByteSet(0x61...0x66))
    case "punct":
      return ByteSet(0x21...0x2F).union(ByteSet(0x3A...0x40)).union(ByteSet(0x5B...0x60)).union(
        ByteSet(0x7B...0x7E))
    case "cntrl": return ByteSet(0...0x1F).union(ByteSet(0x7F))
    case "print": return ByteSet(0x20...0x7E)
    default: throw mistake("unknown named class", start..<at)
    }
  }
}
