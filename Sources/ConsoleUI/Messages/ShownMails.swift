import Timeline
import TraceModel

/// The mails that Messages shows, the newest first: all, or those of which the filter takes a packet.
struct ShownMails {
  /// Indices in ``TimelineIndex/messages``, ascending.
  private var mails: [Int] = []
  /// Where a filter is on: how many of its matches were looked at.
  private var seenMatches = 0

  var count: Int { mails.count }

  /// Index of the mail on that line; nil past the end.
  func mail(line: Int) -> Int? {
    let place = mails.count - 1 - line
    return mails.indices.contains(place) ? mails[place] : nil
  }

  /// The line of a mail, or of the next older one that is shown.
  func line(of mail: Int) -> Int { mails.count - place(after: mail) }

  /// Goes on to the mail before `end`.
  mutating func extend(to end: Int) {
    mails.append(contentsOf: mails.count..<max(mails.count, end))
  }

  /// Goes on to the end of what a filter has found.
  mutating func extend(matches: [UInt32], _ index: TimelineIndex) {
    while seenMatches < matches.count {
      defer { seenMatches += 1 }
      guard let mail = index.messageIndex(at: Int(matches[seenMatches])) else { continue }
      let place = place(after: mail)
      if place == 0 || mails[place - 1] != mail { mails.insert(mail, at: place) }
    }
  }

  /// How many of the mails shown are not newer than `mail`.
  private func place(after mail: Int) -> Int {
    // Mails end almost in the order in which they began.
    var place = mails.count
    while place > 0, mails[place - 1] > mail { place -= 1 }
    return place
  }
}
