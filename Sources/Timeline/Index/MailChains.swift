import MilterProtocol
import TraceModel

/// Which mails of several taps are one mail of the MTA's, as far as is known by now.
///
/// An MTA asks its milters one after the other, each on a connection of its own, so one mail is there once a tap. What joins them:
///
/// 1. *The client.* While an SMTP session lasts, its address and port are nobody else's: a mail that begins at one tap belongs to the
///    latest of that client's, unless that has been at this tap already or is from somebody else.
/// 2. *The queue id*, once macros bring it. It stands over the client: mails with different ids are different ones, and mails without a
///    client's port (Postfix's cleanup, local submission) are joined by it alone.
/// 3. *The Message-ID*, where there is neither.
///
/// None of them joins what lies further apart than ``patience``: queue ids come again.
struct MailChains: Sendable {
  /// One mail.
  struct Chain: Sendable {
    /// Indices in ``TimelineIndex/messages``, one a tap, as they began.
    var messages: [Int] = []
    var taps: [UInt8] = []
    var marks: Marks
    /// When something of it was last heard that joins.
    var lastAt: Moment
  }

  /// What is known of a mail.
  struct Marks: Sendable, Equatable {
    /// Address and port of the SMTP client; nil where it has none of its own.
    var client: [UInt8]?
    var sender: [UInt8]?
    var queueID: [UInt8]?
    var messageID: [UInt8]?
  }

  /// Longer than any milter of the chain may take (`milter_content_timeout` of Postfix is 300 s, Sendmail's default for the end of
  /// message as well).
  static let patience = Moment.Span.seconds(3600)

  private(set) var chains: [Chain] = []
  private var chainOf: [Int: Int] = [:]
  private var byClient: [[UInt8]: Int] = [:]
  private var byQueue: [[UInt8]: Int] = [:]
  private var byMessageID: [[UInt8]: Int] = [:]
  /// Mails that were joined to others or parted from them, each time anew.
  private(set) var changed: [Int] = []

  /// The chain of a mail; nil for one that came in by no tap.
  subscript(message: Int) -> Chain? { chainOf[message].map { chains[$0] } }

  /// More became known of a mail at that tap.
  mutating func note(_ message: Int, at tap: UInt8, _ marks: Marks, _ now: Moment) {
    guard let known = chainOf[message] else { return join(message, at: tap, marks, now) }
    var all = chains[known].marks
    if let id = marks.queueID, let other = all.queueID, id != other {
      leave(message, known)
      return join(message, at: tap, marks, now)
    }
    // It may belong to one that was there before, and had only no mark in common so far.
    if chains[known].messages.count == 1, let better = match(marks, tap, now), better != known {
      leave(message, known)
      return add(message, at: tap, marks, to: better, now)
    }
    all.take(marks)
    chains[known].marks = all
    chains[known].lastAt = max(chains[known].lastAt, now)
    remember(known)
  }

  private mutating func join(_ message: Int, at tap: UInt8, _ marks: Marks, _ now: Moment) {
    if let chain = match(marks, tap, now) { return add(message, at: tap, marks, to: chain, now) }
    chains.append(Chain(marks: marks, lastAt: now))
    add(message, at: tap, marks, to: chains.count - 1, now)
  }

  private mutating func add(_ message: Int, at tap: UInt8, _ marks: Marks, to chain: Int, _ now: Moment) {
    chainOf[message] = chain
    chains[chain].messages.append(message)
    chains[chain].taps.append(tap)
    chains[chain].marks.take(marks)
    chains[chain].lastAt = max(chains[chain].lastAt, now)
    if chains[chain].messages.count > 1 { changed.append(message) }
    remember(chain)
  }

  private mutating func leave(_ message: Int, _ chain: Int) {
    guard let place = chains[chain].messages.firstIndex(of: message) else { return }
    chains[chain].messages.remove(at: place)
    chains[chain].taps.remove(at: place)
    chainOf[message] = nil
    changed += chains[chain].messages + [message]
  }

  private mutating func remember(_ chain: Int) {
    let marks = chains[chain].marks
    if let client = marks.client { byClient[client] = chain }
    if let id = marks.queueID { byQueue[id] = chain }
    if let id = marks.messageID { byMessageID[id] = chain }
  }

  /// The chain that a mail with these marks belongs to; nil for none so far.
  private func match(_ marks: Marks, _ tap: UInt8, _ now: Moment) -> Int? {
    if let id = marks.queueID, let chain = byQueue[id], takes(chain, marks, tap, now) { return chain }
    if let client = marks.client, let chain = byClient[client], takes(chain, marks, tap, now) { return chain }
    guard marks.client == nil, marks.queueID == nil, let id = marks.messageID, let chain = byMessageID[id],
      takes(chain, marks, tap, now)
    else { return nil }
    return chain
  }

  /// Whether nothing speaks against it.
  private func takes(_ chain: Int, _ marks: Marks, _ tap: UInt8, _ now: Moment) -> Bool {
    let chain = chains[chain]
    return !chain.messages.isEmpty && !chain.taps.contains(tap) && now - chain.lastAt <= Self.patience
      && !chain.marks.contradicts(marks)
  }
}

extension MailChains.Marks {
  fileprivate mutating func take(_ other: Self) {
    client = client ?? other.client
    sender = sender ?? other.sender
    queueID = queueID ?? other.queueID
    messageID = messageID ?? other.messageID
  }

  /// A Message-ID may be another one behind a milter that has changed it, and so may the sender of a mail with a queue id.
  fileprivate func contradicts(_ other: Self) -> Bool {
    func differ(_ a: [UInt8]?, _ b: [UInt8]?) -> Bool { if let a, let b { a != b } else { false } }
    if differ(queueID, other.queueID) || differ(client, other.client) { return true }
    return queueID == nil || other.queueID == nil ? differ(sender, other.sender) : false
  }
}
