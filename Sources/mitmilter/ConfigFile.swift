import ConsoleUI
import Glibc

/// `$XDG_CONFIG_HOME/mitmilter/config`: `set` and `bind` lines as at the prompt, `#` begins a comment line.
enum ConfigFile {
  /// Takes the file into the model; nil where all is well or there is no file, else what is wrong and where.
  static func read(into model: inout ConsoleModel) -> Failure? {
    guard let path, let text = contents(path) else { return nil }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      guard let fault = model.configure(String(trimmed)) else { continue }
      let column = fault.column + line.utf8.count - trimmed.utf8.count
      return Failure("\(path):\(index + 1):\(column): \(fault.message)", hint: "set and bind lines go there")
    }
    return nil
  }

  private static var path: String? {
    if let base = environment("XDG_CONFIG_HOME") { return base + "/mitmilter/config" }
    return environment("HOME").map { $0 + "/.config/mitmilter/config" }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }

  /// At most a megabyte; nil where there is no such file.
  private static func contents(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
