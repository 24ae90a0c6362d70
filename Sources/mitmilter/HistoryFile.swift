import ConsoleUI
import ProxyRuntime

/// `$XDG_STATE_HOME/mitmilter/history`: what was typed at prompts, a line each behind the word of its prompt, for its owner alone.
/// ``PromptHistory`` says which lines are kept.
///
/// A history that cannot be read or written is none: nothing depends on it.
enum HistoryFile {
  /// Fewer lines than this are left alone; with more, those that no prompt would bring back go.
  private static let mostLines = 4 * PromptHistory.limit
  private static let mostBytes = 1 << 20

  static func read(into history: inout PromptHistory) {
    guard let path, let bytes = try? wholeFile(path, limit: mostBytes) else { return }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    for line in lines {
      guard let blank = line.firstIndex(of: " ") else { continue }
      history.recall(String(line[line.index(after: blank)...]), under: String(line[..<blank]))
    }
    if lines.count > mostLines { keep(lines.suffix(2 * PromptHistory.limit), at: path) }
  }

  private static func keep(_ lines: ArraySlice<Substring>, at path: String) {
    guard var file = try? NewFile(path, replacing: true, sparing: NewFile.Spared([])) else { return }
    try? file.append(Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  /// Adds a line at the end. Other screens may do the same meanwhile.
  static func add(_ text: String, under word: String) {
    guard let path, (try? UserFolder.make(for: path)) != nil else { return }
    // In one piece, so that lines of two screens do not mix.
    try? appendToOwnFile(path, Array("\(word) \(text)\n".utf8))
  }

  private static var path: String? { UserFolder.path("XDG_STATE_HOME", besides: ".local/state", "history") }
}
