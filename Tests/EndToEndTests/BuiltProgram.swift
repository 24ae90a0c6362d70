import Foundation

/// The program as it was built along with these tests.
enum BuiltProgram {
  struct Outcome {
    var status: Int32
    var output: String
    var messages: String
  }

  /// Runs it to its end, away from any terminal.
  static func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = ["TZ": "UTC"]
  ) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mitmilter-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files take any amount without somebody to read it meanwhile.
    let (given, printed, told) = try (file(folder, "in", input), file(folder, "out"), file(folder, "err"))
    let process = Process()
    process.executableURL = try executable
    process.arguments = arguments
    process.environment = environment
    process.standardInput = try FileHandle(forReadingFrom: given)
    process.standardOutput = try FileHandle(forWritingTo: printed)
    process.standardError = try FileHandle(forWritingTo: told)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try String(contentsOf: printed, encoding: .utf8),
      messages: try String(contentsOf: told, encoding: .utf8))
  }

  /// Beside the bundle of tests, whatever the build folder is.
  private static var executable: URL {
    get throws {
      let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("mitmilter")
    }
  }

  private static func file(_ folder: URL, _ name: String, _ contents: [UInt8] = []) throws -> URL {
    let url = folder.appendingPathComponent(name)
    try Data(contents).write(to: url)
    return url
  }
}
