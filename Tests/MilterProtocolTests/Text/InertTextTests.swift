import MilterProtocol
import Testing

/// What hostile bytes become. Every row is one trick that mail has been used for, or could be.
@Suite struct InertTextTests {
  static let rows: [(String, [UInt8], String)] = [
    ("plain ASCII stays", Array("Subject: hello".utf8), "Subject: hello"),
    ("UTF-8 stays", Array("Grüße, 日本 €".utf8), "Grüße, 日本 €"),
    ("an emoji of Unicode 14 or older stays", Array("📧".utf8), "📧"),
    ("line ends are named", Array("a\r\n\tb".utf8), #"a\r\n\tb"#),
    ("NUL and DEL", [0x00, 0x7f], #"\x00\x7f"#),
    ("ESC and a colour", Array("\u{1b}[31mred".utf8), #"\x1b[31mred"#),
    ("OSC sets a title", Array("\u{1b}]0;owned\u{07}".utf8), #"\x1b]0;owned\x07"#),
    ("OSC 52 sets the clipboard", Array("\u{1b}]52;c;ZQ==\u{1b}\\".utf8), #"\x1b]52;c;ZQ==\x1b\\"#),
    ("C1 as a byte", [0x9b, 0x33, 0x31, 0x6d], #"\x9b31m"#),
    ("C1 in UTF-8", [0xc2, 0x9b, 0x33, 0x31, 0x6d], #"\u{9b}31m"#),
    ("NEL in UTF-8", [0xc2, 0x85], #"\u{85}"#),
    ("the text's own backslash is doubled", Array(#"\x1b"#.utf8), #"\\x1b"#),
    ("overlong slash", [0xc0, 0xaf], #"\xc0\xaf"#),
    ("overlong ESC in three bytes", [0xe0, 0x80, 0x9b], #"\xe0\x80\x9b"#),
    ("overlong in four bytes", [0xf0, 0x80, 0x80, 0xaf], #"\xf0\x80\x80\xaf"#),
    ("a surrogate", [0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
    ("past the last scalar", [0xf4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
    ("cut at the end", [0x61, 0xe2, 0x82], #"a\xe2\x82"#),
    ("cut by ASCII", [0xe2, 0x82, 0x61], #"\xe2\x82a"#),
    ("a stray continuation", [0x80, 0xbf], #"\x80\xbf"#),
    ("bytes never in UTF-8", [0xfe, 0xff], #"\xfe\xff"#),
    ("bidi override", Array("a\u{202e}gpj.exe".utf8), #"a\u{202e}gpj.exe"#),
    ("bidi isolates", Array("\u{2066}x\u{2069}".utf8), #"\u{2066}x\u{2069}"#),
    ("bidi marks", Array("\u{200e}\u{200f}\u{61c}".utf8), #"\u{200e}\u{200f}\u{61c}"#),
    (
      "zero width", Array("a\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}b".utf8),
      #"a\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}b"#
    ),
    ("a joined family", Array("👩\u{200d}👩".utf8), #"👩\u{200d}👩"#),
    ("variation selectors", Array("❤\u{fe0f}\u{e0100}".utf8), #"❤\u{fe0f}\u{e0100}"#),
    ("tags", Array("\u{e0041}\u{e007f}".utf8), #"\u{e0041}\u{e007f}"#),
    ("soft hyphen and no-break space", Array("a\u{ad}b\u{a0}c".utf8), #"a\u{ad}b\u{a0}c"#),
    ("line and paragraph separator", Array("\u{2028}\u{2029}".utf8), #"\u{2028}\u{2029}"#),
    (
      "blanks without ink", Array("\u{3000}\u{2800}\u{3164}\u{115f}".utf8),
      #"\u{3000}\u{2800}\u{3164}\u{115f}"#
    ),
    ("private use", Array("\u{e000}\u{10fffd}".utf8), #"\u{e000}\u{10fffd}"#),
    ("unassigned and noncharacter", Array("\u{378}\u{ffff}".utf8), #"\u{378}\u{ffff}"#),
    ("a mark after its base stays", Array("e\u{301}".utf8), "e\u{301}"),
    ("a second mark does not", Array("e\u{301}\u{302}".utf8), "e\u{301}" + #"\u{302}"#),
    ("a mark without a base does not", Array("\u{301}e".utf8), #"\u{301}e"#),
    ("nor one after an escape", Array("\u{1b}\u{301}".utf8), #"\x1b\u{301}"#),
    ("the invisible joiner is no mark", Array("e\u{34f}".utf8), #"e\u{34f}"#),
  ]

  @Test(arguments: rows) func hostileBytesBecomeVisible(title: String, bytes: [UInt8], text: String) {
    #expect(InertText.string(escaping: bytes) == text, "\(title)")
  }

  @Test func noByteIsObeyedByATerminal() {
    for first in UInt8.min...UInt8.max {
      for rest: [UInt8] in [[], [0x80], [0x9b], [0xa0, 0x80], [0x9f, 0x92, 0xa9], [0x5d, 0x30, 0x3b]] {
        let text = InertText.string(escaping: [first] + rest)
        #expect(!text.isEmpty)
        for scalar in text.unicodeScalars {
          #expect(CellWidth.of(scalar) == .narrow || CellWidth.of(scalar) == .wide)
        }
      }
    }
  }

  @Test func everyScalarIsShownOrNamed() {
    for value in UInt32(0)...0x10ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var reader = WireText(Array(String(Character(scalar)).utf8)[...])
      let piece = reader.next()
      if CellWidth.of(scalar) == .narrow || CellWidth.of(scalar) == .wide {
        guard piece == .shown(scalar, mark: nil, isWide: CellWidth.of(scalar) == .wide) else {
          Issue.record("U+\(String(value, radix: 16)) reads as \(String(describing: piece))")
          return
        }
      } else if piece?.escape == nil {
        Issue.record("U+\(String(value, radix: 16)) reaches the screen")
        return
      }
      guard reader.next() == nil else {
        Issue.record("U+\(String(value, radix: 16)) reads as more than one piece")
        return
      }
    }
  }

  @Test func aQuoteIsEscapedOnRequest() {
    #expect(InertText.string(escaping: Array(#"say "x""#.utf8), quote: "\"") == #"say \"x\""#)
  }
}
