import MilterProtocol

/// A mail with its envelope, as an MTA passes it on to a milter.
package struct SentMail: Sendable {
  package var sender: Envelope
  package var recipients: [Envelope]
  package var queueID: [UInt8]
  package var mail: TakenMail

  package init(from sender: Envelope, to recipients: [Envelope], queueID: [UInt8], _ mail: TakenMail) {
    (self.sender, self.recipients, self.queueID, self.mail) = (sender, recipients, queueID, mail)
  }

  /// Value of macro `{msg_id}`; nil where the mail has none.
  var messageID: [UInt8]? { mail.text(of: "Message-Id").map { Array(trimmedBlanks($0[...])) } }
}

extension Envelope {
  /// An address, perhaps in angle brackets, and arguments behind it, with blanks between; nothing is the null sender.
  package init(typed text: [UInt8]) {
    var words: [[UInt8]] = [[]]
    var isQuoted = false
    var isEscaped = false
    for byte in text {
      if byte == 0x20, !isQuoted {
        words.append([])
        continue
      }
      if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
      isEscaped = byte == UInt8(ascii: "\\") && isQuoted && !isEscaped
      words[words.count - 1].append(byte)
    }
    words.removeAll(where: \.isEmpty)
    let typed = words.first ?? []
    let isBracketed = typed.first == UInt8(ascii: "<")
    self.init(
      address: isBracketed ? typed : [UInt8(ascii: "<")] + typed + [UInt8(ascii: ">")],
      arguments: Array(words.dropFirst()))
  }

  /// The address without angle brackets, and without a route in front of it (`<@a,@b:c@d>`).
  var bareAddress: ArraySlice<UInt8> {
    guard address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">") else { return address[...] }
    let bare = address.dropFirst().dropLast()
    guard bare.first == UInt8(ascii: "@"), let colon = bare.firstIndex(of: UInt8(ascii: ":")) else {
      return bare
    }
    return bare[(colon + 1)...]
  }

  /// What stands behind the last `@`; empty where there is none.
  var domain: ArraySlice<UInt8> {
    let bare = bareAddress
    return bare.lastIndex(of: UInt8(ascii: "@")).map { bare[($0 + 1)...] } ?? []
  }
}
