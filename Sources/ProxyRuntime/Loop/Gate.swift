import MTAConfiguration
import TraceModel

/// A place where MTAs connect, and the milter behind it; a run has one, or several with a name each.
///
/// Sendable, because it is made before the engine, handed over once with it, and touched by nobody else from then on.
package final class Gate: @unchecked Sendable {
  /// nil where there is but one.
  let name: String?
  /// nil where we are the milter.
  let target: MilterTarget?
  /// Where it listens: the port that was taken for port 0.
  package let address: MilterAddress
  /// nil once no new connections are wanted.
  private(set) var listener: Listener?
  /// About the milter.
  var unreachable = Complaint()
  /// Connections so far.
  var accepted = 0

  package init(_ listener: consuming Listener, milter: MilterTarget?, name: String? = nil) {
    self.name = name
    target = milter
    address = listener.address
    self.listener = consume listener
  }

  /// For the head of a trace; nil where there is but one.
  package var tap: Tap? {
    name.map { Tap(name: $0, listen: address.description, milter: target?.address.description ?? "") }
  }

  /// What the poller watches; nil once nobody listens.
  var descriptor: Int32? { listener?.descriptor }

  /// Whoever connects from now on is refused.
  func shut() { listener = nil }

  /// As the operator calls the milter: `the milter`, or that of the name.
  var milterWords: String {
    "the milter \(name.map { "'\($0)' " } ?? "")at \(target?.address.description ?? "nowhere")"
  }

  /// Most in a run: each takes a tag of the poller.
  package static let most = 64
}
