import Cells
import ConsoleUI
import Testing

@Suite struct LineEditorTests {
  struct Row: Sendable, CustomStringConvertible {
    var keys: String
    var gives: String
    var description: String { keys }
  }

  /// Keys after "one two three" was typed; `|` stands for the cursor.
  static let rows = [
    Row(keys: "Left", gives: "one two thre|e"),
    Row(keys: "^A ^D", gives: "|ne two three"),
    Row(keys: "^A Alt-f", gives: "one| two three"),
    Row(keys: "Alt-b Alt-b", gives: "one |two three"),
    Row(keys: "^W", gives: "one two |"),
    Row(keys: "^W ^Y ^Y", gives: "one two threethree|"),
    Row(keys: "^A ^K", gives: "|"),
    Row(keys: "Alt-b ^U", gives: "|three"),
    Row(keys: "^A Alt-d ^E ^Y", gives: " two threeone|"),
    Row(keys: "^A Right ^T", gives: "no|e two three"),
    Row(keys: "Home Backspace x", gives: "x|one two three"),
    Row(keys: "End Delete Right", gives: "one two three|"),
  ]

  @Test(arguments: rows) func editsAsShellsDo(_ row: Row) {
    var editor = LineEditor("one two three")
    for name in row.keys.split(separator: " ") {
      guard let key = Key(name: name) else {
        Issue.record("no key \(name)")
        continue
      }
      _ = editor.apply(key)
    }
    var text = Array(editor.text)
    text.insert("|", at: editor.cursor)
    #expect(String(text) == row.gives)
  }

  @Test func aPasteIsOneLine() {
    var editor = LineEditor()
    _ = editor.apply(.paste(Array("a\nb\u{1b}[c".utf8)))
    #expect(editor.text == "a b [c")
  }

  @Test func aCompletionTakesTheBytesItWasMadeFor() {
    var editor = LineEditor("grüße wel")
    editor.replace(8..<11, with: "welt")
    #expect(editor.text == "grüße welt")
    #expect(editor.cursorOffset == 12)
  }
}
