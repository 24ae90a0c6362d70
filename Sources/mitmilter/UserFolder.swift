import Glibc
import ProxyRuntime

/// Where the user's own files are, by the XDG Base Directory Specification.
enum UserFolder {
  /// `$VARIABLE/mitmilter/NAME`, else the same under the folder of the home directory that stands in for it; nil without either.
  static func path(_ variable: String, besides folder: String, _ name: String) -> String? {
    if let base = environment(variable) { return base + "/mitmilter/" + name }
    return environment("HOME").map { $0 + "/" + folder + "/mitmilter/" + name }
  }

  /// Makes the folders above a file, as far as they are missing, for their owner alone.
  static func make(for path: String) throws(FileFailure) {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += "/" + part
      if access(folder, F_OK) != 0 { try makeFolder(folder) }
    }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }
}
