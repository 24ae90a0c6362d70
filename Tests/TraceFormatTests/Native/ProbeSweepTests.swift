import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct ProbeSweepTests {
  /// The lines of `file`, and what the sweep says of each.
  private func verdicts(_ probe: TextProbe, _ file: [UInt8], from start: Int = 1000) -> [(
    line: [UInt8], may: Bool?
  )] {
    var sweep = ProbeSweep(probe)
    sweep.sweep(file.span, from: start)
    var verdicts: [(line: [UInt8], may: Bool?)] = []
    var first = 0
    for (place, byte) in file.enumerated() where byte == UInt8(ascii: "\n") {
      let line = first..<place + 1
      verdicts.append((Array(file[line]), sweep.mayStand(in: start + first..<start + place + 1)))
      first = place + 1
    }
    return verdicts
  }

  /// Of no line is denied what a look at the line alone finds there.
  @Test func deniesNothingThatALookAtTheLineFinds() throws {
    var random = SeededGenerator(seed: 11)
    let pieces = [
      "a", "B", "b", "ab", "0", "\\u0000", "\\u00e9", "\\r\\n", "\\\\", "\\\"", "\\/", "\\u0061", "\\u0042",
      "\\u007f", "x", " ",
      "\n",
    ].map(bytes)
    var denied = 0
    var found = 0
    for _ in 0..<1500 {
      let count = Int.random(in: 1...120, using: &random)
      let file = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] } + bytes("\n")
      let probe = try #require(
        TextProbe(["ab", "b", "ba0", "abab"].map(bytes).randomElement(using: &random) ?? []))
      for (line, may) in verdicts(probe, file) {
        let may = try #require(may as Bool?)
        if probe.mayStand(in: line.span) { #expect(may, "\(String(decoding: line, as: UTF8.self))") }
        if may { found += 1 } else { denied += 1 }
      }
    }
    #expect(denied > 1000)
    #expect(found > 1000)
  }

  @Test func findsATextAtEveryPlaceAndNowhereElse() throws {
    let probe = try #require(TextProbe(bytes("NoWhere")))
    for before in 0...140 {
      for after in [0, 1, 5, 64, 70] {
        let padding = [UInt8](repeating: UInt8(ascii: "w"), count: before)
        let rest = [UInt8](repeating: UInt8(ascii: "h"), count: after)
        let file = bytes("first\n") + padding + bytes("nOwherE") + rest + bytes("\nlast\n")
        #expect(
          verdicts(probe, file).map(\.may) == [false, true, false], "\(before) before, \(after) behind")
      }
    }
  }

  @Test func oneLetterIsEnough() throws {
    let probe = try #require(TextProbe(bytes("q")))
    let file = [UInt8](repeating: UInt8(ascii: "x"), count: 100) + bytes("\nQ\n")
    #expect(verdicts(probe, file).map(\.may) == [false, true])
  }

  @Test func knowsNothingOutsideItsStretch() throws {
    var sweep = ProbeSweep(try #require(TextProbe(bytes("a"))))
    #expect(sweep.mayStand(in: 0..<1) == nil)
    sweep.sweep(bytes("abc").span, from: 100)
    #expect(sweep.mayStand(in: 100..<103) == true)
    #expect(sweep.mayStand(in: 101..<103) == false)
    #expect(sweep.mayStand(in: 100..<104) == nil)
    #expect(sweep.mayStand(in: 99..<101) == nil)
  }

  /// Lines may be asked for in any order.
  @Test func goesBackAsWell() throws {
    var sweep = ProbeSweep(try #require(TextProbe(bytes("a"))))
    sweep.sweep(bytes("a\nb\na\nb\n").span, from: 0)
    #expect(
      [6..<8, 4..<6, 2..<4, 0..<2, 4..<6].map { sweep.mayStand(in: $0) } == [false, true, false, true, true])
  }

  /// What stands in most lines is looked for in some stretches only; the others are said to have it everywhere.
  @Test func looksSeldomForWhatIsEverywhere() throws {
    var sweep = ProbeSweep(try #require(TextProbe(bytes("a"))))
    let full = (0..<20_000).flatMap { _ in bytes("a\n") }
    let empty = (0..<20_000).flatMap { _ in bytes("b\n") }
    sweep.sweep(full.span, from: 0)
    var answers: [Bool?] = []
    for stretch in 1...17 {
      let start = stretch * empty.count
      sweep.sweep(empty.span, from: start)
      answers.append(sweep.mayStand(in: start..<start + 2))
      #expect(sweep.mayStand(in: start - 2..<start) == nil)
    }
    #expect(answers == Array(repeating: true, count: 15) + [false, false])
  }
}
