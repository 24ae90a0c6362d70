import MTAConfiguration
import Synchronization

/// Where the milter is, as addresses to try. A name is looked up at the start, and again after a failure, on a
/// thread of its own: the loop never waits for a resolver.
package final class MilterTarget: Sendable {
  private struct State {
    var addresses: [SocketAddress]
    var isLookingUp = false
  }

  package let address: MilterAddress
  private let isLiteral: Bool
  private let state: Mutex<State>

  /// Looks a name up, which may take seconds.
  package init(_ address: MilterAddress) throws(Resolution.Failure) {
    self.address = address
    isLiteral = Resolution.literal(address) != nil
    state = Mutex(State(addresses: try Resolution.addresses(of: address)))
  }

  /// The addresses in the order in which to try them.
  var candidates: [SocketAddress] { state.withLock { $0.addresses } }

  /// None of them could be reached: the name may mean other addresses by now.
  func lookUpAgain() {
    guard !isLiteral, begin() else { return }
    Thread { [self] in
      let found = try? Resolution.addresses(of: address)
      state.withLock { state in
        if let found, !found.isEmpty { state.addresses = found }
        state.isLookingUp = false
      }
    }.detach()
  }

  private func begin() -> Bool {
    state.withLock { state in
      defer { state.isLookingUp = true }
      return !state.isLookingUp
    }
  }
}
