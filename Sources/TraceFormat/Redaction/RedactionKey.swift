/// What makes the pseudonyms of one run: the same key gives the same ones, another key others.
package struct RedactionKey: Equatable, Sendable {
  package var first: UInt64
  package var second: UInt64

  package init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }
}

/// SipHash fed word by word; the value may be asked for at any time between.
struct KeyedHash {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// - Parameter purpose: keeps apart what is hashed under one key for different ends.
  init(_ key: RedactionKey, purpose: UInt64) {
    // The constants of SipHash (Aumasson and Bernstein, 2012).
    a = key.first ^ 0x736f_6d65_7073_6575
    b = key.second ^ 0x646f_7261_6e64_6f6d
    c = key.first ^ 0x6c79_6765_6e65_7261
    d = key.second ^ 0x7465_6462_7974_6573
    absorb(purpose)
  }

  mutating func absorb(_ word: UInt64) {
    d ^= word
    round()
    a ^= word
  }

  var value: UInt64 {
    var end = self
    end.c ^= 0xff
    end.round()
    end.round()
    end.round()
    return end.a ^ end.b ^ end.c ^ end.d
  }

  @inline(__always)
  private mutating func round() {
    a &+= b
    b = (b << 13 | b >> 51) ^ a
    a = a << 32 | a >> 32
    c &+= d
    d = (d << 16 | d >> 48) ^ c
    a &+= d
    d = (d << 21 | d >> 43) ^ a
    c &+= b
    b = (b << 17 | b >> 47) ^ c
    c = c << 32 | c >> 32
  }
}

/// One place of a word that is to be replaced: a value below a radix.
struct Symbol {
  var value: UInt64
  var radix: UInt64
}

extension RedactionKey {
  /// Replaces each value by another below the same radix, so that no two words of one shape become the same.
  ///
  /// Each place is turned by what stands before it, then by what stands behind it: either pass can be undone place
  /// by place, and after both each place depends on all of them.
  func permuted(_ symbols: [Symbol], tweak: UInt64 = 0) -> [Symbol] {
    var symbols = symbols
    var forward = KeyedHash(self, purpose: 1)
    forward.absorb(tweak)
    forward.absorb(UInt64(symbols.count))
    for i in symbols.indices { turn(&symbols[i], by: &forward, absorbing: symbols[i].value) }
    var backward = KeyedHash(self, purpose: 2)
    backward.absorb(tweak)
    for i in symbols.indices.reversed() { turn(&symbols[i], by: &backward, absorbing: symbols[i].value) }
    return symbols
  }

  private func turn(_ symbol: inout Symbol, by hash: inout KeyedHash, absorbing value: UInt64) {
    symbol.value = (symbol.value + hash.value % symbol.radix) % symbol.radix
    hash.absorb(value)
  }
}
