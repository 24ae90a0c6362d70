import MilterProtocol

/// Puts text of the same shape in the place of private text.
///
/// It does not look for secrets: every word and number is replaced, except those that a place of the protocol is
/// known to hold (``KeptWords``), white space and punctuation. Digits stay where a field is known to hold them, up to three
/// in a row where machines write, and nowhere else. A word always becomes the same word within one run,
/// whatever its case, so an address is the same address in the envelope, in a header and in a reply; the lines of a
/// body are replaced line by line, so that frequent words do not show.
package struct Redactor {
  let key: RedactionKey
  let language: OperatorLanguage
  private let keywords: Set<[UInt8]>
  private let sentenceWords: Set<[UInt8]>
  /// Literals to keep, lower case.
  private let kept: [[UInt8]]
  /// What became what, for the operator alone; bounded by ``mapLimit``.
  package private(set) var pseudonyms: [[UInt8]: [UInt8]] = [:]

  package static let mapLimit = 100_000

  /// Names of headers, which stay: also where a finding or an instruction quotes them. Lower case.
  private var headerNames: Set<[UInt8]> = []
  private static let headerNameLimit = 10_000

  mutating func remember(headerName: [UInt8]) {
    if headerNames.count < Self.headerNameLimit { headerNames.insert(headerName.map(lowercase)) }
  }

  /// - Parameter keeping: words, domains or other literals that stay, whatever their case.
  package init(key: RedactionKey, keeping: [String] = [], language: OperatorLanguage) {
    self.key = key
    self.language = language
    keywords = KeptWords.program.union(language.words.map { Array($0.utf8).map(lowercase) })
    sentenceWords = KeptWords.sentences.union(keywords)
    kept = keeping.map { Array($0.utf8).map(lowercase) }.filter { !$0.isEmpty }
  }

  enum Style: Equatable {
    /// Nothing is kept.
    case secret
    /// The words and short numbers of a header or macro that machines write.
    case technical
    /// The words of a text that the milter, or the operator in its place, writes for people: no number of it.
    case said
    /// Instructions, rules, the command line, outside quotes: keywords, no number.
    case own
    /// What a sentence of this program quotes of the wire: short numbers, such as a reply code.
    case quoted
    /// A sentence of this program of which nobody knows the parts.
    case sentence
    /// A body: words are replaced by what stands in their line, addresses and names as everywhere.
    case prose

    var keepsHeaderNames: Bool { self == .quoted || self == .sentence }
    var keepsShortNumbers: Bool { self == .technical || self == .quoted || self == .sentence }
    var isSpelledByUs: Bool { self == .own || self == .sentence }
  }

  private func words(_ style: Style) -> Set<[UInt8]> {
    switch style {
    case .secret, .prose, .quoted: KeptWords.everywhere
    case .technical: KeptWords.technical
    case .said: KeptWords.said
    case .own: keywords
    case .sentence: sentenceWords
    }
  }

  // MARK: text

  package mutating func text(_ text: String) -> String {
    String(decoding: replaced(Array(text.utf8), .secret), as: UTF8.self)
  }

  mutating func replaced(_ bytes: [UInt8], _ style: Style) -> [UInt8] {
    var result = bytes
    replace(&result, bytes.indices, style)
    return result
  }

  /// Replaces what stands in `range`, encoded words and `%41` decoded.
  mutating func replace(_ bytes: inout [UInt8], _ range: Range<Int>, _ style: Style) {
    guard !range.isEmpty else { return }
    var plainFrom = range.lowerBound
    var i = range.lowerBound
    while style != .prose, i + 1 < range.upperBound {
      if bytes[i] == UInt8(ascii: "="), bytes[i + 1] == UInt8(ascii: "?"),
        let word = EncodedWordPlaces(bytes, at: i, to: range.upperBound)
      {
        replaceEscaped(&bytes, plainFrom..<i, .percent, style)
        replace(&bytes, word)
        i = word.end
        plainFrom = i
      } else {
        i += 1
      }
    }
    replaceEscaped(&bytes, plainFrom..<range.upperBound, style.isSpelledByUs ? .backslash : .percent, style)
  }

  private mutating func replace(_ bytes: inout [UInt8], _ word: EncodedWordPlaces) {
    if !KeptWords.charsets.contains(bytes[word.charset].map(lowercase)) {
      replacePlain(&bytes, word.charset, .secret)
    }
    if word.isBase64 {
      rewriteBase64(&bytes, word.text, .secret)
    } else {
      replaceEscaped(&bytes, word.text, .quotedPrintable, .secret)
    }
  }

  mutating func rewriteBase64(_ bytes: inout [UInt8], _ range: Range<Int>, _ style: Style) {
    Base64InPlace.rewrite(&bytes, range) { decoded in
      var result = decoded
      replaceEscaped(&result, decoded.indices, .percent, style)
      return result
    }
  }

  mutating func replaceEscaped(
    _ bytes: inout [UInt8], _ range: Range<Int>, _ encoding: EscapedBytes.Encoding, _ style: Style
  ) {
    guard !range.isEmpty else { return }
    let spelled = EscapedBytes(bytes, range, encoding)
    if spelled.isPlain {
      replacePlain(&bytes, range, style)
    } else {
      var new = spelled.bytes
      if encoding == .percent {
        replacePlain(&new, new.indices, style)
      } else {
        replaceEscaped(&new, new.indices, .percent, style)
      }
      spelled.write(new, over: &bytes)
    }
  }

  // MARK: words

  private mutating func replacePlain(_ bytes: inout [UInt8], _ range: Range<Int>, _ style: Style) {
    let source = bytes
    let literals = literals(in: source, range)
    let words = words(style)
    var line = Line(source, range, key: style == .prose ? key : nil)
    var i = range.lowerBound
    while i < range.upperBound {
      line.move(to: i)
      let isStart = i == range.lowerBound || !WordShape.begins(source, at: i - 1, to: i)
      if isStart, let end = Self.tag(source, at: i, to: range.upperBound) {
        i = end
      } else if isStart, let end = Self.ipv6(source, at: i, to: range.upperBound),
        !literals.contains(where: { $0.overlaps(i..<end) })
      {
        put(key.ipv6(Array(source[i..<end])), at: i, in: &bytes, instead: Array(source[i..<end]))
        i = end
      } else if style == .own, let number = Self.measure(source, at: i, to: range.upperBound) {
        replace(number.digits, of: source, in: &bytes, literals, style, line)
        i = number.end
      } else if let atom = Self.atom(source, at: i, to: range.upperBound) {
        if !isKept(
          source[atom], words, style,
          followedBy: atom.upperBound < range.upperBound ? source[atom.upperBound] : 0)
        {
          replace(atom, of: source, in: &bytes, literals, style, line)
        }
        i = atom.upperBound
      } else {
        i += 1
      }
    }
  }

  /// What stands for one thing: letters, digits and what joins them in addresses and host names.
  private mutating func replace(
    _ atom: Range<Int>, of source: [UInt8], in bytes: inout [UInt8], _ literals: [Range<Int>], _ style: Style,
    _ line: Line
  ) {
    var isName = style != .prose
    var pieceStart = atom.lowerBound
    for i in atom
    where source[i] == UInt8(ascii: "@") || source[i] == UInt8(ascii: ".") && i + 1 < atom.upperBound {
      isName = true
      if source[i] == UInt8(ascii: "@") { pieceStart = i + 1 }
    }
    var i = atom.lowerBound
    while i < atom.upperBound {
      if i == atom.lowerBound || i == pieceStart {
        let end = source[i..<atom.upperBound].firstIndex(of: UInt8(ascii: "@")) ?? atom.upperBound
        let piece = Array(source[i..<end])
        if IPAddress(ipv4: piece[...]) != nil,
          !literals.contains(where: { $0.overlaps(i..<end) })
        {
          put(key.ipv4(piece), at: i, in: &bytes, instead: piece)
          i = end
          continue
        }
      }
      let word = WordShape(source, from: i, to: atom.upperBound)
      if word.isEmpty {
        i += 1
        continue
      }
      if !literals.contains(where: { $0.lowerBound <= i && word.end <= $0.upperBound }) {
        // Queue ids and the like are names wherever they stand.
        let isIdentifier = word.letters > 0 && word.digits > 0 && word.symbols.count >= 6
        word.write(
          key.permuted(word.symbols, tweak: isName || isIdentifier ? 0 : line.tweak(at: i)), to: &bytes, at: i
        )
      }
      i = word.end
    }
    if isName || style != .prose { remember(Array(source[atom]), Array(bytes[atom])) }
  }

  private mutating func put(_ new: [UInt8], at start: Int, in bytes: inout [UInt8], instead old: [UInt8]) {
    guard new.count == old.count else { return }
    for (offset, byte) in new.enumerated() { bytes[start + offset] = byte }
    remember(old, new)
  }

  private mutating func remember(_ old: [UInt8], _ new: [UInt8]) {
    if pseudonyms.count < Self.mapLimit, old != new { pseudonyms[old] = new }
  }

  private func isKept(
    _ atom: ArraySlice<UInt8>, _ words: Set<[UInt8]>, _ style: Style, followedBy next: UInt8
  ) -> Bool {
    if words.contains(atom.map(lowercase)) { return true }
    if next == UInt8(ascii: ":"), KeptWords.schemes.contains(atom.map(lowercase)) { return true }
    if style.keepsHeaderNames, headerNames.contains(atom.map(lowercase)) { return true }
    guard style.keepsShortNumbers, Self.longestNumber(atom) <= 3 else { return false }
    if style == .sentence, atom.starts(with: "0x".utf8),
      atom.dropFirst(2).allSatisfy({ HexDigit.value($0) != nil })
    {
      return true
    }
    return atom.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
      && atom.filter { $0 == UInt8(ascii: ".") }.count != 3
  }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// How many digits stand in a row at most.
  static func longestNumber(_ bytes: some Sequence<UInt8>) -> Int {
    var (longest, length) = (0, 0)
    for byte in bytes {
      length = isDigit(byte) ? length + 1 : 0
      longest = max(longest, length)
    }
    return longest
  }

  // MARK: what is looked for

  private func literals(in source: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for literal in kept where literal.count <= range.count {
      for start in range.lowerBound...(range.upperBound - literal.count)
      where lowercase(source[start]) == literal[0] {
        let end = start + literal.count
        guard source[start..<end].map(lowercase) == literal,
          start == range.lowerBound || !WordShape.begins(source, at: start - 1, to: start),
          end == range.upperBound || !WordShape.begins(source, at: end, to: range.upperBound)
        else { continue }
        found.append(start..<end)
      }
    }
    return found
  }

  /// Behind `IPv6:`, which says what follows and is no part of it.
  private static func tag(_ source: [UInt8], at i: Int, to limit: Int) -> Int? {
    let tag = Array("ipv6:".utf8)
    guard i + tag.count < limit, source[i..<(i + tag.count)].map(lowercase) == tag else { return nil }
    return i + tag.count
  }

  private static func ipv6(_ source: [UInt8], at i: Int, to limit: Int) -> Int? {
    guard source[i] == UInt8(ascii: ":") || HexDigit.value(source[i]) != nil else { return nil }
    var end = i
    var colons = 0
    while end < limit, end - i < 46,
      source[end] == UInt8(ascii: ":") || source[end] == UInt8(ascii: ".")
        || HexDigit.value(source[end]) != nil
    {
      if source[end] == UInt8(ascii: ":") { colons += 1 }
      end += 1
    }
    guard colons >= 2, end == limit || !WordShape.begins(source, at: end, to: limit) else { return nil }
    while end > i, source[end - 1] == UInt8(ascii: ".") { end -= 1 }
    if IPAddress(ipv6: source[i..<end]) != nil { return end }
    guard end > i, source[end - 1] == UInt8(ascii: ":"),
      IPAddress(ipv6: source[i..<(end - 1)]) != nil
    else { return nil }
    return end - 1
  }

  private static let units = ["d", "h", "m", "s", "ms", "us", "b", "k", "kb", "mb", "gb"]

  /// `500ms`, `5MB`: the unit is no part of what is replaced.
  private static func measure(_ source: [UInt8], at start: Int, to limit: Int) -> (
    digits: Range<Int>, end: Int
  )? {
    guard start == 0 || !WordShape.begins(source, at: start - 1, to: start) else { return nil }
    let digits = source[start..<limit].prefix(while: isDigit)
    let letters = source[digits.endIndex..<limit].prefix { (0x41...0x7A).contains($0) }
    guard !digits.isEmpty, units.contains(String(decoding: letters.map(lowercase), as: UTF8.self)),
      letters.endIndex == limit || !WordShape.begins(source, at: letters.endIndex, to: limit)
    else { return nil }
    return (start..<digits.endIndex, letters.endIndex)
  }

  /// Words joined by dots, hyphens and the like, from a word to a word.
  private static func atom(_ source: [UInt8], at start: Int, to limit: Int) -> Range<Int>? {
    guard WordShape.begins(source, at: start, to: limit) else { return nil }
    var end = start
    var i = start
    while i < limit {
      let word = WordShape(source, from: i, to: limit)
      if !word.isEmpty {
        i = word.end
        end = i
      } else if ".-_@+".utf8.contains(source[i]) {
        i += 1
      } else {
        break
      }
    }
    return start..<end
  }
}

/// Where an encoded word (RFC 2047) has its parts.
private struct EncodedWordPlaces {
  let charset: Range<Int>
  let isBase64: Bool
  let text: Range<Int>
  let end: Int

  init?(_ bytes: [UInt8], at start: Int, to limit: Int) {
    guard let first = Self.mark(bytes, start + 2, limit), first + 2 < limit,
      bytes[first + 2] == UInt8(ascii: "?"), let last = Self.mark(bytes, first + 3, limit), last + 1 < limit,
      bytes[last + 1] == UInt8(ascii: "=")
    else { return nil }
    switch lowercase(bytes[first + 1]) {
    case UInt8(ascii: "b"): isBase64 = true
    case UInt8(ascii: "q"): isBase64 = false
    default: return nil
    }
    charset = (start + 2)..<first
    text = (first + 3)..<last
    end = last + 2
  }

  private static func mark(_ bytes: [UInt8], _ start: Int, _ limit: Int) -> Int? {
    var i = start
    while i < limit, bytes[i] > 0x20 {
      if bytes[i] == UInt8(ascii: "?") { return i }
      i += 1
    }
    return nil
  }
}

/// The line of a body that a word stands in: what its words are replaced by depends on all of it.
private struct Line {
  private let source: [UInt8]
  private let range: Range<Int>
  private let key: RedactionKey?
  private var start: Int
  private var end: Int
  private var hash: UInt64 = 0

  init(_ source: [UInt8], _ range: Range<Int>, key: RedactionKey?) {
    self.source = source
    self.range = range
    self.key = key
    start = range.lowerBound
    end = range.lowerBound
  }

  mutating func move(to i: Int) {
    guard let key, i >= end else { return }
    start = i
    end = i
    var line = KeyedHash(key, purpose: 3)
    while end < range.upperBound {
      // Line ends do not count: CRLF and LF are the same line.
      if source[end] >= 0x20 { line.absorb(UInt64(source[end])) }
      end += 1
      if source[end - 1] == 0x0A { break }
    }
    hash = line.value
  }

  /// Never 0, which is for names.
  func tweak(at i: Int) -> UInt64 { key == nil ? 0 : hash &+ UInt64(i - start) | 1 }
}
