/// What the text of an error means behind a line about a milter: not what it says (`errno` is an old one where nothing failed).
enum ErrorText: Equatable, Sendable {
  /// The milter closed.
  case ended
  case reset, silent, refused, missing, forbidden, busy, noAddress, notAFolder, unreachable, invalid
  case other

  /// - Parameter isRead: behind a read, where a text that nobody knows is what was left over from before.
  init(_ text: String, isRead: Bool) {
    // Sendmail: "Connection refused by HOST or PATH".
    let words = text.lowercased()
    let known: [(String, ErrorText)] = [
      ("success", .ended), ("application error", .ended), ("undefined error: 0", .ended),
      ("unknown error", .ended),
      ("no error", .ended), ("error 0", .ended), ("connection reset", .reset), ("broken pipe", .reset),
      ("connection timed out", .silent), ("operation timed out", .silent), ("connection refused", .refused),
      ("no such file", .missing), ("permission denied", .forbidden),
      ("resource temporarily unavailable", .busy), ("cannot assign requested address", .noAddress),
      ("can't assign requested address", .noAddress), ("not a directory", .notAFolder),
      ("no route to host", .unreachable),
      ("network is unreachable", .unreachable), ("host is down", .unreachable),
      ("invalid argument", .invalid),
    ]
    let found = known.first { words.hasPrefix($0.0) }?.1
    switch found {
    case .reset, .silent, .ended: self = found ?? .ended
    case let found?: self = isRead ? .ended : found
    case nil: self = isRead ? .ended : .other
    }
  }
}
