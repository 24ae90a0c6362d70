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

  /// Tells of what else is missing. Returns whether nothing is.
  ///
  /// - Parameter loss: what the reader lacks at the file's beginning or end.
  func finish(_ loss: String?) -> Bool {
    if let loss { tell("warning: \(Self.name(path)): \(loss)") }
    if count > Self.told { tell("warning: \(Self.name(path)): \(count) lines were left out") }
    return count == 0 && loss == nil
  }
}
