import MilterProtocol

/// Outcomes of an earlier run, as a file of lines that people and `diff` can read.
///
///     # mitmilter send 1
///     spam/1.eml
///       rejected: 550 5.7.1 spam at BODYEOB
///     spam/2.eml
///       accepted: CONTINUE at BODYEOB
///       ADDHEADER X-Spam: no
package struct SentBaseline: Sendable {
  /// The first line of such a file.
  package static let mark = "# mitmilter send 1\n"

  private let bytes: [UInt8]
  /// Where the lines of each mail begin.
  private var places: [String: Int] = [:]
  private var seen: Set<String> = []

  /// nil where it is no such file.
  package init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Self.mark.utf8) else { return nil }
    self.bytes = bytes
    var place = Self.mark.utf8.count
    while place < bytes.count {
      let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
      if bytes[place] != 0x20, end > place {
        places[String(decoding: bytes[place..<end], as: UTF8.self)] = min(end + 1, bytes.count)
      }
      place = end + 1
    }
  }

  package static func text(_ outcome: SentOutcome) -> String {
    "\(outcome.mail)\n" + outcome.lines.map { "  \($0)\n" }.joined()
  }

  /// What came of that mail then; nil where it was none of them.
  package mutating func outcome(of mail: String) -> SentOutcome? {
    guard var place = places[mail] else { return nil }
    seen.insert(mail)
    var lines: [String] = []
    while place < bytes.count, bytes[place] == 0x20 {
      let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
      lines.append(String(decoding: bytes[min(place + 2, end)..<end], as: UTF8.self))
      place = end + 1
    }
    return SentOutcome(mail: mail, lines: lines)
  }

  /// Mails that nobody has asked for.
  package var unseen: Int { places.count - seen.count }
}
