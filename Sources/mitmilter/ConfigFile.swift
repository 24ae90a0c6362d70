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
        "set, bind, unbind and rules go there; docs/keys.md lists what can be bound"
    }
    return failures
  }

  private static var path: String? {
    if let base = environment("XDG_CONFIG_HOME") { return base + "/mitmilter/config" }
    return environment("HOME").map { $0 + "/.config/mitmilter/config" }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }
}
