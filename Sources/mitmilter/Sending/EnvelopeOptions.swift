import ArgumentParser
import MilterProtocol
import Sending

/// From whom to whom mails are sent.
struct EnvelopeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Sender, perhaps with arguments: 'a@example.org SIZE=100'; '' for the null sender. Default: as the mail says.",
      valueName: "address"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "Recipient, perhaps with arguments; can be given again. Default: as the mail says.",
      valueName: "address"))
  var to: [String] = []

  @Option(help: ArgumentHelp("Queue id; mails behind the first get a number added.", valueName: "id"))
  var queueID: String?

  /// The mail with an envelope.
  ///
  /// - Parameter number: of the mail in the run, from 1.
  func sent(_ mail: TakenMail, number: Int, by mta: MTAChoice) -> SentMail {
    let sender = from.map(Self.envelope) ?? Envelope(address: mail.probableSender ?? Array("<>".utf8))
    var recipients = to.map(Self.envelope)
    if to.isEmpty { recipients = mail.probableRecipients.map { Envelope(address: $0) } }
    if recipients.isEmpty { recipients = [Envelope(address: Array("<postmaster@example.net>".utf8))] }
    return SentMail(from: sender, to: recipients, queueID: queueID(number, mta), mail)
  }

  /// Options that were given, and that a scenario has lines for.
  var namesOfMails: [String] { (from == nil ? [] : ["--from"]) + (to.isEmpty ? [] : ["--to"]) }

  /// Of the shape that the MTA's own ids have.
  func queueID(_ number: Int, _ mta: MTAChoice) -> [UInt8] {
    if let queueID { return Array((number == 1 ? queueID : "\(queueID).\(number)").utf8) }
    let digits = String(number, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    return Array((mta == .sendmail ? "6AK00000\(padded)" : "5E4D0\(padded)").utf8)
  }

  private static func envelope(_ text: String) -> Envelope { Envelope(typed: Array(text.utf8)) }
}
