import CommandLanguage
import ConsoleUI
import Glibc
import ProxyRuntime

/// `$XDG_CONFIG_HOME/mitmilter/config`: `set`, `bind`, `unbind` and rules as at the prompt, `#` begins a comment line.
enum ConfigFile {
  /// Takes the file into the model; what is wrong in it, and where: nothing where there is no file.
  static func read(into model: inout ConsoleModel) -> [Failure] {
    guard let path else { return [] }
    let text: String
    do throws(FileFailure) {
      text = String(decoding: try wholeFile(path, limit: 1 << 20), as: UTF8.self)
    } catch {
      if error.code == ENOENT || error.code == ENOTDIR { return [] }
      return [Failure(error)]
    }
    var failures: [Failure] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      guard let fault = model.configure(String(trimmed)) else { continue }
      let start = line.utf8.count - trimmed.utf8.count
      let range = fault.range.lowerBound + start..<fault.range.upperBound + start
      let error = SyntaxError(fault.message, in: Array(line.utf8), at: range)
      failures.append(Failure("\(path):\(index + 1):\(error.column): \(error.description)"))
    }
    if !failures.isEmpty {
      failures[failures.count - 1].hint =
        "set, bind, unbind and rules go there; mitmilter help keys lists what can be bound"
    }
    return failures
  }

  /// Writes down that a setting holds from now on: in the line that says it already, else in a new one at the end. The rest of
  /// the file stays as it is.
  ///
  /// - Returns: why not, where it cannot be kept.
  static func remember(_ name: String, _ value: String) -> String? {
    guard let path else { return nil }
    let line = "set \(name) \(value)"
    do throws(FileFailure) {
      try UserFolder.make(for: path)
      var lines = String(decoding: try ownFile(path) ?? [], as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      if lines.last == "" { lines.removeLast() }
      let words = { (line: String) in line.split { $0 == " " || $0 == "\t" }.prefix(2).map(String.init) }
      if let place = lines.lastIndex(where: { words($0) == ["set", name] }) {
        lines[place] = line
      } else {
        lines.append(line)
      }
      var file = try NewFile(path, replacing: true, sparing: NewFile.Spared([]))
      try file.append(Array((lines.joined(separator: "\n") + "\n").utf8))
      return nil
    } catch {
      return "not remembered: " + error.message
    }
  }

  private static var path: String? { UserFolder.path("XDG_CONFIG_HOME", besides: ".config", "config") }
}
