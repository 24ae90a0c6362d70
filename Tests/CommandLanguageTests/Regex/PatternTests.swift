import CommandLanguage
import TestSupport
import Testing

@Suite struct PatternTests {
  static let rows: [(String, String, Bool)] = [
    ("", "", true), ("", "abc", true), ("b", "abc", true), ("B", "abc", true), ("(?-i)B", "abc", false),
    ("^b", "abc", false), ("^a", "abc", true), ("c$", "abc", true), ("b$", "abc", false), ("^$", "", true),
    ("^$", "a", false), ("a.c", "abc", true), ("a.c", "a\nc", true), ("(?-s)a.c", "a\nc", false),
    ("a|b", "xbx", true), ("a|b", "xx", false), ("^(a|bc)+$", "abcabc", true), ("^(a|bc)+$", "abcab", false),
    ("ab*c", "ac", true), ("ab*c", "abbbc", true), ("ab+c", "ac", false), ("ab?c", "abc", true),
    ("ab?c", "abbc", false), ("^a{3}$", "aaa", true), ("^a{3}$", "aa", false), ("^a{2,3}$", "aaaa", false),
    ("^a{2,}$", "aaaa", true), ("^a{,2}$", "", true), ("^a{,2}$", "aaa", false), ("a{x}", "a{x}", true),
    ("{i}", "{i}", true), ("a{2,1x", "a{2,1x", true), ("^a+?$", "aaa", true), ("[abc]", "xcx", true),
    ("[^abc]", "abc", false), ("[^abc]", "abcd", true), ("[a-c]x", "bx", true), ("[A-C]x", "bx", true),
    ("(?-i)[A-C]x", "bx", false), ("[]a]", "]", true), ("[^]a]", "]a", false), ("[a-]", "-", true),
    ("[\\]\\\\]", "\\", true), ("[\\d_]+$", "12_", true), ("\\d{3}", "a550b", true), ("\\D", "550", false),
    ("\\w+@\\w+", "bob@example", true), ("\\W", "abc_1", false), ("\\s", "a b", true), ("\\S", " \t", false),
    ("\\bcat\\b", "a cat.", true), ("\\bcat\\b", "concat", false), ("\\Bcat", "concat", true),
    ("\\.", "abc", false), ("\\.", "a.c", true), ("\\x41", "xAx", true), ("\\t", "a\tb", true),
    ("[[:alpha:]]+[[:digit:]]", "abc1", true), ("[[:space:][:punct:]]", "abc", false),
    ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb\nc", false), ("\\Aa", "a", true), ("a\\z", "ab", false),
    ("(?:ab)+", "abab", true), ("(?i:A)b", "ab", true), ("(?-i:A)b", "ab", false), ("(?-i:a)B", "ab", true),
    ("é+$", "éé", true), ("^é+$", "é\u{AE}", false), ("(é|è)", "crème", true), ("(a*)*b", "aaab", true),
    ("(a*)+$", "", true), ("(|a)+", "aaa", true), ("()*x", "x", true), ("(^a|b$)", "ab", true),
    ("x*", "", true), ("a||b", "zzz", true), ("$^", "", true), ("$a", "a", false),
  ]

  @Test(arguments: rows) func aPatternIsFoundOrNot(_ source: String, _ text: String, _ found: Bool) throws {
    let pattern = try Pattern(Array(source.utf8))
    #expect(isFound(pattern, text.utf8) == found)
    #expect(pattern.isFoundSlowly(in: Array(text.utf8)[...]).found == found)
  }

  private static let tooLarge =
    "the pattern is too large: its repetitions multiply; repeat less often, or without end ({20,} or +)"

  private func isFound(_ pattern: Pattern, _ text: some Collection<UInt8>) -> Bool {
    var effort = SearchEffort(left: .max, atMost: .max)
    return pattern.isFound(in: Array(text)[...], &effort)
  }

  /// Words, numbers and repetitions as rules have them: one look a byte.
  @Test(arguments: [
    "\\b(viagra|cialis|levitra|casino|lottery|winner|bitcoin|invoice|urgent|password|verify|account)\\b",
    "[^ ]{20,}", ".{200,}", "\\d{1,3}(\\.\\d{1,3}){3}", "^.{0,72}$", "x{300}",
  ])
  func usualPatternsAreTabled(_ source: String) throws { #expect(try Pattern(Array(source.utf8)).isTabled) }

  @Test func aSearchThatTakesTooLongIsGivenUpAndSaysSo() throws {
    let pattern = try Pattern(Array("(a|b)*a(a|b){12}c".utf8))
    let text = (0..<1_000_000).map { UInt8(ascii: $0 % 2 == 0 ? "a" : "b") }
    var effort = SearchEffort(left: 100_000, atMost: 40_000)
    for number in 1...4 {
      effort.forgive()
      #expect(!pattern.isFound(in: text[...], &effort))
      #expect(effort.gaveUp, "search \(number)")
    }
    // Nothing is left for others of the same turn, but a table needs nothing.
    effort.forgive()
    #expect(!pattern.isFound(in: Array("abbbbbbbbbbbbc".utf8)[...], &effort))
    #expect(effort.gaveUp)
    effort.forgive()
    let tabled = try Pattern(Array("b+a".utf8))
    #expect(tabled.isFound(in: text[...], &effort))
    #expect(!effort.gaveUp)
  }

  @Test func everyByteCanBeSearchedFor() throws {
    for byte in 0...UInt8.max {
      let digits = String(byte, radix: 16)
      let source = "(?-i)^\\x\(digits.count < 2 ? "0" : "")\(digits)$"
      let pattern = try Pattern(Array(source.utf8))
      #expect((0...UInt8.max).filter { isFound(pattern, [$0]) } == [byte])
    }
  }

  @Test(arguments: [
    ("(", "'(' without ')'", 0..<1), ("a)", "')' without '('", 1..<2), ("[a", "'[' without ']'", 0..<1),
    ("*a", "nothing before '*' to repeat", 0..<1),
    ("a**", "repeated twice: put the inner one in a group", 2..<3),
    ("^*", "nothing that could be repeated", 0..<2), ("\\", "a backslash at the end", 0..<1),
    ("\\q", "unknown escape in the pattern", 0..<2), ("\\xZZ", "\\x wants two hexadecimal digits", 0..<4),
    ("(?=a)", "look-around and named groups are not supported", 0..<3),
    ("(?x)", "unknown flag: there are i, m and s", 2..<3),
    ("a{3,2}", "the bounds are the wrong way round", 1..<6),
    ("a{1001}", "repeated more than 1000 times", 1..<7), ("[b-a]", "the range ends before it begins", 1..<4),
    ("[é]", "a class is made of single bytes: write characters beyond ASCII as (é|è)", 1..<2),
    ("[[:nope:]]", "unknown named class", 1..<9),
    ("(a{100}){100}", Self.tooLarge, 0..<13),
    ("[^ ]{1,500} [^ ]{1,500}z", Self.tooLarge, 0..<24),
    ("x{1000}x{1000}x{1000}x{1000}", Self.tooLarge, 0..<28),
  ])
  func aMistakeIsNamedWhereItIs(_ source: String, _ message: String, _ range: Range<Int>) {
    do {
      _ = try Pattern(Array(source.utf8))
      Issue.record("accepted")
    } catch {
      #expect(error.message == message)
      #expect(error.range == range)
    }
  }

  /// What makes a backtracking matcher take for ever.
  @Test(arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+$", "^(\\w+\\s?)*$", "(x+x+)+y", "(.*)*=", "(a?){50}a{50}"])
  func aHostileTextTakesStepsInProportion(_ source: String) throws {
    let pattern = try Pattern(Array(source.utf8))
    for bytes in [1000, 2000, 4000] {
      let letter = UInt8(ascii: source.contains("x") ? "x" : "a")
      let text = [UInt8](repeating: letter, count: bytes) + [0x21]
      #expect(pattern.isFoundSlowly(in: text[...]).steps <= pattern.states * (bytes + 2))
    }
  }

  @Test func emptyRepetitionsDoNotMultiply() throws {
    let source = String(repeating: "(", count: 60) + String(repeating: "){1000}", count: 60)
    #expect(try Pattern(Array(source.utf8)).states < 10)
  }

  @Test func aPatternThatNeedsTooLargeATableIsStillFound() throws {
    let pattern = try Pattern(Array("(a|b)*a(a|b){12}c".utf8))
    #expect(!pattern.isTabled)
    #expect(isFound(pattern, "bbabbbbbbbbbbbbc".utf8))
    #expect(!isFound(pattern, "bbbbbbbbbbbbbbbc".utf8))
  }

  /// Both ways of following a pattern agree, for patterns and texts of a few letters.
  @Test(arguments: 0..<1500) func tableAndMachineAgree(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let source = generator.pattern(depth: 4)
    let pattern = try Pattern(Array(source.utf8))
    for _ in 0..<20 {
      let text = (0..<Int.random(in: 0...10, using: &generator)).map { _ in
        generator.element(of: Array("aAb _\n".utf8))
      }
      #expect(
        isFound(pattern, text) == pattern.isFoundSlowly(in: text[...]).found, "\(source) \(text)")
    }
  }

  /// No source makes it trap.
  @Test(arguments: 0..<1500) func anySourceIsAcceptedOrRefused(_ seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let alphabet = Array("ab\\dw()[]{}?*+|^$-.,:!=012<xé".utf8) + [0xFF, 0]
    let source = (0..<Int.random(in: 0...20, using: &generator)).map { _ in generator.element(of: alphabet) }
    if let pattern = try? Pattern(source) {
      let text = generator.bytes(0...30)
      #expect(isFound(pattern, text) == pattern.isFoundSlowly(in: text[...]).found)
    }
  }
}

extension SeededGenerator {
  fileprivate mutating func pattern(depth: Int) -> String {
    let atoms = [
      "a", "b", "A", ".", "[ab]", "[^a]", "\\w", "\\s", "\\b", "\\B", "^", "$", "(?m)^", "(?-i)a", "",
    ]
    guard depth > 0 else { return element(of: atoms) }
    let inner = pattern(depth: depth - 1)
    switch Int.random(in: 0..<6, using: &self) {
    case 0: return "(\(inner))*"
    case 1: return "(\(inner))+"
    case 2: return "(\(inner)){1,2}"
    case 3: return "(\(inner)|\(pattern(depth: depth - 1)))"
    case 4: return inner + pattern(depth: depth - 1)
    default: return element(of: atoms)
    }
  }
}
