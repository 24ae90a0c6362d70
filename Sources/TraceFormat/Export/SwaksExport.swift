import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let swaks = ExportFormat(
    "swaks", fileExtension: "sh",
    "a shell script that sends the mails through an MTA again, with swaks", options: .isRaw
  ) { SwaksExport($0) }
}

/// A POSIX shell script: a function a mail. Whatever comes from the wire stands in single quotes, or is base64.
struct SwaksExport: Exporter {
  private let input: ExportInput
  private let messages: [Int]
  private(set) var remarks: [String] = []

  init(_ input: ExportInput) {
    self.input = input
    messages = input.messages.filter { input.index.messages[$0].mailRow != nil }
  }

  var stepCount: Int { messages.count + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    guard number > 0 else {
      bytes +=
        """
        #!/bin/sh
        # Sends mails recorded by mitmilter through an MTA again: sh FILE [HOST:PORT]
        server=${1:-127.0.0.1:25}

        """.utf8
      return
    }
    append(messages[number - 1], to: &bytes)
  }

  private mutating func append(_ i: Int, to bytes: inout [UInt8]) {
    let entry = input.index.messages[i]
    let name = "c\(input.index.connections[entry.connection].number).\(entry.number)"
    let facts = input.index.finalFacts(ofMessage: i, from: input.source)
    guard let message = facts.message, message.number == entry.number, let sender = message.envelopeSender
    else {
      return
    }
    let content = input.index.content(ofMessage: i, from: input.source)
    if content.bodyIsCut { remarks.append("\(name): the body is longer than what is kept, and cut") }
    if let unseen = content.unseen { remarks.append("\(name): this is not all of the mail: \(unseen.words)") }
    if let words = content.fromMacros.words { remarks.append("\(name): \(words)") }
    let recipients = message.envelopeRecipients.map { bare($0.address.bytes) }
    if recipients.contains(where: { $0.contains(UInt8(ascii: ",")) }) {
      remarks.append("\(name): swaks splits addresses at commas")
    }
    if !sender.arguments.isEmpty || message.recipients.contains(where: { !$0.envelope.arguments.isEmpty }) {
      remarks.append("\(name): swaks cannot send the ESMTP arguments of MAIL and RCPT")
    }
    let isEmpty = content.headers.isEmpty && content.body.isEmpty
    bytes += "\n# message \(name)\n".utf8
    if let unseen = content.unseen { bytes += "# not all of it: \(unseen.words)\n".utf8 }
    if let words = content.fromMacros.words { bytes += "# \(words)\n".utf8 }
    bytes += "\(isEmpty ? "" : "base64 -d <<'END' | ")swaks --server \"$server\"".utf8
    if let helo = facts.helo { bytes.append(option: "helo", helo.bytes) }
    let from = bare(sender.address.bytes)
    bytes.append(option: "from", from.isEmpty ? Array("<>".utf8) : from)
    if !recipients.isEmpty { bytes.append(option: "to", Array(recipients.joined(separator: [0x2C]))) }
    bytes += (isEmpty ? " --quit-after=RCPT\n" : " --no-data-fixup --data -\n").utf8
    guard !isEmpty else { return }
    var mail: [UInt8] = []
    mail.append(mail: content)
    bytes.append(base64Lines: Self.stuffed(mail))
    bytes += "END\n".utf8
  }

  /// Without angle brackets; swaks puts its own.
  private func bare(_ address: [UInt8]) -> [UInt8] {
    guard address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">") else { return address }
    return Array(address.dropFirst().dropLast())
  }

  /// As DATA has it, but for the CRLF behind the last dot (RFC 5321, 4.5.2): swaks sends it as it is.
  private static func stuffed(_ mail: [UInt8]) -> [UInt8] {
    var stuffed: [UInt8] = []
    var isLineStart = true
    for byte in mail {
      if isLineStart, byte == UInt8(ascii: ".") { stuffed.append(byte) }
      stuffed.append(byte)
      isLineStart = byte == 0x0A
    }
    if !isLineStart { stuffed += [0x0D, 0x0A] }
    return stuffed + [UInt8(ascii: ".")]
  }
}

extension [UInt8] {
  /// ` --name='value'`: nothing in single quotes means anything to a shell but the quote itself, and swaks takes these
  /// values as they are.
  fileprivate mutating func append(option name: String, _ value: [UInt8]) {
    guard !value.isEmpty else { return }
    self += " --\(name)='".utf8
    for byte in value {
      // Line ends and other control bytes would be read by swaks or a terminal: none belongs in an envelope.
      if byte == UInt8(ascii: "'") {
        self += "'\\''".utf8
      } else {
        append(byte < 0x20 || byte == 0x7F ? UInt8(ascii: "?") : byte)
      }
    }
    append(UInt8(ascii: "'"))
  }

  fileprivate mutating func append(base64Lines bytes: [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: 57) {
      self += base64(Array(bytes[start..<Swift.min(start + 57, bytes.count)]))
      append(0x0A)
    }
  }
}
