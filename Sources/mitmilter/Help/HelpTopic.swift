import ArgumentParser
import CAbout
import Glibc
import ProxyRuntime

/// What `mitmilter help TOPIC` prints beside the options of a command: the pages of `docs/`, which are in the program.
enum HelpTopic {
  /// Names of all pages, in their order.
  static let names: [String] = {
    var names: [String] = []
    while let name = about_page(names.count).name { names.append(String(cString: name)) }
    return names
  }()

  /// Pages that are asked for under another name, too.
  private static let otherNames = [
    "expressions": "filters", "rules": "instructions", "trace": "trace-format", "finding": "findings",
    "ask": "asking", "bundle": "exports", "bundles": "exports", "conformance": "faults", "provoke": "faults",
    "control": "attach", "mta": "mtas", "redact": "redaction",
  ]

  /// Whether there is a page of that name.
  static func hasPage(_ name: String) -> Bool { names.contains(otherNames[name] ?? name) }

  /// The text for `help NAME WORD…`; nil where that is for ArgumentParser.
  static func text(_ arguments: [String]) throws(Failure) -> String? {
    guard arguments.first == "help", arguments.count > 1 else { return nil }
    let words = arguments.dropFirst(2)
    let command = Mitmilter.configuration.subcommands.first { $0._commandName == arguments[1] }
    let page = page(arguments[1]).map { PageBlock.blocks(of: $0) }
    guard let page else { return nil }
    if words.isEmpty {
      let options = command.map { Mitmilter.helpMessage(for: $0, columns: width) + "\n" } ?? ""
      return options + set(page)
    }
    let found = words.map { (word: $0, part: part(of: page, about: $0)) }
    if let missing = found.first(where: { $0.part.isEmpty }) {
      throw Failure(
        "nothing is called '\(missing.word)' there", hint: "mitmilter help \(arguments[1]) prints all of it")
    }
    return set(found.flatMap(\.part))
  }

  private static func page(_ name: String) -> String? {
    guard let place = names.firstIndex(of: otherNames[name] ?? name) else { return nil }
    let page = about_page(place)
    return String(decoding: UnsafeBufferPointer(start: page.text, count: page.length), as: UTF8.self)
  }

  /// The rows that begin with a word (`R02`, `took`, `reply CODE …`), and the sections of that title.
  private static func part(of page: [PageBlock], about word: String) -> [PageBlock] {
    let wanted = word.lowercased()
    var part: [PageBlock] = []
    var level: Int?
    for block in page {
      if case .heading(let next, let title) = block {
        if let inside = level, next <= inside { level = nil }
        if level == nil, next > 1, title.lowercased() == wanted { level = next }
      }
      if level != nil {
        part.append(block)
      } else if case .table(let head, let rows) = block {
        let rows = rows.filter { $0.first.map { isCalled($0.lowercased(), wanted) } ?? false }
        if !rows.isEmpty { part.append(.table(head: head, rows: rows)) }
      }
    }
    return part
  }

  /// By all of the cell, by a term in it, or by the first word of one.
  private static func isCalled(_ cell: String, _ wanted: String) -> Bool {
    if cell == wanted { return true }
    let terms = cell.matches(of: /`([^`]+)`/).map { $0.1 }
    return terms.contains { $0 == wanted || $0.prefix { !" [".contains($0) } == wanted }
  }

  private static func set(_ blocks: [PageBlock]) -> String {
    PageText.text(blocks, width: width, isStyled: Output.takesColours)
  }

  /// Columns of the terminal, within what reads well; 80 where there is none.
  private static var width: Int {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
    else { return 80 }
    return min(max(Int(size.ws_col), 40), 100)
  }
}
