import Testing

@testable import Cells

@Suite struct KeyDecoderTests {
  static let rows: [(String, [String])] = [
    ("a", ["a"]), ("A", ["A"]), (" ", ["Space"]), ("\r", ["Enter"]), ("\n", ["Enter"]), ("\t", ["Tab"]),
    ("\u{7f}", ["Backspace"]), ("\u{8}", ["Backspace"]), ("\u{4}", ["^D"]), ("\u{0}", ["^@"]),
    ("\u{1f}", ["^_"]), ("é日📧", ["é", "日", "📧"]),
    ("\u{1b}x", ["Alt-x"]), ("\u{1b}é", ["Alt-é"]), ("\u{1b}\r", ["Alt-Enter"]), ("\u{1b}\u{b}", ["Alt-^K"]),
    ("\u{1b}[A\u{1b}[B\u{1b}[C\u{1b}[D", ["Up", "Down", "Right", "Left"]),
    ("\u{1b}OA\u{1b}OH\u{1b}OF", ["Up", "Home", "End"]),
    ("\u{1b}[H\u{1b}[F\u{1b}[1~\u{1b}[4~\u{1b}[7~\u{1b}[8~", ["Home", "End", "Home", "End", "Home", "End"]),
    ("\u{1b}[2~\u{1b}[3~\u{1b}[5~\u{1b}[6~", ["Insert", "Delete", "PgUp", "PgDn"]),
    ("\u{1b}OP\u{1b}OS\u{1b}[15~\u{1b}[24~", ["F1", "F4", "F5", "F12"]),
    ("\u{1b}[11~\u{1b}[[A\u{1b}[[E", ["F1", "F1", "F5"]), ("\u{1b}[Z", ["Shift-Tab"]),
    (
      "\u{1b}[1;5D\u{1b}[1;2A\u{1b}[3;3~\u{1b}[1;6P",
      ["Ctrl-Left", "Shift-Up", "Alt-Delete", "Ctrl-Shift-F1"]
    ),
    ("\u{1b}[97;5u\u{1b}[27;5;97~\u{1b}[65;2u\u{1b}[13;2u", ["^A", "^A", "A", "Shift-Enter"]),
    ("\u{1b}OM\u{1b}Op\u{1b}Oy\u{1b}Oj", ["Enter", "0", "9", "*"]),
    ("\u{1b}\u{1b}[A", ["Esc", "Up"]), ("\u{1b}Oz", ["Alt-O", "z"]),
    ("\u{1b}[<0;11;6M\u{1b}[<0;11;6m", ["mouse left press at 10,5", "mouse left release at 10,5"]),
    ("\u{1b}[<64;1;1M\u{1b}[<65;1;1M", ["mouse wheelUp press at 0,0", "mouse wheelDown press at 0,0"]),
    ("\u{1b}[M +&", ["mouse left press at 10,5"]), ("\u{1b}[<35;2;3M", ["mouse none move at 1,2"]),
    // Answers and reports nobody asked for, and sequences nobody knows, are not letters.
    ("\u{1b}[I\u{1b}[O\u{1b}[?1;2cx", ["x"]), ("\u{1b}[99~\u{1b}[5$y\u{1b}[<1Mx", ["x"]),
    ("\u{1b}]11;rgb:0/0/0\u{1b}\\x\u{1b}]52;c;RERE\u{7}y", ["x", "y"]),
    ("\u{1b}P1$r0m\u{1b}\\x\u{1b}_Gi=1;OK\u{1b}\\y", ["x", "y"]),
    ("\u{1b}]0;cut\u{1b}[Ax", ["Up", "x"]),
    ("\u{1b}Pjj\u{1b}_x\u{1b}]q\u{1b}Xj", ["Alt-P", "j", "j", "Alt-_", "x", "Alt-]", "q", "Alt-X", "j"]),
    ("\u{1b}[1\u{7f}x", ["Backspace", "x"]), ("\u{1b}[201~x", ["x"]),
    ("\u{1b}[200~rm -rf\r\u{1b}[A\u{1b}[201~q", ["paste of 10 bytes", "q"]),
    ("\u{1b}[200~\u{1b}[201~", ["paste of 0 bytes"]),
  ]

  private func keys(_ decoder: inout KeyDecoder) -> [String] {
    var names: [String] = []
    while let key = decoder.next() { names.append(key.description) }
    return names
  }

  @Test(arguments: rows) func bytesAreKeysWhereverTheyAreCut(text: String, expected: [String]) {
    let bytes = Array(text.utf8)
    var whole = KeyDecoder()
    whole.receive(bytes)
    #expect(keys(&whole) == expected)
    #expect(whole.patience == nil)
    var bytewise = KeyDecoder()
    var names: [String] = []
    for byte in bytes {
      bytewise.receive([byte])
      names += keys(&bytewise)
    }
    #expect(names == expected)
    for cut in bytes.indices {
      var split = KeyDecoder()
      split.receive(bytes[..<cut])
      let before = keys(&split)
      split.receive(bytes[cut...])
      #expect(before + keys(&split) == expected, "cut at \(cut)")
    }
  }

  static let unfinished: [(String, [String])] = [
    ("\u{1b}", ["Esc"]), ("\u{1b}[", ["Alt-["]), ("\u{1b}O", ["Alt-O"]), ("\u{1b}[1;", []),
    ("\u{1b}\u{1b}", ["Esc", "Esc"]), ("a\u{1b}", ["a", "Esc"]), ("\u{1b}[200~abc", ["paste of 3 bytes"]),
  ]

  @Test(arguments: unfinished) func patienceOverMeansAsItStands(text: String, expected: [String]) {
    var decoder = KeyDecoder()
    decoder.receive(Array(text.utf8))
    var names = keys(&decoder)
    #expect(decoder.patience != nil)
    while decoder.patience != nil {
      if let key = decoder.giveUp() { names.append(key.description) }
      names += keys(&decoder)
    }
    #expect(names == expected)
  }

  @Test func aBrokenCharacterIsDropped() {
    var decoder = KeyDecoder()
    decoder.receive([0xe2, 0x82, 0x61, 0xff, 0xc0, 0x62, 0xe2, 0x82])
    #expect(keys(&decoder) == ["a", "b"])
    #expect(decoder.giveUp() == nil)
  }

  @Test func aPasteKeepsItsBytesUpToALimit() {
    var decoder = KeyDecoder()
    decoder.receive(
      Array("\u{1b}[200~".utf8) + [0x61, 0x00, 0xff, 0x1b, 0x5b, 0x32] + Array("\u{1b}[201~".utf8))
    #expect(decoder.next() == .paste([0x61, 0x00, 0xff, 0x1b, 0x5b, 0x32]))
    decoder.receive(Array("\u{1b}[200~".utf8) + Array(repeating: 0x61, count: (1 << 20) + 9))
    #expect(decoder.next() == nil)
    decoder.receive(Array("tail\u{1b}[201~".utf8))
    #expect(decoder.next() == .paste(Array(repeating: 0x61, count: 1 << 20)))
  }

  @Test func noInputTraps() {
    var state: UInt64 = 42
    let alphabet: [UInt8] =
      Array("\u{1b}[O<;0123456789~MmuA$ ".utf8) + [0x00, 0x7f, 0x80, 0xc3, 0xa9, 0xf0, 0xff]
    for _ in 0..<20_000 {
      var decoder = KeyDecoder()
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        decoder.receive([alphabet[Int(state >> 33) % alphabet.count]])
        while decoder.next() != nil {}
      }
      var rounds = 0
      while decoder.patience != nil, rounds < 20 {
        _ = decoder.giveUp()
        while decoder.next() != nil {}
        rounds += 1
      }
      guard decoder.patience == nil else {
        Issue.record("the decoder never gives up")
        return
      }
    }
  }

  static let grounds: [(String, Bool?)] = [
    ("11;rgb:ffff/ffff/ffff", true), ("11;rgb:fd/f6/e3", true), ("11;rgb:0/0/0", false),
    ("11;rgb:1e1e/1e1e/1e1e", false), ("11;rgba:ffff/ffff/ffff/8000", true), ("11;rgb:ffff/ffff", nil),
    ("11;rgb:zz/zz/zz", nil), ("11;?", nil), ("11;rgb:fffff/0/0", nil), ("10;rgb:ffff/ffff/ffff", nil),
  ]

  /// An answer to OSC 11 is no key, however it is cut and whatever it says.
  @Test(arguments: grounds, ["\u{7}", "\u{1b}\\"])
  func theBackgroundIsReadAndNoKey(_ ground: (answer: String, isLight: Bool?), _ end: String) {
    let bytes = Array("\u{1b}]\(ground.answer)\(end)x".utf8)
    for cut in bytes.indices {
      var decoder = KeyDecoder()
      var keys: [Key] = []
      for part in [bytes[..<cut], bytes[cut...]] {
        decoder.receive(part)
        while let key = decoder.next() { keys.append(key) }
      }
      #expect(keys == [.character("x")])
      #expect(decoder.hasLightGround == ground.isLight)
    }
  }
}
