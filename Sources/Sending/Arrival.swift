import MilterProtocol

/// When a mail came to the MTA, as headers tell it.
package struct Arrival: Sendable, Equatable {
  /// `Fri, 20 Nov 2026 16:53:24 +0000 (UTC)`.
  package var date: String
  /// `20261120165324`.
  package var stamp: String

  package init(date: String, stamp: String) { (self.date, self.stamp) = (date, stamp) }
}

extension SentMail {
  /// Adds what the mail lacks, as Postfix does for clients of its own machine (`local_header_rewrite_clients`): Message-Id, Date and
  /// From, at the end of the headers (seen with 3.7; From of the null sender *assumed*).
  package mutating func complete(by session: SendingSession, at arrival: Arrival) {
    guard session.mta == .postfix, session.isLocalClient else { return }
    let sender = sender.bareAddress
    let id = String(decoding: queueID, as: UTF8.self)
    let host = String(decoding: session.host, as: UTF8.self)
    add("Message-Id", bytes("<\(arrival.stamp).\(id)@\(host)>"))
    add("Date", bytes(arrival.date))
    add("From", sender.isEmpty ? bytes("MAILER-DAEMON") : Array(sender))
  }

  private mutating func add(_ name: String, _ value: [UInt8]) {
    guard mail.text(of: name) == nil else { return }
    mail.headers.append(TakenMail.Field(name: bytes(name), text: [0x20] + value))
  }
}

extension SendingSession {
  /// On the loopback interface.
  var isLocalClient: Bool {
    client.address.map { $0.text.hasPrefix("127.") || $0.text == "::1" } ?? false
  }
}
