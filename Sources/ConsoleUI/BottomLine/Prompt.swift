import Cells
import CommandLanguage

/// The line at the bottom while the operator types into it: what for, the text, what could follow, whether it holds.
package struct Prompt: Equatable, Sendable {
  package enum Purpose: Hashable, Sendable {
    case instruction, filter, search, note, write
    /// The file that records go to as they come, with those that came or without.
    case record(withPast: Bool)
    /// An answer in the operator's words, for the selected packet.
    case reply
    /// Why the mail on the desk goes to the MTA's quarantine.
    case quarantine
    /// The expression of the breakpoint.
    case hold
    /// A rule in place of the one at that index; nil for a new one.
    case rule(Int?)
    /// What the MTA is to say otherwise in a replay, from the selected packet on.
    case fork
    /// The milter that mails are replayed at.
    case milter

    /// The words in front of the line.
    package var label: String {
      switch self {
      case .instruction: ":"
      case .filter: "filter: "
      case .search: "/"
      case .note: "note: "
      case .write: "write shown packets to: "
      case .record(let withPast): withPast ? "record all to: " : "record from now on to: "
      case .reply: "reply "
      case .quarantine: "quarantine, because: "
      case .hold: "hold on: "
      case .fork: "say otherwise: "
      case .milter: "replay at milter: "
      case .rule(let place): place == nil ? "new rule: " : "rule: "
      }
    }
  }

  /// A word that could stand at the cursor.
  package struct Completion: Equatable, Sendable {
    /// The bytes of the line that `text` takes the place of.
    package var range: Range<Int>
    package var text: String
    package var help: String
  }

  /// What the line is worth as it stands.
  package enum Validity: Equatable, Sendable {
    /// Nothing to judge yet.
    case open
    case valid
    /// Right so far: what could be typed next, and what is wrong with it if it stays so.
    case incomplete(Range<Int>, next: String, String)
    /// The bytes at fault, and why.
    case invalid(Range<Int>, String)
  }

  package var purpose: Purpose
  package private(set) var editor: LineEditor
  package private(set) var completions: [Completion] = []
  /// The completion that Tab last put into the line.
  package private(set) var chosen: Int?
  package private(set) var validity: Validity = .open
  /// Whether Enter was pressed on the line as it stands, and it did not hold.
  package private(set) var isRefused = false
  /// What there is to say about a valid line.
  package internal(set) var remark: String?
  /// How far back in the history the line was taken from; nil while it is the operator's own.
  private var recalled: Int?
  /// The operator's own line while one from the history stands in its place.
  private var draft: LineEditor?
  /// What `export` offers.
  private let formats: [ExportChoice]

  init(_ purpose: Purpose, text: String, formats: [ExportChoice]) {
    self.purpose = purpose
    self.formats = formats
    editor = LineEditor(text)
    if purpose.isProposed { editor.selectAll() }
    examine()
  }

  // MARK: keys

  enum Press { case enters, leaves, changes, ignores }

  /// - Parameter history: lines typed before for the same purpose, the newest last.
  mutating func press(_ key: Key, _ history: [String]) -> Press {
    switch key {
    case .named(.enter): return .enters
    case .named(.escape), .control("c"), .control("g"): return .leaves
    case .named(.tab): complete(step: 1)
    case .named(.backTab): complete(step: -1)
    case .named(.up), .control("p"): recall(step: 1, from: history)
    case .named(.down), .control("n"): recall(step: -1, from: history)
    case .named(.backspace) where editor.isEmpty: return .leaves
    default:
      guard editor.apply(key) else { return .ignores }
      (recalled, draft) = (nil, nil)
      examine()
    }
    return .changes
  }

  /// Why Enter cannot take the line as it stands; nil where it can.
  mutating func refusal() -> String? {
    switch validity {
    case .open, .valid: return nil
    case .invalid(_, let message), .incomplete(_, _, let message):
      isRefused = true
      return message
    }
  }

  /// Says anew what the line is worth and what could follow it.
  private mutating func examine() {
    // A rule that is pasted brings the word along that the prompt begins with.
    if case .rule = purpose, editor.text.hasPrefix("on on ") {
      editor.replace(0..<editor.text.utf8.count, with: String(editor.text.dropFirst("on ".count)))
    }
    completions = Completions.all(for: self, formats: formats)
    chosen = nil
    judge()
  }

  private mutating func judge() {
    isRefused = false
    validity = Validation.validity(of: self)
  }

  /// Whether the word being typed would be looked for as text, and may yet become a term: the list waits for the rest of it.
  var mayBecomeTerm: Bool { !completions.isEmpty && Expression.plainReading(of: editor.text) != nil }

  /// The line with the quote closed that the operator would still have to close.
  var closedText: String {
    let text = editor.text
    guard case .incomplete = Validation.validity(of: text, for: purpose) else { return text }
    let closed = ["\"", "'"].filter { !text.hasSuffix($0) }.map { text + $0 }
    return closed.first { Validation.validity(of: $0, for: purpose) == .valid } ?? text
  }

  /// The keys of a prompt beside those of the line editor, for help and docs.
  package static let keys: [(key: String, help: String)] = [
    ("Enter", "do it"),
    ("Esc ^C ^G", "leave it"),
    ("Tab Shift-Tab", "take the next completion, the one before"),
    ("Up ^P", "older lines"),
    ("Down ^N", "newer lines"),
  ]

  /// Puts the next completion (or, with -1, the one before) into the line.
  private mutating func complete(step: Int) {
    defer { judge() }
    guard !completions.isEmpty else { return }
    let next =
      chosen.map { ($0 + step + completions.count) % completions.count }
      ?? (step > 0 ? 0 : completions.count - 1)
    let start = completions[next].range.lowerBound
    let end = chosen.map { completions[$0].range.lowerBound + completions[$0].text.utf8.count }
    editor.replace(start..<(end ?? completions[next].range.upperBound), with: completions[next].text)
    chosen = next
  }

  /// Takes an older (step 1) or newer (-1) line of `history`, whose last is the newest, that starts as the own line does.
  private mutating func recall(step: Int, from history: [String]) {
    defer { examine() }
    let own = draft ?? editor
    var position = recalled ?? 0
    repeat {
      position += step
      if position <= 0 {
        editor = own
        recalled = nil
        draft = nil
        return
      }
      guard position <= history.count else { return }
    } while !history[history.count - position].hasPrefix(own.text)
    draft = own
    recalled = position
    editor = LineEditor(history[history.count - position])
  }
}
