import MilterProtocol
import Sending

/// What the MTA of a trial does next.
package enum TrialStep: Sendable {
  case negotiate(OptNeg)
  /// As an MTA says it: behind its macros, unless the milter wants none of it; its answer is waited for.
  case say(Command)
  /// Without macros.
  case bare(Command)
  /// In single bytes, each a segment of its own.
  case trickle(Command)
  /// One behind the other, and only then the answers are waited for.
  case run([Command])
  /// The fault: a packet, whatever the milter wants. No answer is waited for.
  case odd(Packet)
  /// The fault: bytes that make no packet.
  case oddBytes([UInt8])
  /// The milter gets time to say what it makes of the fault.
  case listen
  /// The connection stays open, so that another mail can be sent meanwhile.
  case hold
  case hangUp
  case reset
}

/// What the mail of a trial is made of.
package struct TrialMail: Sendable {
  package var session: SendingSession
  package var mail: SentMail

  package init(_ session: SendingSession, _ mail: SentMail) {
    self.session = session
    self.mail = mail
  }
}

extension TrialMail {
  /// A mail of nobody, for a milter that is not to be shown a real one.
  package static let builtIn = bytes(
    """
    From: mitmilter <sender@example.org>
    To: postmaster@example.net
    Subject: a mail of mitmilter's checklist
    Date: Tue, 01 Jan 2030 00:00:00 +0000
    Message-ID: <checklist@example.org>
    X-Mailer: mitmilter
    MIME-Version: 1.0
    Content-Type: text/plain; charset=us-ascii

    Nobody receives this.
    It asks what this milter makes of it.

    """)
}

/// The pieces of a mail as an MTA says them.
extension TrialMail {
  var negotiation: [TrialStep] { [.negotiate(session.offer)] }
  var greeting: [TrialStep] { negotiation + client }
  var client: [TrialStep] { [connect, helo] }
  var connect: TrialStep { .say(.connect(session.connect)) }
  var helo: TrialStep { .say(.helo(name: session.helo ?? session.host)) }
  var sender: TrialStep { .say(.mail(mail.sender)) }
  var recipient: TrialStep { .say(.rcpt(mail.recipients[0])) }
  var envelope: [TrialStep] { [sender] + mail.recipients.map { .say(.rcpt($0)) } + [.say(.data)] }
  var headers: [TrialStep] { fields.map { .say(.header($0)) } }
  var content: [TrialStep] { headers + [.say(.eoh)] + chunks(mail.mail.body) }
  var end: TrialStep { .say(.bodyEOB([])) }
  var wholeMail: [TrialStep] { envelope + content + [end] }
  var abort: TrialStep { .say(.abort) }
  var quit: TrialStep { .say(.quit) }

  /// Without the blank behind the colon.
  var fields: [Header] {
    mail.mail.headers.map { field in
      Header(name: field.name, value: field.text.first == 0x20 ? Array(field.text.dropFirst()) : field.text)
    }
  }

  func chunks(_ body: [UInt8]) -> [TrialStep] {
    stride(from: 0, to: body.count, by: Limits.chunkBytes).map { start in
      .say(.body(Array(body[start..<min(start + Limits.chunkBytes, body.count)])))
    }
  }

  func wholeMail(from sender: Envelope) -> [TrialStep] { [.say(.mail(sender))] + wholeMail.dropFirst() }

  func wholeMail(headers: [Header], body: [UInt8]) -> [TrialStep] {
    envelope + headers.map { .say(.header($0)) } + [.say(.eoh)] + chunks(body) + [end]
  }

  func greeting(as connect: Connect) -> [TrialStep] { negotiation + [.say(.connect(connect)), helo] }

  func greeting(offering offer: OptNeg) -> [TrialStep] { [.negotiate(offer)] + client }
}
