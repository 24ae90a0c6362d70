import Glibc
import ProxyRuntime

/// What an export is made with, in words for whoever gets it.
enum MadeWith {
  static var words: [String] {
    var names = utsname()
    let kernel = uname(&names) == 0 ? ["\(text(names.sysname)), \(text(names.machine))"] : []
    return ["mitmilter \(Mitmilter.version)"] + distribution + kernel
  }

  /// As os-release(5) calls it.
  private static var distribution: [String] {
    guard let bytes = try? wholeFile("/etc/os-release", limit: 1 << 20) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let name = lines.first { $0.hasPrefix("PRETTY_NAME=") }?.split(separator: "=", maxSplits: 1).last
    return name.map { [$0.filter { $0 != "\"" && !$0.isNewline }] } ?? []
  }

  private static func text(_ field: some Any) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
