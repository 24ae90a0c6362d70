import Dialogue
import MilterProtocol

/// A string by which a mail is known again: an address, its Subject, the value of another header.
struct MailSign: Sendable {
  let bytes: ArraySlice<UInt8>
  /// What it was in: `MAIL`, `Subject`.
  let source: Sentence
  let isAddress: Bool

  /// Whether a value of the milter's holds it: by itself, or between what is no letter or digit. A short one has to be all of the value.
  func isIn(_ value: ArraySlice<UInt8>) -> Bool {
    if !isAddress, bytes.count < Self.unmistakable { return trimmedBlanks(value).elementsEqual(bytes) }
    return occurs(in: value, asWord: true)
  }

  /// Whether it stands there at all.
  func occurs(in text: ArraySlice<UInt8>) -> Bool { occurs(in: text, asWord: false) }

  /// Shorter ones stand in other texts by chance.
  private static let unmistakable = 8

  private func occurs(in text: ArraySlice<UInt8>, asWord: Bool) -> Bool {
    guard let first = bytes.first.map(lowercased), text.count >= bytes.count else { return false }
    for start in text.startIndex...(text.endIndex - bytes.count) where lowercased(text[start]) == first {
      let end = start + bytes.count
      guard sameHeaderName(text[start..<end], bytes) else { continue }
      if !asWord { return true }
      if start > text.startIndex, isPartOfWord(text[start - 1]) { continue }
      if end < text.endIndex, isPartOfWord(text[end]), !isStop(at: end, in: text) { continue }
      return true
    }
    return false
  }

  private func isPartOfWord(_ byte: UInt8) -> Bool {
    byte.isLetterOrDigit || isAddress && "._+-%=@".utf8.contains(byte)
  }

  /// A full stop that ends a sentence rather than going on as a domain.
  private func isStop(at place: Int, in text: ArraySlice<UInt8>) -> Bool {
    text[place] == UInt8(ascii: ".") && (place + 1 == text.endIndex || isBlankOrLineEnd(text[place + 1]))
  }
}

/// The signs of a mail in one of its packets.
struct Signs: Sequence, IteratorProtocol {
  private var found: [MailSign] = []

  init(of kept: MailInHand.Kept) {
    let packet = kept.packet
    let kind = packet.kind.name
    switch kept.shape {
    case .mail(let address, _), .rcpt(let address, _): addAddresses(packet.bytes[address], "\(kind)")
    case .macro(let letter, _):
      // Where the milter declined MAIL or RCPT, the macros are all that it has.
      guard letter == CommandKind.mail.rawValue || letter == CommandKind.rcpt.rawValue else { return }
      for (name, value) in MacroPairs(of: packet) {
        addAddresses(packet.bytes[value], "\(wire: packet.bytes[name])")
      }
    case .header(let name, let value): add(header: packet.bytes[name], trimmedBlanks(packet.bytes[value]))
    default: return
    }
  }

  mutating func next() -> MailSign? { found.popLast() }

  private mutating func add(header name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
    let lowered = String(decoding: name.map(lowercased), as: UTF8.self)
    guard !Self.common.contains(lowered), !Self.commonPrefixes.contains(where: lowered.hasPrefix) else {
      return
    }
    addAddresses(value, "\(wire: name)")
    let least = lowered == "subject" ? 4 : 8
    if value.count >= least, !Self.addresses.contains(lowered) {
      found.append(MailSign(bytes: value, source: "\(wire: name)", isAddress: false))
    }
  }

  private mutating func addAddresses(_ text: ArraySlice<UInt8>, _ source: Sentence) {
    for at in text.indices where text[at] == UInt8(ascii: "@") && found.count < Self.limit {
      let local = text[..<at].reversed().prefix { $0.isOfAddress }
      let domain = text[(at + 1)...].prefix {
        $0.isLetterOrDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
      }
      guard !local.isEmpty, !domain.isEmpty else { continue }
      let words = String(decoding: local.reversed().map(lowercased), as: UTF8.self)
      guard !Self.roles.contains(words) else { continue }
      found.append(
        MailSign(bytes: text[(at - local.count)..<domain.endIndex], source: source, isAddress: true))
    }
  }

  /// Of one packet.
  private static let limit = 8

  /// Headers whose values are addresses: those are looked for one by one.
  private static let addresses: Set<String> = [
    "from", "to", "cc", "bcc", "sender", "reply-to", "return-path", "delivered-to", "resent-from",
    "resent-to",
  ]
  /// Headers whose values many mails share, or that a milter has of itself.
  private static let common: Set<String> = [
    "mime-version", "received", "received-spf", "authentication-results", "dkim-signature", "precedence",
    "auto-submitted", "importance", "priority", "user-agent", "x-mailer", "x-priority", "organization",
  ]
  private static let commonPrefixes = ["content-", "arc-", "x-spam", "x-virus", "list-"]
  /// Local parts of which each site has one.
  private static let roles: Set<String> = ["postmaster", "abuse", "mailer-daemon", "root", "hostmaster"]
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
      true
    default: false
    }
  }

  fileprivate var isOfAddress: Bool { isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(self) }
}
