/// What an MTA makes of the text of REPLYCODE (protocol.md 4.6).
///
/// Postfix looks at code, separator and class (`milter8_event` in milter8.c); Sendmail at code, percent signs and the
/// NUL (`MILTER_CHECK_REPLYCODE` in milter.c). What either refuses was seen with Postfix 3.7 and Sendmail 8.17.
package enum ReplyAcceptance: Equatable, Sendable {
  /// The client gets it; the text says what differs between versions, where something does.
  case taken(but: String?)
  /// Postfix: a configuration error. Sendmail: its own text, as with REJECT.
  case refused(because: String)

  package init(_ text: ArraySlice<UInt8>, _ ending: ReplyText.Ending, under rules: MeasuredMTA) {
    let first = Array(text.prefix(5))
    let isCode =
      first.count >= 3 && (first[0] == UInt8(ascii: "4") || first[0] == UInt8(ascii: "5"))
      && isDigit(first[1]) && isDigit(first[2])
    guard isCode else {
      self = .refused(because: text.isEmpty ? "there is none" : "it does not begin with 4xx or 5xx")
      return
    }
    switch rules {
    case .postfix: self = Self.byPostfix(text, first, ending)
    case .sendmail: self = Self.bySendmail(text, ending)
    }
  }

  private static func byPostfix(
    _ text: ArraySlice<UInt8>, _ first: [UInt8], _ ending: ReplyText.Ending
  ) -> ReplyAcceptance {
    guard first.count > 3, first[3] == UInt8(ascii: " ") || first[3] == UInt8(ascii: "-") else {
      return .refused(because: "no blank or hyphen follows the code")
    }
    if first.count > 4, isDigit(first[4]), first[4] != first[0] {
      return .refused(because: "code and enhanced status code are of two classes")
    }
    switch ending {
    case .missing: return .taken(but: "without the NUL, 3.7 sends stale bytes of its memory behind it")
    case .more: return .taken(but: "from 3.12 on it is refused, for the bytes behind its NUL")
    case .nul: break
    }
    let remarks = ReplyText(Array(text)).remarks(at: nil).map(\.rule)
    let trouble = ReplyOnTheWire(text, under: .postfix).trouble
    if remarks.contains(.replyLines) || remarks.contains(.replyLineEnds) {
      return .taken(but: (trouble.map { $0 + "; " } ?? "") + "from 3.12 on it is refused, for its lines")
    }
    return .taken(but: trouble ?? (hasSinglePercent(text) ? "the single percent sign is left out" : nil))
  }

  private static func bySendmail(_ text: ArraySlice<UInt8>, _ ending: ReplyText.Ending) -> ReplyAcceptance {
    switch ending {
    case .missing: return .refused(because: "its NUL is missing")
    case .more: return .refused(because: "there are bytes behind its NUL")
    case .nul: break
    }
    if hasSinglePercent(text) { return .refused(because: "it has a single percent sign") }
    if let trouble = ReplyOnTheWire(text, under: .sendmail).trouble { return .taken(but: trouble) }
    if text.count == 3 {
      return .taken(but: "no text follows the code: the client gets none, or bytes of Sendmail's memory")
    }
    return .taken(but: text.contains { $0 > 0x7F } ? "bytes beyond ASCII lose their highest bit" : nil)
  }

  private static func hasSinglePercent(_ text: ArraySlice<UInt8>) -> Bool {
    var isOpen = false
    for byte in text {
      if byte == UInt8(ascii: "%") { isOpen.toggle() } else if isOpen { return true }
    }
    return isOpen
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
