/// A command that awaits its verdict.
package struct PendingReply: Hashable, Sendable {
  package let stage: Stage
  /// Number of the command's packet.
  package let number: Int
  package let message: Int
  package let since: Moment
  /// The MTA went on without it (ABORT, QUIT, a close).
  package internal(set) var isAbandoned = false
}

/// Commands that await their verdict, in the order of the wire, which is the only thing that matches replies.
///
/// Hardly ever more than one: the first lies in place, and nothing is allocated for it.
struct PendingReplies: Hashable, Sendable {
  /// More than any MTA has under way; a peer that goes on beyond it gets no further entries.
  static let limit = 64

  private(set) var first: PendingReply?
  private var rest: [PendingReply] = []

  var all: [PendingReply] { first.map { [$0] + rest } ?? [] }

  mutating func append(_ reply: PendingReply) {
    if first == nil {
      first = reply
    } else if rest.count < Self.limit - 1 {
      rest.append(reply)
    }
  }

  mutating func removeFirst() -> PendingReply? {
    defer { first = rest.isEmpty ? nil : rest.removeFirst() }
    return first
  }

  /// The first that the MTA still waits for.
  var firstAwaited: PendingReply? {
    guard let first else { return nil }
    return first.isAbandoned ? rest.first { !$0.isAbandoned } : first
  }

  mutating func abandonAll() {
    first?.isAbandoned = true
    for index in rest.indices { rest[index].isAbandoned = true }
  }
}
