import Cells

/// One line being typed, with the keys that shells have (readline's Emacs mode).
package struct LineEditor: Equatable, Sendable {
  package private(set) var scalars: [Unicode.Scalar] = []
  /// The scalar before which the cursor stands; `scalars.count` at the end.
  package private(set) var cursor = 0
  /// Whether the whole line is selected: what is typed next takes its place.
  package private(set) var isSelected = false
  /// What `^K`, `^U` or `^W` took last; `^Y` puts it back.
  private var cut: [Unicode.Scalar] = []

  package init(_ text: String = "") {
    scalars = Array(text.unicodeScalars)
    cursor = scalars.count
  }

  /// Selects the whole line.
  mutating func selectAll() { isSelected = !isEmpty }

  package var text: String { String(String.UnicodeScalarView(scalars)) }
  package var isEmpty: Bool { scalars.isEmpty }

  /// Where the cursor stands in `text.utf8`.
  package var cursorOffset: Int {
    scalars[..<cursor].reduce(0) { $0 + UTF8.width($1) }
  }

  /// Puts `text` where the bytes `range` of the line are, and the cursor behind it.
  package mutating func replace(_ range: Range<Int>, with text: String) {
    isSelected = false
    let first = index(ofByte: range.lowerBound)
    let end = index(ofByte: range.upperBound)
    let new = Array(text.unicodeScalars)
    scalars.replaceSubrange(first..<max(first, end), with: new)
    cursor = first + new.count
  }

  private func index(ofByte offset: Int) -> Int {
    var bytes = 0
    for (index, scalar) in scalars.enumerated() {
      if bytes >= offset { return index }
      bytes += UTF8.width(scalar)
    }
    return scalars.count
  }

  /// What editing key a key is; nil for one that does not edit.
  package static func edit(for key: Key) -> Edit? { table.first { $0.keys.contains(key) }?.edit }

  /// Does what `key` says; false where it means nothing to a line.
  package mutating func apply(_ key: Key) -> Bool {
    switch key {
    case .mouse: return false
    case .character, .paste: clearSelected()
    case .control, .named, .modified:
      guard let edit = LineEditor.edit(for: key) else { return false }
      if edit == .deleteBack || edit == .deleteForward, isSelected {
        clearSelected()
        return true
      }
      isSelected = false
    }
    enter(key)
    return true
  }

  /// What is typed over a selected line takes its place.
  private mutating func clearSelected() {
    if isSelected { take(0..<scalars.count) }
    isSelected = false
  }

  private mutating func enter(_ key: Key) {
    switch key {
    case .character(let scalar): insert([scalar])
    case .paste(let bytes):
      // A line break would end the instruction half way; none is pasted.
      insert(String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 0x20 ? " " : $0 })
    case .control, .named, .modified: LineEditor.edit(for: key).map { apply($0) }
    case .mouse: break
    }
  }

  private mutating func insert(_ new: some Collection<Unicode.Scalar>) {
    scalars.insert(contentsOf: new, at: cursor)
    cursor += new.count
  }

  private mutating func apply(_ edit: Edit) {
    switch edit {
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(scalars.count, cursor + 1)
    case .start: cursor = 0
    case .end: cursor = scalars.count
    case .wordLeft: cursor = wordStart
    case .wordRight: cursor = wordEnd
    case .deleteBack: if cursor > 0 { remove(cursor - 1..<cursor) }
    case .deleteForward: if cursor < scalars.count { remove(cursor..<cursor + 1) }
    case .cutWordBack: take(blankedWordStart..<cursor)
    case .cutWordForward: take(cursor..<wordEnd)
    case .cutToStart: take(0..<cursor)
    case .cutToEnd: take(cursor..<scalars.count)
    case .putBack: insert(cut)
    case .swap:
      guard scalars.count >= 2, cursor > 0 else { return }
      let at = min(cursor, scalars.count - 1)
      scalars.swapAt(at - 1, at)
      cursor = at + 1
    }
  }

  private mutating func remove(_ range: Range<Int>) {
    scalars.removeSubrange(range)
    cursor = range.lowerBound
  }

  private mutating func take(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    cut = Array(scalars[range])
    remove(range)
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
  }

  private var wordStart: Int {
    var at = cursor
    while at > 0, !LineEditor.isWord(scalars[at - 1]) { at -= 1 }
    while at > 0, LineEditor.isWord(scalars[at - 1]) { at -= 1 }
    return at
  }

  private var wordEnd: Int {
    var at = cursor
    while at < scalars.count, !LineEditor.isWord(scalars[at]) { at += 1 }
    while at < scalars.count, LineEditor.isWord(scalars[at]) { at += 1 }
    return at
  }

  /// `^W` goes by blanks, as in shells.
  private var blankedWordStart: Int {
    var at = cursor
    while at > 0, scalars[at - 1] == " " { at -= 1 }
    while at > 0, scalars[at - 1] != " " { at -= 1 }
    return at
  }

  /// Puts the line, as `text` shows it, into `room` columns of `line`, scrolled so that the cursor stays in sight.
  ///
  /// - Returns: how many columns are scrolled out.
  @discardableResult
  func draw(
    _ text: DisplayText, at column: Int, room: Int, hasCursor: Bool = true, into frame: inout Frame,
    in line: Rect
  ) -> Int {
    let room = max(1, room)
    let place = DisplayText(String(String.UnicodeScalarView(scalars.prefix(cursor)))).width
    let skip = hasCursor ? max(0, place - room + 1) : 0
    let whole = isSelected ? text.adding(.selected, in: 0..<text.width) : text
    let shown = whole.slice(skip..<max(skip, min(text.width, skip + room)))
    frame.put(shown, at: Point(column: column, row: line.row))
    if hasCursor {
      frame.cursor = Point(column: min(column + place - skip, line.endColumn - 1), row: line.row)
    }
    return skip
  }

  package enum Edit: Equatable, Sendable {
    case left, right, start, end, wordLeft, wordRight
    case deleteBack, deleteForward, cutWordBack, cutWordForward, cutToStart, cutToEnd, putBack, swap
  }

  /// The editing keys, for dispatch, help and docs.
  package static let table: [(keys: [Key], edit: Edit, help: String)] = [
    ([.named(.left), .control("b")], .left, "left"),
    ([.named(.right), .control("f")], .right, "right"),
    ([.named(.home), .control("a")], .start, "to the start"),
    ([.named(.end), .control("e")], .end, "to the end"),
    ([.alt(.character("b")), .modified(.named(.left), .control)], .wordLeft, "a word left"),
    ([.alt(.character("f")), .modified(.named(.right), .control)], .wordRight, "a word right"),
    ([.named(.backspace), .control("h")], .deleteBack, "delete to the left"),
    ([.named(.delete), .control("d")], .deleteForward, "delete to the right"),
    ([.control("w")], .cutWordBack, "cut the word to the left"),
    ([.alt(.character("d"))], .cutWordForward, "cut the word to the right"),
    ([.control("u")], .cutToStart, "cut to the start"),
    ([.control("k")], .cutToEnd, "cut to the end"),
    ([.control("y")], .putBack, "put back what was cut"),
    ([.control("t")], .swap, "swap two characters"),
  ]
}
