/// Random numbers that are the same on every run: SplitMix64. A failing case is named by its seed.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
    (0..<Int.random(in: count, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }

  /// Bytes without NUL, mostly letters: what a string of the protocol may hold.
  package mutating func string(_ count: ClosedRange<Int> = 0...12) -> [UInt8] {
    (0..<Int.random(in: count, using: &self)).map { _ in
      Int.random(in: 0..<4, using: &self) == 0
        ? UInt8.random(in: 1 ... .max, using: &self) : UInt8.random(in: 0x61...0x7A, using: &self)
    }
  }

  package mutating func element<C: Collection>(of choices: C) -> C.Element {
    guard let element = choices.randomElement(using: &self) else {
      preconditionFailure("a choice among nothing")
    }
    return element
  }

  package mutating func chance(_ one: Int, in many: Int) -> Bool {
    Int.random(in: 0..<many, using: &self) < one
  }
}
