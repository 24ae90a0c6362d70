import CLinux

/// Makes gzip data of bytes that come in pieces.
package final class Gzip {
  private let stream: OpaquePointer
  private var output = [UInt8](repeating: 0, count: 65_536)

  /// Nil without memory.
  package init?() {
    guard let stream = gzip_new() else { return nil }
    self.stream = stream
  }

  deinit { gzip_free(stream) }

  /// What comes out by now; the rest waits for more.
  package func append(_ bytes: [UInt8]) -> [UInt8] { run(bytes, isLast: false) }

  /// The rest, once nothing more comes.
  package func finish() -> [UInt8] { run([], isLast: true) }

  private func run(_ input: [UInt8], isLast: Bool) -> [UInt8] {
    var result: [UInt8] = []
    var offset = 0
    while true {
      var (taken, given) = (0, 0)
      let isOver = input.withUnsafeBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
          gzip_step(
            stream, source.baseAddress.map { $0 + offset }, source.count - offset, &taken,
            target.baseAddress, target.count, &given, isLast)
        }
      }
      offset += taken
      result += output[..<given]
      if isOver || !isLast && offset == input.count && given < output.count { return result }
    }
  }
}
