import MilterProtocol

/// How Sendmail writes a header (`putheader`, `put_vanilla_header` and `commaize` in headers.c; seen with Sendmail 8.17.1.9).
///
/// Lists of addresses it takes apart and writes anew, a comma and a blank between two, folded at 78 columns. All else
/// leaves line by line, at most 2,303 bytes of each: what is longer loses a byte and goes on in the next line, and is cut off
/// in the last. MIME's headers it shortens and closes (``SendmailMIMEHeaders``).
enum SendmailWriting {
  /// Names whose values are addresses (`H_FROM` and `H_RCPT` in conf.c).
  private static let ofAddresses = [
    "From", "Sender", "Reply-To", "Errors-To", "Resent-From", "Resent-Sender", "Disposition-Notification-To",
    "To", "Cc",
    "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "Apparently-To",
  ]
  /// Names that it never gives to another host (`H_ACHECK` in conf.c).
  private static let neverWritten = ["Return-Path", "Full-Name", "Content-Length"]
  /// Names whose recipients everybody may see (`H_RCPT` without `H_BCC`).
  private static let ofRecipients = ["To", "Cc", "Resent-To", "Resent-Cc", "Apparently-To"]
  private static let blind = ["Bcc", "Resent-Bcc"]

  static func isNeverWritten(_ name: [UInt8]) -> Bool { isOne(of: neverWritten, name) }

  static func isOfRecipients(_ name: [UInt8]) -> Bool { isOne(of: ofRecipients, name) }
  static func isBlind(_ name: [UInt8]) -> Bool { isOne(of: blind, name) }
  static func isOfAddresses(_ name: [UInt8]) -> Bool { isOne(of: ofAddresses, name) }

  private static func isOne(of names: [String], _ name: [UInt8]) -> Bool {
    names.contains { sameHeaderName($0.utf8, name) }
  }

  /// - Parameters:
  ///   - name: of the header.
  ///   - text: all behind the colon.
  ///   - endAtBlanks: addresses do where the mail has none in angle brackets and none behind a comma
  ///     (`OldStyleHeaders`).
  static func written(_ name: [UInt8], _ text: [UInt8], endAtBlanks: Bool) -> Written {
    if isBlind(name) { return Written(text: [], isCertain: true) }
    guard isOne(of: ofAddresses, name) else {
      return Written(text: cut(name, SendmailMIMEHeaders.closed(name, text)), isCertain: true)
    }
    let mayBePhrase = !endAtBlanks || !isOfRecipients(name)
    guard let list = addresses(name, text, mayBePhrase: mayBePhrase) else {
      return Written(text: cut(name, text), isCertain: false)
    }
    return Written(text: list, isCertain: true)
  }

  struct Written {
    var text: [UInt8]
    /// Otherwise it holds addresses that Sendmail reads and completes in its own way.
    var isCertain: Bool
  }

  // MARK: lines

  private static let lineBytes = 2303

  private static func cut(_ name: [UInt8], _ text: [UInt8]) -> [UInt8] {
    var lines: [[UInt8]] = []
    let pieces = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, piece) in pieces.enumerated() {
      var line = Array(piece)
      var room = number == 0 ? lineBytes - min(name.count, 200) - 1 : lineBytes
      while line.count > room {
        lines.append(Array(line.prefix(room)))
        guard number < pieces.count - 1 else { return joined(lines) }
        line.removeFirst(room + 1)
        if !(line.first.map(isBlank) ?? false) { line.insert(UInt8(ascii: " "), at: 0) }
        room = lineBytes
      }
      lines.append(line)
    }
    return joined(lines)
  }

  private static func joined(_ lines: [[UInt8]]) -> [UInt8] {
    Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  // MARK: addresses

  private static let columns = 78

  /// Nil where there is an address that it would complete or that is more than words and one in angle brackets.
  private static func addresses(_ name: [UInt8], _ text: [UInt8], mayBePhrase: Bool) -> [UInt8]? {
    let lead = text.prefix { $0 == UInt8(ascii: " ") }
    var list = Array(lead)
    var column = min(name.count + 1, 201) + lead.count
    var isFirst = true
    for part in text.split(separator: UInt8(ascii: ",")) {
      let item = trimmed(part)
      if item.isEmpty { continue }
      guard isPlain(item), mayBePhrase || !item.contains(where: isBlank) else { return nil }
      column += item.count + (isFirst ? 0 : 2)
      if isFirst {
        list += item
      } else if column > columns {
        list += ",\n        ".utf8 + item
        column = 8 + item.count
      } else {
        list += ", ".utf8 + item
      }
      isFirst = false
    }
    return isFirst ? nil : list
  }

  private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    var part = part
    while let first = part.first, isSpace(first) { part.removeFirst() }
    while let last = part.last, isSpace(last) { part.removeLast() }
    return part
  }

  /// `a@example.org`, `<a@example.org>` or `Some Words <a@example.org>`.
  private static func isPlain(_ item: ArraySlice<UInt8>) -> Bool {
    guard let at = item.firstIndex(of: UInt8(ascii: "@")), at != item.startIndex, at != item.endIndex - 1
    else {
      return false
    }
    let words = item.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard let address = words.last, address.contains(UInt8(ascii: "@")),
      words.dropLast().allSatisfy({ !$0.isEmpty && $0.allSatisfy(isWord) })
    else { return false }
    let isBracketed = address.first == UInt8(ascii: "<") && address.last == UInt8(ascii: ">")
    let bare = isBracketed ? address.dropFirst().dropLast() : address
    return (isBracketed || words.count == 1) && bare.filter { $0 == UInt8(ascii: "@") }.count == 1
      && bare.allSatisfy { isWord($0) || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: ".") }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased(byte))
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_+='".utf8.contains(byte)
  }
}
