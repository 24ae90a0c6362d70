import Timeline
import TraceModel

/// The mails that Messages shows: all, or those of which the filter takes a packet; the newest last, unless they are put in
/// another order.
struct ShownMails {
  /// Indices in ``TimelineIndex/messages``, ascending.
  private var mails: [Int] = []
  /// The same in another order; nil for that of time.
  private var arranged: [Int]?
  /// Where a filter is on: how many of its matches were looked at.
  private var seenMatches = 0
  /// The first mail that is shown.
  private let start: Int

  init(from start: Int = 0) { self.start = start }

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
  mutating func extend(to end: Int) {
    guard start + mails.count < end else { return }
    mails.append(contentsOf: start + mails.count..<end)
  }

  /// Goes on to the end of what a filter has found.
  mutating func extend(matches: [UInt32], _ index: TimelineIndex) {
    while seenMatches < matches.count {
      defer { seenMatches += 1 }
      guard let mail = index.messageIndex(at: Int(matches[seenMatches])), mail >= start else { continue }
      let place = place(after: mail)
      if place == 0 || mails[place - 1] != mail { mails.insert(mail, at: place) }
    }
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
