import Glibc
import ProxyRuntime

/// Standard output, or a file in its place, a buffer at a time.
///
/// A reader that has seen enough (`| head`) ends the program in order; a full disk ends it as a failure. Where mail is
/// being relayed, neither ends anything but the printing.
final class Output {
  enum Ending {
    case endTheProgram
    case goOn
  }

  private var buffer: [UInt8] = []
  private static let bytes = 65_536
  private let whenClosed: Ending
  private let descriptor: Int32
  private let name: String
  private var isClosed = false

  init(
    whenClosed: Ending = .endTheProgram, to descriptor: Int32 = STDOUT_FILENO, named name: String? = nil
  ) {
    self.whenClosed = whenClosed
    self.descriptor = descriptor
    self.name = name ?? "standard output"
  }

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
    let failed = isClosed ? nil : writeAll(buffer, to: descriptor)
    buffer.removeAll(keepingCapacity: true)
    guard let failed else { return }
    if failed != EPIPE { report(Failure(FileFailure(writing: name, failed).message)) }
    switch whenClosed {
    case .endTheProgram: exit(failed == EPIPE ? 0 : 2)
    case .goOn: isClosed = true
    }
  }

  /// Whether standard output is a terminal on which colours are wanted (https://no-color.org).
  static var takesColours: Bool {
    if let set = getenv("NO_COLOR"), set.pointee != 0 { return false }
    if let terminal = getenv("TERM"), strcmp(terminal, "dumb") == 0 { return false }
    return isatty(STDOUT_FILENO) == 1
  }
}
