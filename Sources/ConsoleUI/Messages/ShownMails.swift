import Timeline
import TraceModel

/// The mails that Messages shows: all, or those of which the filter takes a packet; the newest last, unless they are put in
/// another order. A mail that passes several milters is there once, where it came first.
struct ShownMails {
  /// Indices in ``TimelineIndex/messages``, ascending.
  private var mails: [Int] = []
  /// The same in another order; nil for that of time.
  private var arranged: [Int]?
  /// Where a filter is on: how many of its matches were looked at.
  private var seenMatches = 0
  /// Where none is on: mails before this one were looked at.
  private var seenMails: Int
  /// Joinings and partings of mails that were heeded.
  private var seenChains = 0
  /// The first mail that is shown.
  private let start: Int

  init(from start: Int = 0) {
    self.start = start
    seenMails = start
  }

  /// Lines: those that came since mails were put in another order have none before they are put so again.
  var count: Int { arranged?.count ?? mails.count }

  /// Index of the mail on that line; nil past the end.
  func mail(line: Int) -> Int? {
    let lines = arranged ?? mails
    return lines.indices.contains(line) ? lines[line] : nil
  }

  /// The line of a mail; in the order of time, where it is not shown, of the next older one that is.
  func line(of mail: Int) -> Int {
    guard let arranged else { return max(0, place(after: mail) - 1) }
    return arranged.firstIndex(of: mail) ?? 0
  }

  /// Goes on to the mail before `end`.
  mutating func extend(to end: Int, _ index: TimelineIndex) {
    if let first = index.firstChanged(sinceChains: seenChains), first < seenMails {
      seenMails = max(start, first)
      mails.removeLast(mails.count - mails.prefix { $0 < seenMails }.count)
    }
    seenChains = index.chainRevision
    guard seenMails < end else { return }
    mails += (seenMails..<end).filter { head(of: $0, index) == $0 }
    seenMails = end
  }

  /// Goes on to the end of what a filter has found.
  mutating func extend(matches: [UInt32], _ index: TimelineIndex) {
    if index.chainRevision != seenChains { (mails, seenMatches, seenChains) = ([], 0, index.chainRevision) }
    while seenMatches < matches.count {
      defer { seenMatches += 1 }
      guard let match = index.messageIndex(at: Int(matches[seenMatches])), match >= start else { continue }
      let mail = head(of: match, index)
      let place = place(after: mail)
      if place == 0 || mails[place - 1] != mail { mails.insert(mail, at: place) }
    }
  }

  /// The mail whose line is that of `mail`, too, where it passes several milters.
  private func head(of mail: Int, _ index: TimelineIndex) -> Int {
    let head = index.head(ofMessage: mail)
    return head < start ? mail : head
  }

  /// Whether they are in another order than that of time.
  var isArranged: Bool { arranged != nil }

  mutating func arrange(by order: MailOrder, _ trace: TraceView) {
    let ranked = mails.map { (rank: order.rank(of: trace.messages[$0], in: trace), mail: $0) }
    arranged = ranked.sorted { ($0.rank, $0.mail) < ($1.rank, $1.mail) }.map(\.mail)
  }

  /// How many of the mails shown are not newer than `mail`.
  private func place(after mail: Int) -> Int {
    // Mails end almost in the order in which they began.
    var place = mails.count
    while place > 0, mails[place - 1] > mail { place -= 1 }
    return place
  }
}
