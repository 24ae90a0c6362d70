import ProxyRuntime

/// Tells of lines that are no records: the first few one by one, the others by their number.
struct UnreadableLines {
  let path: String
  private(set) var count = 0
  private static let told = 5

  init(path: String) { self.path = path }

  static func name(_ path: String) -> String { path == "-" ? "standard input" : "'\(path)'" }

  mutating func report(_ line: UnreadableLine) {
    count += 1
    guard count <= Self.told else { return }
    tell("warning: \(Self.name(path)): offset \(line.offset): \(line.reason); the line is left out")
  }

  func finish() {
    guard count > Self.told else { return }
    tell("warning: \(Self.name(path)): \(count) lines were left out")
  }
}
