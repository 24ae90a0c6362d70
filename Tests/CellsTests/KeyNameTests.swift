import Testing

@testable import Cells

@Suite struct KeyNameTests {
  static let rows: [(Key, String, [String])] = [
    (.character("a"), "a", []), (.character("A"), "A", []), (.character("^"), "^", []),
    (.character(" "), "Space", ["space", "SPACE"]), (.character("ß"), "ß", []),
    (.control("d"), "^D", ["^d", "C-d", "Ctrl-D", "ctrl-d"]),
    (.control("@"), "^@", ["^Space", "Ctrl-Space"]),
    (.control("^"), "^^", []), (.named(.tab), "Tab", ["^I", "C-i"]),
    (.named(.enter), "Enter", ["^M", "^J", "Return"]),
    (.named(.escape), "Esc", ["^[", "escape"]), (.named(.backTab), "Shift-Tab", ["BackTab", "btab"]),
    (.named(.pageUp), "PgUp", ["pageup", "PGUP"]), (.named(.f5), "F5", ["f5"]), (.named(.f12), "F12", []),
    (.alt(.character("x")), "Alt-x", ["M-x", "Meta-x", "alt-x"]),
    (.alt(.character("X")), "Alt-X", []), (.alt(.character("-")), "Alt--", []),
    (.alt(.control("k")), "Alt-^K", ["Alt-Ctrl-k", "Ctrl-Alt-k"]),
    (.modified(.named(.left), .control), "Ctrl-Left", ["C-left"]),
    (.modified(.named(.up), [.control, .shift]), "Ctrl-Shift-Up", ["Shift-Ctrl-Up"]),
  ]

  @Test(arguments: rows) func namesPrintAndParse(key: Key, name: String, others: [String]) {
    #expect(key.description == name)
    for spelling in [name] + others { #expect(Key(name: spelling) == key, "\(spelling)") }
  }

  @Test(arguments: ["", "Foo", "F13", "^", "Alt-", "Ctrl-", "^^^", " ", "\u{1b}", "\u{202e}", "ab"])
  func whatNamesNoKeyIsRefused(_ name: String) {
    #expect(Key(name: name) == (name == "^" ? .character("^") : nil))
  }

  @Test func everyNamedKeyHasAName() {
    for name in Key.Name.allCases { #expect(Key(name: name.rawValue) == .named(name)) }
  }

  @Test func aHostileCharacterPrintsInert() {
    #expect(Key.character("\u{202e}").description == #"\u{202e}"#)
  }
}
