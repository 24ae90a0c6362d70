import Glibc
import ProxyRuntime

/// Standard output, a buffer at a time.
///
/// A reader that has seen enough (`| head`) ends the program in order; a full disk ends it as a failure.
final class Output {
  private var buffer: [UInt8] = []
  private static let bytes = 65_536

  func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.bytes { flush() }
  }

  func append(_ fill: (inout [UInt8]) -> Void) {
    fill(&buffer)
    if buffer.count >= Self.bytes { flush() }
  }

  func flush() {
    guard !buffer.isEmpty else { return }
    let failed = writeAll(buffer, to: STDOUT_FILENO)
    buffer.removeAll(keepingCapacity: true)
    guard let failed else { return }
    if failed == EPIPE { exit(0) }
    report(Failure(FileFailure(writing: "standard output", failed).message))
    exit(2)
  }

  /// Whether standard output is a terminal on which colours are wanted (https://no-color.org).
  static var takesColours: Bool {
    if let set = getenv("NO_COLOR"), set.pointee != 0 { return false }
    if let terminal = getenv("TERM"), strcmp(terminal, "dumb") == 0 { return false }
    return isatty(STDOUT_FILENO) == 1
  }
}
