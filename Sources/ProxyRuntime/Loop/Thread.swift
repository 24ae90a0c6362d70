import Glibc

/// A thread of the system. No actor and no task is involved.
package struct Thread: @unchecked Sendable {
  // A pthread_t is a plain number that any thread may join once; `join` is called by the owner alone.
  private let handle: pthread_t

  /// Starts `body`.
  package init(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(body))
    var handle = pthread_t()
    let code = pthread_create(&handle, nil, runThread, box.toOpaque())
    precondition(code == 0, "no thread could be started")
    self.handle = handle
  }

  /// Waits for its end.
  package func join() { pthread_join(handle, nil) }

  /// Lets it end on its own.
  package func detach() { pthread_detach(handle) }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
  return nil
}
