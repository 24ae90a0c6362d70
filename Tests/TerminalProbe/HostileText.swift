/// One trick a row: what a mail could carry to take over a terminal, mislead its reader or shift its columns.
enum HostileText {
  static let rows: [(String, [UInt8])] =
    [
      ("plain", Array("hello".utf8)),
      ("title by OSC 0", Array("\u{1b}]0;owned\u{7}".utf8)),
      ("clipboard by OSC 52", Array("\u{1b}]52;c;b3duZWQ=\u{1b}\\".utf8)),
      ("clear screen", Array("\u{1b}[2J\u{1b}[H".utf8)),
      ("C1 CSI as a byte", [0x9b, 0x32, 0x4a]),
      ("C1 OSC in UTF-8", [0xc2, 0x9d] + Array("0;owned".utf8) + [0xc2, 0x9c]),
      ("device report", Array("\u{1b}[6n\u{1b}[c\u{5}".utf8)),
      ("charset switch", Array("\u{e}\u{1b}(0lqk".utf8)),
      ("line ends", Array("a\r\nb\rc\u{b}\u{c}".utf8)),
      ("bell, backspace, tab", [0x07, 0x08, 0x08, 0x09]),
      ("bidi override", Array("a\u{202e}gpj.exe".utf8)),
      ("bidi isolate", Array("\u{2066}x\u{2069}".utf8)),
      ("zero width", Array("a\u{200b}\u{feff}b".utf8)),
      ("overlong slash", [0xc0, 0xaf, 0xe0, 0x80, 0x9b]),
      ("broken UTF-8", [0xe2, 0x82, 0x61, 0xff]),
      ("its own backslash", Array(#"\x1b[0m"#.utf8)),
      ("tags, selectors", Array("\u{e0041}\u{fe0f}".utf8)),
      ("private, unassigned", Array("\u{e000}\u{378}".utf8)),
      ("20000 letters", Array(repeating: 0x61, count: 20_000)),
      ("20000 ESC", Array(repeating: 0x1b, count: 20_000)),
      // Page 2: widths.
      ("CJK", Array("日本語の件名".utf8)),
      ("CJK filling", Array("日本語の件名日本語の件名日本語".utf8)),
      ("CJK odd", Array("a日本語の件名日本語の件名日本語".utf8)),
      ("Hangul", Array("한국어 제목".utf8)),
      ("emoji", Array("📧 ✅ 🚀 done".utf8)),
      ("emoji joined", Array("👩\u{200d}👩\u{200d}👧".utf8)),
      ("emoji coloured", Array("👍🏽 ok".utf8)),
      ("flags", Array("🇩🇪🇯🇵 x".utf8)),
      ("heart, selector", Array("❤\u{fe0f} x".utf8)),
      ("marks", Array("e\u{301}a\u{308}o\u{302} x".utf8)),
      ("marks piled up", Array("e\u{301}\u{301}\u{301}x".utf8)),
      ("mark first", Array("\u{301}x".utf8)),
      ("Devanagari", Array("नमस्ते x".utf8)),
      ("Thai", Array("ที่นี่ x".utf8)),
      ("Hebrew", Array("שלום x".utf8)),
      ("Arabic", Array("سلام x".utf8)),
      ("full width", Array("ＡＢＣ x".utf8)),
      ("wide apart", Array("日      本       語 x".utf8)),
      ("ambiguous", Array("§°±×÷αя x".utf8)),
      ("newest emoji", Array("\u{1fae8} x".utf8)),
      // Page 3: every byte, sixteen at a time.
    ]
    + (0..<16).map { high in
      ("bytes \(high)0", (0..<16).map { UInt8(high * 16 + $0) })
    }
}
