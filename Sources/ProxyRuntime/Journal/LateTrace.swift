import Glibc
import Synchronization
import TraceFormat
import TraceModel

/// A trace that somebody asks for while mail goes on.
///
/// Whoever asks opens it, and copies what came before out of the run's own trace, a piece at a time: mail does not wait for
/// that. Then the journal adds the little that is left, and from there on writes each record to both before anything leaves.
package final class LateTrace: Sendable {
  package let path: String
  /// Where an earlier trace of that name is kept now; nil where there was none.
  package let kept: String?
  private let state: Mutex<State>

  private struct State: ~Copyable {
    /// nil once it is over.
    var writer: TraceFileWriter?
    /// How far the run's own trace has been copied, in bytes; nil where only what is to come is wanted.
    var copied: Int?
  }

  /// Opens `path` as ``TraceFileWriter`` does.
  ///
  /// - Parameters:
  ///   - head: of the run's own trace.
  ///   - withPast: whether what came before is wanted.
  package init(path: String, head: TraceHead, withPast: Bool) throws(FileFailure) {
    let writer = try TraceFileWriter(path: path, head: head)
    self.path = path
    kept = writer.kept
    // The first line is the same in both.
    let start = writer.bytes
    state = Mutex(State(writer: writer, copied: withPast ? start : nil))
  }

  /// Whether nothing is written to it any more: it was stopped, or could not be written.
  package var isOver: Bool { state.withLock { $0.writer == nil } }

  /// Copies some more of what came before.
  ///
  /// - Parameter source: the run's own trace.
  /// - Returns: whether what is left is so little that the journal can add it.
  package func copyMore(from source: Int32) throws(FileFailure) -> Bool {
    var status = stat()
    guard fstat(source, &status) == 0 else { throw FileFailure(opening: "the run's own trace", errno) }
    return try copy(from: source, to: Int(status.st_size), leaving: Self.rest, atMost: Self.piece)
  }

  private static let piece = 4 << 20
  private static let rest = 1 << 20

  private func copy(
    from source: Int32, to end: Int, leaving rest: Int, atMost limit: Int
  ) throws(FileFailure) -> Bool {
    let failure: FileFailure? = state.withLock { state in
      guard let start = state.copied, start < end else { return nil }
      do throws(FileFailure) {
        let bytes = try Self.read(source, start..<start + min(limit, end - start))
        try state.writer?.append(bytes)
        state.copied = start + bytes.count
        return nil
      } catch {
        state.writer = nil
        return error
      }
    }
    if let failure { throw failure }
    return state.withLock { state in state.writer == nil || (state.copied ?? end) + rest >= end }
  }

  private static func read(_ source: Int32, _ range: Range<Int>) throws(FileFailure) -> [UInt8] {
    var failed: Int32?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count, let base = buffer.baseAddress {
        let got = pread(source, base + count, range.count - count, off_t(range.lowerBound + count))
        if got > 0 {
          count += got
        } else if got == 0 || errno != EINTR {
          failed = got == 0 ? EIO : errno
          return
        }
      }
    }
    if let failed { throw FileFailure(opening: "the run's own trace", failed) }
    return bytes
  }

  // MARK: - The journal's

  /// Adds what is left of what came before, up to `end`.
  func join(_ source: Int32, upTo end: Int) throws(FileFailure) {
    while try !copy(from: source, to: end, leaving: 0, atMost: .max) {}
  }

  /// - Returns: why it cannot be written, and is over.
  func append(_ lines: [UInt8]) -> FileFailure? {
    state.withLock { state in
      do throws(FileFailure) {
        try state.writer?.append(lines)
        return nil
      } catch {
        state.writer = nil
        return error
      }
    }
  }

  /// Nothing more is written to it.
  package func end() { state.withLock { $0.writer = nil } }
}
