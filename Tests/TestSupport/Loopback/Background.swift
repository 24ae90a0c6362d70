import Glibc
import Synchronization

/// Work on a thread of its own, for peers that block; its result may be waited for.
package final class Background<Result: Sendable>: Sendable {
  private let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)
  private let thread: Mutex<pthread_t?>

  package init(_ work: @escaping @Sendable () throws -> Result) {
    thread = Mutex(nil)
    let box = Unmanaged.passRetained(
      Work { [self] in
        let result = Swift.Result { try work() }
        outcome.withLock { $0 = result }
      })
    var handle = pthread_t()
    precondition(pthread_create(&handle, nil, runWork, box.toOpaque()) == 0, "no thread could be started")
    let started = handle
    thread.withLock { $0 = started }
  }

  /// Nobody waited for it, and it has ended.
  deinit { if let thread = thread.withLock({ $0.take() }) { pthread_detach(thread) } }

  /// Waits for the end of the work. To be called once.
  package func result() throws -> Result {
    if let thread = thread.withLock({ $0.take() }) { pthread_join(thread, nil) }
    guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("the work has no outcome") }
    return try outcome.get()
  }
}

private final class Work: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
  return nil
}
