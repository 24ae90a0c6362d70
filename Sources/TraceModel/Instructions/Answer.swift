import MilterProtocol

/// A verdict as the operator gives it.
package enum Answer: Hashable, Sendable {
  case `continue`
  case accept
  case reject
  case tempfail
  case discard
  case skip
  /// Defined in `mfdef.h`, taken by neither MTA: an unknown reply to both.
  case connFail
  /// Postfix only.
  case shutdown
  case custom(CustomReply)

  /// What is sent to the MTA.
  package var reply: Reply {
    switch self {
    case .continue: .verdict(.continue)
    case .accept: .verdict(.accept)
    case .reject: .verdict(.reject)
    case .tempfail: .verdict(.tempfail)
    case .discard: .verdict(.discard)
    case .skip: .verdict(.skip)
    case .connFail: .connFail
    case .shutdown: .verdict(.shutdown)
    case .custom(let custom): .verdict(.replyCode(custom.wire))
    }
  }

  /// The word that asks for it; `reply` for one with a text of its own.
  package var name: String {
    switch self {
    case .continue: "continue"
    case .accept: "accept"
    case .reject: "reject"
    case .tempfail: "tempfail"
    case .discard: "discard"
    case .skip: "skip"
    case .connFail: "connfail"
    case .shutdown: "shutdown"
    case .custom: "reply"
    }
  }

  /// All but `custom`, in the order of menus.
  package static let plain: [Answer] = [
    .continue, .accept, .reject, .tempfail, .discard, .skip, .connFail, .shutdown,
  ]
}
