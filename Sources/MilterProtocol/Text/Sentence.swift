/// A sentence of this program about packets and what is in them: words of ours, and between them values.
///
/// Whoever makes one writes it down as it reads:
///
///     "RCPT (packet \(packet: number)) names '\(wire: address)'"
///
/// Its words are made at the edge (``text``). Until then redaction can change what is of the wire, merging of traces can
/// renumber packets, and neither reads our English back.
package struct Sentence: Equatable, Sendable {
  package enum Part: Equatable, Sendable {
    /// Ours: says nothing about anybody.
    case words(String)
    /// The number of a packet in the trace.
    case packet(Int)
    /// Bytes of the wire; shown escaped.
    case wire([UInt8])
    /// Text of somebody else: a name that the operator gave, a path; a sentence of which nobody knows the parts.
    case others(String)

    package var text: String {
      switch self {
      case .words(let text), .others(let text): text
      case .packet(let number): String(number)
      case .wire(let bytes): InertText.string(escaping: bytes)
      }
    }

    fileprivate var isEmpty: Bool {
      switch self {
      case .words(let text), .others(let text): text.isEmpty
      case .wire(let bytes): bytes.isEmpty
      case .packet: false
      }
    }
  }

  /// Most sentences are words alone; those of a literal then cost no allocation.
  private enum Storage: Equatable, Sendable {
    case words(String)
    case parts([Part])
  }
  private var storage: Storage

  /// Neighbouring words are one part and empty parts none, so equal sentences have equal parts.
  package init(_ parts: [Part]) {
    var joined: [Part] = []
    for part in parts where !part.isEmpty {
      if case .words(let more) = part, case .words(let words)? = joined.last {
        joined[joined.count - 1] = .words(words + more)
      } else {
        joined.append(part)
      }
    }
    switch (joined.first, joined.count) {
    case (nil, _): storage = .words("")
    case (.words(let words)?, 1): storage = .words(words)
    case (.some, _): storage = .parts(joined)
    }
  }

  package init(words: String) { storage = .words(words) }
  package init(others text: String) { self.init([.others(text)]) }

  package var parts: [Part] {
    switch storage {
    case .words(let words): words.isEmpty ? [] : [.words(words)]
    case .parts(let parts): parts
    }
  }

  /// As a line shows it; lower case, no full stop, nothing in it that a terminal obeys, but for what is of others.
  package var text: String {
    switch storage {
    case .words(let words): words
    case .parts(let parts): parts.reduce(into: "") { $0 += $1.text }
    }
  }

  /// The packets that it names.
  package var packets: [Int] {
    parts.compactMap { if case .packet(let number) = $0 { number } else { nil } }
  }

  /// Whether it is ours from end to end.
  package var isOurs: Bool { if case .words = storage { true } else { false } }

  package func map(_ change: (Part) -> Part) -> Sentence {
    switch storage {
    case .words(""): self
    case .words(let words): Sentence([change(.words(words))])
    case .parts(let parts): Sentence(parts.map(change))
    }
  }

  package static func + (a: Sentence, b: Sentence) -> Sentence { Sentence(a.parts + b.parts) }
}

extension [Sentence] {
  package func joined(_ separator: Sentence) -> Sentence {
    dropFirst().reduce(first ?? "") { $0 + separator + $1 }
  }
}

extension Sentence: CustomStringConvertible {
  package var description: String { text }
}

extension Sentence: ExpressibleByStringInterpolation {
  package init(stringLiteral words: String) { storage = .words(words) }
  package init(stringInterpolation: StringInterpolation) { self.init(stringInterpolation.parts) }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    package init(literalCapacity: Int, interpolationCount: Int) {
      parts.reserveCapacity(interpolationCount * 2 + 1)
    }

    package mutating func appendLiteral(_ words: String) { parts.append(.words(words)) }
    /// Words of ours that are not known before: the name of a kind, of a flag.
    package mutating func appendInterpolation(_ words: String) { parts.append(.words(words)) }
    package mutating func appendInterpolation(_ number: some BinaryInteger) {
      parts.append(.words(String(number)))
    }
    package mutating func appendInterpolation(_ sentence: Sentence) { parts += sentence.parts }
    package mutating func appendInterpolation(packet number: Int) { parts.append(.packet(number)) }
    package mutating func appendInterpolation(wire bytes: [UInt8]) { parts.append(.wire(bytes)) }
    package mutating func appendInterpolation(wire bytes: ArraySlice<UInt8>) {
      parts.append(.wire(Array(bytes)))
    }
    package mutating func appendInterpolation(others text: String) { parts.append(.others(text)) }
  }
}
