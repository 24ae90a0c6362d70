/// Turns the bytes a terminal sends into keys, wherever reads may cut them.
///
/// Three rules settle what bytes alone cannot:
/// 1. ESC with nothing behind it is the Esc key only once `patience` is over; the owner of the clock then calls
///    `giveUp()`. ESC followed in time by a key is Alt and that key.
/// 2. A sequence that nobody here knows is swallowed whole: half of it must not act as typed letters.
/// 3. Between the marks of a bracketed paste nothing is a key.
///
/// The sequences are those of xterm and what descends from it (VT220, the Linux console, rxvt, screen, tmux, kitty), in normal
/// and in application mode (xterm's "ctlseqs", console_codes(4)), so no terminal description is needed.
package struct KeyDecoder: Sendable {
  private var bytes: [UInt8] = []
  private var paste: [UInt8]?
  /// Whether the terminal's background is light, as far as it has told (OSC 11).
  package private(set) var hasLightGround: Bool?

  /// Longest paste kept; what is beyond is dropped, which is better than a screen that stops.
  static let pasteBytesLimit = 1 << 20

  package init() {}

  package mutating func receive(_ more: some Sequence<UInt8>) { bytes += more }

  /// How long the owner should wait for more before it calls `giveUp()`; nil when nothing is unfinished.
  ///
  /// 50 ms tell Esc from a sequence even over a slow line, half a second Alt and a letter from one that begins so; once it
  /// has begun beyond doubt, or a paste, there is no hurry.
  package var patience: Duration? {
    if paste != nil { return .seconds(1) }
    guard let first = bytes.first else { return nil }
    guard first == 0x1b, bytes.count < 3 else { return .seconds(2) }
    return bytes.count == 1 ? .milliseconds(50) : .milliseconds(500)
  }

  /// The next key that is complete; nil when there is none so far.
  package mutating func next() -> Key? {
    while true {
      if paste != nil {
        guard let key = endOfPaste() else { return nil }
        return key
      }
      switch step(bytes[...]) {
      case .incomplete: return nil
      case .took(let count, let key):
        if key == nil, let isLight = GroundAnswer.isLight(bytes.prefix(count)) { hasLightGround = isLight }
        bytes.removeFirst(count)
        if let key { return key }
      case .pasteStarts(let count):
        bytes.removeFirst(count)
        paste = []
      }
    }
  }

  /// Nothing more came in time: what is unfinished is read as it stands. Call `next()` afterwards.
  package mutating func giveUp() -> Key? {
    if let text = paste {
      defer { (paste, bytes) = (nil, []) }
      return .paste(text + bytes)
    }
    guard let first = bytes.first else { return nil }
    bytes.removeFirst()
    guard first == 0x1b else { return nil }  // a cut UTF-8 sequence
    guard let second = bytes.first else { return .named(.escape) }
    // `ESC [` and `ESC O` with no end were Alt and that letter; longer, they were a sequence that broke off.
    if bytes.count == 1, let key = Self.single(second) {
      bytes.removeFirst()
      return .alt(key)
    }
    bytes.removeAll()
    return nil
  }

  private enum Step {
    case incomplete
    /// So many bytes are done with; no key where they mean nothing here.
    case took(Int, Key?)
    case pasteStarts(Int)
  }

  private func step(_ input: ArraySlice<UInt8>) -> Step {
    guard let first = input.first else { return .incomplete }
    if first == 0x1b { return escape(input.dropFirst()) }
    if first < 0x80 { return .took(1, Self.single(first)) }
    return character(input)
  }

  /// What ESC and `rest` are.
  private func escape(_ rest: ArraySlice<UInt8>) -> Step {
    guard let second = rest.first else { return .incomplete }
    switch second {
    case UInt8(ascii: "["): return controlSequence(rest.dropFirst())
    case UInt8(ascii: "O"): return singleShift(rest.dropFirst())
    case 0x1b: return .took(1, .named(.escape))
    default:
      if let starts = Self.answers[second] {
        guard let third = rest.dropFirst().first else { return .incomplete }
        if starts.contains(third) { return answer(rest.dropFirst()) }
      }
      switch step(rest) {
      case .took(let count, let key): return .took(count + 1, key.map { .alt($0) })
      case .incomplete, .pasteStarts: return .incomplete
      }
    }
  }

  /// What introduces an answer of a terminal, OSC, DCS or APC, and the bytes that one of them can have next: anything else
  /// was typed behind Alt and that letter.
  private static let answers: [UInt8: [UInt8]] = [
    UInt8(ascii: "]"): Array("0123456789".utf8), UInt8(ascii: "P"): Array("0123456789!>+$".utf8),
    UInt8(ascii: "_"): Array("G".utf8),
  ]

  /// An answer up to its ST or BEL (ECMA-48 5.6, xterm's "ctlseqs"): no key is in it.
  private func answer(_ rest: ArraySlice<UInt8>) -> Step {
    guard let end = rest.firstIndex(where: { $0 == 0x07 || $0 == 0x1b }) else {
      return rest.count > Self.answerLimit ? .took(rest.count + 2, nil) : .incomplete
    }
    let length = end - rest.startIndex + 3
    guard rest[end] == 0x1b else { return .took(length, nil) }
    guard end + 1 < rest.endIndex else { return .incomplete }
    return .took(rest[end + 1] == UInt8(ascii: "\\") ? length + 1 : length - 1, nil)
  }

  private static let answerLimit = 65_536

  /// `ESC O` and one letter; a letter that no terminal sends there was typed after Alt-O.
  private func singleShift(_ rest: ArraySlice<UInt8>) -> Step {
    guard let letter = rest.first else { return .incomplete }
    guard let key = Self.letters[letter] ?? Self.keypad[letter] else {
      return .took(2, .alt(.character("O")))
    }
    return .took(3, key)
  }

  /// What follows `ESC [`: parameter bytes, intermediate bytes, a final byte (ECMA-48 5.4).
  private func controlSequence(_ rest: ArraySlice<UInt8>) -> Step {
    let start = rest.startIndex
    guard let first = rest.first else { return .incomplete }
    if first == UInt8(ascii: "[") {  // the Linux console's F1 to F5
      guard rest.count > 1 else { return .incomplete }
      let names: [Key.Name] = [.f1, .f2, .f3, .f4, .f5]
      let index = Int(rest[start + 1]) - Int(UInt8(ascii: "A"))
      return .took(4, names.indices.contains(index) ? .named(names[index]) : nil)
    }
    if first == UInt8(ascii: "M") {
      guard rest.count > 3 else { return .incomplete }
      return .took(6, Self.oldMouseReport(Array(rest[(start + 1)..<(start + 4)])))
    }
    guard let end = rest.firstIndex(where: { !(0x20...0x3f).contains($0) }) else {
      // No terminal's sequence is this long.
      return rest.count > 64 ? .took(rest.count + 2, nil) : .incomplete
    }
    let length = end - start + 3
    guard (0x40...0x7e).contains(rest[end]) else { return .took(length - 1, nil) }
    let body = rest[start..<end]
    if body.first == UInt8(ascii: "<") {
      return .took(length, Self.mouseReport(body.dropFirst(), final: rest[end]))
    }
    let numbers = Self.numbers(body)
    if rest[end] == UInt8(ascii: "~"), numbers.first == 200 { return .pasteStarts(length) }
    return .took(length, Self.key(final: rest[end], numbers: numbers))
  }

  private func character(_ input: ArraySlice<UInt8>) -> Step {
    let length: Int
    switch input.first ?? 0 {
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef: length = 3
    case 0xf0...0xf4: length = 4
    default: return .took(1, nil)
    }
    let sequence = input.prefix(length)
    guard sequence.dropFirst().allSatisfy({ $0 & 0xc0 == 0x80 }) else { return .took(1, nil) }
    guard sequence.count == length else { return .incomplete }
    guard let text = String(validating: sequence, as: UTF8.self), let scalar = text.unicodeScalars.first
    else {
      return .took(1, nil)
    }
    return .took(length, .character(scalar))
  }

  private static let pasteEnd: [UInt8] = Array("\u{1b}[201~".utf8)

  private mutating func endOfPaste() -> Key? {
    let end = Self.pasteEnd
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x1b {
        let candidate = bytes[index...].prefix(end.count)
        if candidate.elementsEqual(end) {
          let text = (paste ?? []) + bytes[..<index]
          bytes.removeFirst(index + end.count)
          paste = nil
          return .paste(Array(text.prefix(Self.pasteBytesLimit)))
        }
        if candidate.count < end.count, end.starts(with: candidate) { break }
      }
      index += 1
    }
    let room = Self.pasteBytesLimit - (paste?.count ?? 0)
    paste? += bytes[..<index].prefix(room)
    bytes.removeFirst(index)
    return nil
  }
}

// The tables.
extension KeyDecoder {
  /// One byte of ASCII. LF is Enter too, and BS Backspace: both are what some terminals send.
  fileprivate static func single(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x7f, 0x08: .named(.backspace)
    case 0x09: .named(.tab)
    case 0x0a, 0x0d: .named(.enter)
    case 0x1b: .named(.escape)
    case 0x00...0x1f: Key(control: Unicode.Scalar(byte | 0x40))
    case 0x20..<0x7f: .character(Unicode.Scalar(byte))
    default: nil
    }
  }

  /// Final letters shared by `ESC O` and `ESC [`.
  fileprivate static let letters: [UInt8: Key] = [
    UInt8(ascii: "A"): .named(.up), UInt8(ascii: "B"): .named(.down), UInt8(ascii: "C"): .named(.right),
    UInt8(ascii: "D"): .named(.left), UInt8(ascii: "H"): .named(.home), UInt8(ascii: "F"): .named(.end),
    UInt8(ascii: "P"): .named(.f1), UInt8(ascii: "Q"): .named(.f2), UInt8(ascii: "R"): .named(.f3),
    UInt8(ascii: "S"): .named(.f4),
  ]

  /// The keypad in application mode, after `ESC O`.
  fileprivate static let keypad: [UInt8: Key] = {
    var keys: [UInt8: Key] = [UInt8(ascii: "M"): .named(.enter), UInt8(ascii: "I"): .named(.tab)]
    let shapes: [(Unicode.Scalar, UInt8)] = [
      ("*", 0x6a), ("+", 0x6b), (",", 0x6c), ("-", 0x6d), (".", 0x6e), ("/", 0x6f), ("=", 0x58),
    ]
    for (shape, byte) in shapes { keys[byte] = .character(shape) }
    for digit in UInt8(0)...9 { keys[0x70 + digit] = .character(Unicode.Scalar(0x30 + digit)) }
    return keys
  }()

  /// The number before `~`.
  private static let numbered: [Int: Key.Name] = [
    1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    11: .f1, 12: .f2, 13: .f3, 14: .f4, 15: .f5, 17: .f6, 18: .f7, 19: .f8, 20: .f9, 21: .f10,
    23: .f11, 24: .f12,
  ]

  fileprivate static func key(final: UInt8, numbers: [Int]) -> Key? {
    let modifiers = numbers.count > 1 ? self.modifiers(numbers[1]) : []
    switch final {
    case UInt8(ascii: "Z"): return .named(.backTab)
    case UInt8(ascii: "~"):
      if numbers.first == 27, numbers.count == 3 { return typed(numbers[2], modifiers) }  // modifyOtherKeys
      return numbers.first.flatMap { numbered[$0] }.map { Key.named($0).with(modifiers) }
    case UInt8(ascii: "u"): return numbers.first.flatMap { typed($0, modifiers) }
    default: return letters[final]?.with(modifiers)
    }
  }

  /// xterm's modifier parameter: 1 more than the sum of 1 Shift, 2 Alt, 4 Control, 8 Meta.
  private static func modifiers(_ parameter: Int) -> Key.Modifiers {
    let bits = max(0, parameter - 1)
    var modifiers: Key.Modifiers = []
    if bits & 1 != 0 { modifiers.insert(.shift) }
    if bits & 10 != 0 { modifiers.insert(.alt) }
    if bits & 4 != 0 { modifiers.insert(.control) }
    return modifiers
  }

  /// A key given by its code point, with modifiers apart from it.
  private static func typed(_ code: Int, _ modifiers: Key.Modifiers) -> Key? {
    guard let value = UInt32(exactly: code), let scalar = Unicode.Scalar(value) else { return nil }
    let key = value < 0x80 ? single(UInt8(value)) : .character(scalar)
    guard let key else { return nil }
    var rest = modifiers
    guard case .character = key else { return key.with(rest) }
    rest.remove(.shift)  // it is in the character
    guard rest.contains(.control), let control = Key(control: scalar) else { return key.with(rest) }
    return control.with(rest.subtracting(.control))
  }

  fileprivate static func numbers(_ body: ArraySlice<UInt8>) -> [Int] {
    body.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { digits in
      digits.reduce(0) { sum, byte in
        (0x30...0x39).contains(byte) ? min(sum * 10 + Int(byte) - 0x30, 1 << 24) : sum
      }
    }
  }

  /// `button ; column ; row`, both from 1, and `M` for a press or `m` for a release.
  fileprivate static func mouseReport(_ body: ArraySlice<UInt8>, final: UInt8) -> Key? {
    let numbers = numbers(body)
    guard numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else { return nil }
    guard let (button, kind) = mouse(numbers[0], released: final == UInt8(ascii: "m")) else { return nil }
    return .mouse(Key.Mouse(button, kind, at: Point(column: numbers[1] - 1, row: numbers[2] - 1)))
  }

  /// The oldest kind, from terminals without SGR reports: three bytes, each 32 more than its value.
  fileprivate static func oldMouseReport(_ bytes: [UInt8]) -> Key? {
    let code = Int(bytes[0]) - 32
    let at = Point(column: Int(bytes[1]) - 33, row: Int(bytes[2]) - 33)
    guard at.column >= 0, at.row >= 0, let (button, kind) = mouse(code, released: code & 3 == 3) else {
      return nil
    }
    return .mouse(Key.Mouse(button, kind, at: at))
  }

  fileprivate static func mouse(_ code: Int, released: Bool) -> (Key.Mouse.Button, Key.Mouse.Kind)? {
    if code & 64 != 0 {
      switch code & 3 {
      case 0: return (.wheelUp, .press)
      case 1: return (.wheelDown, .press)
      default: return nil
      }
    }
    let buttons: [Key.Mouse.Button] = [.left, .middle, .right, .none]
    return (buttons[code & 3], code & 32 != 0 ? .move : released ? .release : .press)
  }
}
