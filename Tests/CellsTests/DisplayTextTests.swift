import Testing

@testable import Cells

@Suite struct DisplayTextTests {
  private func plain(_ text: DisplayText) -> String {
    var scalars = String.UnicodeScalarView()
    for cell in text.cells {
      if let base = cell.base { scalars.append(base) }
      if let mark = cell.mark { scalars.append(mark) }
    }
    return String(scalars)
  }

  @Test func anEscapeLooksUnlikeTheSameLetters() {
    let escape = DisplayText(escaping: [0x1b])
    let letters = DisplayText(#"\x1b"#)
    #expect(plain(escape) == plain(letters))
    #expect(escape.cells.allSatisfy { $0.style.attributes == .escaped })
    #expect(letters.cells.allSatisfy { $0.style.attributes == [] })
  }

  @Test func widthIsThatOfTheCells() {
    #expect(DisplayText("abc").width == 3)
    #expect(DisplayText("日本").width == 4)
    #expect(DisplayText("e\u{301}").width == 1)
    #expect(DisplayText("\u{202e}").width == 8)
    #expect(DisplayText("日").cells.map(\.isContinuation) == [false, true])
  }

  @Test func readingStopsWhenTheColumnsAreFull() {
    let long = DisplayText(escaping: Array(repeating: 0x61, count: 20_000), columns: 80)
    #expect(long.width == 80)
    #expect(long.isCut)
    #expect(!DisplayText("abc", columns: 3).isCut)
    let wide = DisplayText("a日日", columns: 4)
    #expect(plain(wide) == "a日")
    #expect(wide.isCut)
    #expect(DisplayText(escaping: [0x61, 0x00], columns: 3).width == 1)
  }

  static let fits: [(DisplayText, Int, DisplayText.Alignment, String)] = [
    ("abc", 5, .leading, "abc  "), ("abc", 5, .trailing, "  abc"), ("abc", 6, .center, " abc  "),
    ("abc", 3, .leading, "abc"), ("abcd", 3, .leading, "ab…"), ("abcd", 1, .leading, "…"),
    ("abcd", 0, .leading, ""), ("日本", 3, .leading, "日…"), ("日本", 2, .leading, " …"),
    ("", 2, .trailing, "  "), (DisplayText("abcdef", columns: 3), 3, .leading, "ab…"),
  ]

  @Test(arguments: fits) func fittingPadsOrMarksTheCut(
    text: DisplayText, width: Int, alignment: DisplayText.Alignment, expected: String
  ) {
    let fitted = text.fitted(to: width, alignment)
    #expect(plain(fitted) == expected)
    #expect(fitted.width == width)
  }

  static let wraps: [(DisplayText, Int, [String])] = [
    ("one two three", 8, ["one two ", "three"]),
    // A blank in the second half goes before whatever comes after it.
    ("packet 23  <nobody@example.net>", 20, ["packet 23  ", "<nobody@example.net>"]),
    ("a=1;b=2;c=3", 9, ["a=1;b=2;", "c=3"]),
    (DisplayText(escaping: Array(repeating: 0x7f, count: 3)), 10, [#"\x7f\x7f"#, #"\x7f"#]),
    (DisplayText(escaping: [0x61, 0x62, 0x63, 0x1b, 0x64]), 5, ["abc", #"\x1bd"#]),
    // What is longer than the line is cut all the same.
    ("abc\u{202e}d", 6, ["abc", #"\u{202"#, "e}d"]),
    // Their own letters are no escape.
    (#"abc\x1bd"#, 5, [#"abc\x"#, "1bd"]),
    ("a日本", 2, ["a", "日", "本"]),
  ]

  @Test(arguments: wraps) func wrappingCutsNoEscapeAndPrefersBlanks(
    text: DisplayText, width: Int, expected: [String]
  ) {
    #expect(text.wrapped(to: width).map(plain) == expected)
  }

  @Test func anEscapeThatDoesNotFitIsLeftOut() {
    let text = DisplayText(escaping: [0x61, 0x62, 0x1b, 0x63], columns: 5)
    #expect(plain(text) == "ab" && text.isCut)
    let escapes = DisplayText(escaping: [0x61, 0x1b, 0x1b])
    #expect(plain(escapes.fitted(to: 8)) == #"a\x1b…  "#)
  }

  @Test func aSliceNeverHoldsHalfACharacter() {
    let text: DisplayText = "a日b"
    #expect(plain(text.slice(0..<2)) == "a ")
    #expect(plain(text.slice(2..<4)) == " b")
    #expect(plain(text.slice(3..<6)) == "b  ")
    #expect(plain(text.slice(9..<11)) == "  ")
  }

  @Test func stylesOfPartsAreKept() {
    let bytes: [UInt8] = [0x07]
    let text: DisplayText = "reply \(DisplayText("550").styled(.bad)) \(wire: bytes) \(42)"
    #expect(plain(text) == #"reply 550 \x07 42"#)
    let whole = text.styled(.dim)
    #expect(whole.cells[0].style.role == .dim)
    #expect(whole.cells[6].style.role == .bad)
    #expect(whole.cells[10].style == Style(.dim, .escaped))
  }

  @Test func aMatchIsMarkedWhereItIs() {
    let text = DisplayText("abcd").adding(.match, in: 1..<9)
    #expect(text.cells.map { $0.style.attributes == .match } == [false, true, true, true])
  }

  @Test(arguments: [
    (40, "<bounces+0123456789@mailing.example.org>"), (31, "<bounces+…@mailing.example.org>"),
    (26, "<bou…@mailing.example.org>"), (25, "<bo…@mailing.example.org>"), (24, "<bounces+0123456789@mai…"),
    (3, "<b…"),
  ]) func ofAnAddressTheDomainStays(_ width: Int, _ shown: String) {
    let text = DisplayText("<bounces+0123456789@mailing.example.org>").fitted(to: width, keepingFrom: "@")
    #expect(text.width == width)
    #expect(String(decoding: text.plainBytes, as: UTF8.self) == shown)
  }
}
