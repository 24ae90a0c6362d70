/// What became of a mail, a recipient or a client at Sendmail.
extension LogText {
  private static func text(_ format: String, _ meaning: String, _ source: String) -> LogText {
    LogText(.sendmail, format, .verdict, meaning, source)
  }

  static let sendmailVerdicts: [LogText] = [
    text(
      "milter={name}, action={stage}, reject={reply}",
      "The milter {name} answered {stage} with a reply of its own.",
      "milter_send_command in milter.c"),
    text(
      "milter={name}, action={stage}, reject", "The milter {name} rejected at {stage}.",
      "milter_send_command in milter.c"),
    text(
      "milter={name}, action={stage}, tempfail", "The milter {name} answered {stage} with TEMPFAIL.",
      "milter_send_command in milter.c"),
    text(
      "milter={name}, action={stage}, discard", "The milter {name} threw the mail away at {stage}.",
      "milter_send_command in milter.c"),
    text(
      "milter={name}, action={stage}, accepted",
      "The milter {name} accepted at {stage}, and sees no more of it.",
      "milter_send_command in milter.c"),
    text(
      "milter={name}, reject={reply}",
      "At the end of the message the milter {name} answered with a reply of its own.",
      "milter_data in milter.c"),
    text(
      "milter={name}, reject", "At the end of the message the milter {name} rejected it.",
      "milter_data in milter.c"),
    text(
      "milter={name}, discard", "At the end of the message the milter {name} threw it away.",
      "milter_data in milter.c"),
    text(
      "milter={name}, tempfail", "At the end of the message the milter {name} answered with TEMPFAIL.",
      "milter_data in milter.c"
    ),
    text(
      "milter={name}, quarantine={reason}", "The milter {name} put the mail into quarantine (mailq -qQ).",
      "milter_data in milter.c"),
    text(
      "Milter: initialization failed, temp failing commands",
      "F=T: a milter failed as the client came; it gets 451.", "srvrsmtp.c"),
    text(
      "Milter: initialization failed, rejecting commands",
      "F=R: a milter failed as the client came; it is refused.", "srvrsmtp.c"),
    text(
      "Milter: initialization failed, closing connection",
      "F=4: a milter failed as the client came; the connection is closed.",
      "srvrsmtp.c"),
    text(
      "Milter: connect: host={host}, addr={client}, rejecting commands",
      "The client {client} is refused from its connection on.",
      "srvrsmtp.c"),
    text(
      "Milter: connect: host={host}, addr={client}, temp failing commands",
      "The client {client} is put off from its connection on.", "srvrsmtp.c"),
    text(
      "Milter: connect: host={host}, addr={client}, shutdown",
      "The client {client} was dropped as it connected.", "srvrsmtp.c"),
    text(
      "Milter: connect, ending", "A milter has decided about the client as it connected.",
      "milter_connect in milter.c"),
    text("Milter: helo={name}, reject={reply}", "HELO {name} was refused.", "srvrsmtp.c"),
    text(
      "Milter: from={sender}, reject={reply}", "The sender {sender} was refused.",
      "MILTER_REPLY in srvrsmtp.c"),
    text(
      "Milter: from={sender}, discard", "The mail of {sender} was thrown away.", "MILTER_REPLY in srvrsmtp.c"),
    text(
      "Milter: to={recipient}, reject={reply}", "The recipient {recipient} was refused.",
      "MILTER_REPLY in srvrsmtp.c"),
    text(
      "Milter: to={recipient}, discard", "The mail was thrown away at the recipient {recipient}.",
      "MILTER_REPLY in srvrsmtp.c"),
    text(
      "Milter: unknown={command}, reject={reply}",
      "An unknown SMTP command was refused; an address in the line is a left-over.",
      "MILTER_REPLY in srvrsmtp.c"),
    text(
      "Milter: unknown={command}, discard",
      "At an unknown SMTP command a milter said DISCARD: the next mail is thrown away.",
      "MILTER_REPLY in srvrsmtp.c"),
    text("Milter: cmd=data, reject={reply}", "DATA was refused.", "srvrsmtp.c"),
    text("Milter: cmd=data, discard", "The mail was thrown away at DATA.", "srvrsmtp.c"),
    text(
      "Milter: data, reject={reply}", "The message was refused at its headers, body or end.", "srvrsmtp.c"),
    text("Milter: data, discard", "The message was thrown away.", "srvrsmtp.c"),
    text(
      "Milter: reject, no sender", "The sender was refused: MAIL has no address.",
      "milter_envfrom in milter.c"),
    text(
      "Milter: reject, no rcpt", "The recipient was refused: RCPT has no address.",
      "milter_envrcpt in milter.c"),
    text("Milter: reject, sender", "A milter rejected the sender.", "milter_envfrom in milter.c"),
    text("Milter: reject, data", "A milter rejected at DATA.", "milter_data_cmd in milter.c"),
    text("stat=quarantined", "The mail lies in the quarantine queue (mailq -qQ).", "deliver.c, queue.c"),
    text("quarantine={reason}", "The mail lies in the quarantine queue (mailq -qQ).", "deliver.c, queue.c"),
  ]
}
