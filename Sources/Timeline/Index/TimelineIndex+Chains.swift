import MilterProtocol
import TraceModel

/// Mails that pass several milters.
extension TimelineIndex {
  /// The mails of all taps that are one with that one, itself included, in the order in which the milters came to their end; alone
  /// where a run has but one place to connect.
  package func chain(ofMessage i: Int) -> [Int] {
    guard let chain = chains[i], chain.messages.count > 1 else { return [i] }
    return chain.messages.sorted { (endOrder($0), $0) < (endOrder($1), $1) }
  }

  /// An MTA shows a mail's content to its milters one after the other.
  private func endOrder(_ i: Int) -> Int { messages[i].endRow ?? messages[i].lastRow }

  /// The mail that stands for those that are one with it: the first that came.
  package func head(ofMessage i: Int) -> Int { chains[i]?.messages.min() ?? i }

  /// Grows whenever mails turn out to be one, or not to be.
  package var chainRevision: Int { chains.changed.count }

  /// The first of the mails of which that turned out since the revision was that; nil for none.
  package func firstChanged(sinceChains revision: Int) -> Int? { chains.changed[revision...].min() }

  /// What a packet of a mail tells of which it is.
  mutating func noteChain(_ kind: PacketKind, message i: Int, _ c: Int, _ now: Moment) {
    switch kind {
    case .command(.macro), .command(.mail), .command(.header): break
    case .command, .reply, .unknown, .empty: return
    }
    // What a shadow gets passes no milter.
    guard connections[c].shadowOf == nil else { return }
    let place = self.place(c)
    guard let mail = live.facts[place].message, mail.number == messages[i].number else { return }
    var marks = MailChains.Marks()
    if case .command(.header) = kind {
      guard let header = mail.headers.last, header.isNamed("Message-ID".utf8) else { return }
      marks.messageID = header.value.bytes
    }
    marks.queueID = mail.queueID?.bytes
    // Before that the sender is not known, and a client may have more than one mail.
    guard mail.envelopeSender != nil || marks.queueID != nil else { return }
    marks.sender = mail.sender?.address.bytes
    if let client = live.facts[place].client, let port = client.port, port != 0, let address = client.address
    {
      marks.client = address.bytes + [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
    }
    chains.note(i, at: connections[c].tap, marks, now)
  }
}
