/// What became of a mail, a recipient or a client at Postfix.
extension LogText {
  private static func text(_ format: String, _ meaning: String, _ source: String) -> LogText {
    LogText(.postfix, format, .verdict, meaning, source)
  }

  static let postfixVerdicts: [LogText] = [
    text(
      "milter-reject: {stage} from {client}: message content rejected; {envelope}",
      "The milter closed the session at the end of a message (SHUTDOWN), which Postfix calls refused.",
      "cleanup_milter_apply in cleanup_milter.c"),
    text(
      "milter-reject: {stage} from {client}: {reply}; {envelope}", "{client} was refused at {stage}.",
      "check_milter_reply in smtpd.c, cleanup_milter_apply in cleanup_milter.c"),
    text(
      "milter-hold: {stage} from {client}: milter triggers HOLD action; {envelope}",
      "The mail of {client} lies in the hold queue.", "cleanup_milter_apply in cleanup_milter.c"),
    text(
      "milter-hold: {stage} from {client}: {reply}; {envelope}",
      "The mail of {client} lies in the hold queue.",
      "check_milter_reply in smtpd.c"),
    text(
      "milter-discard: {stage} from {client}: milter triggers DISCARD action; {envelope}",
      "The mail of {client} was thrown away without a word: the client got 250.",
      "check_milter_reply in smtpd.c, cleanup_milter_apply in cleanup_milter.c"),
    text(
      "milter-header-{action}: header {header} from {client}; {envelope}",
      "A header that a milter added was taken by milter_header_checks: {action}.",
      "cleanup_milter_hbc_log in cleanup_milter.c"),
    text(
      "reject: {stage} from {client}: 421 4.3.5 Server configuration error; {envelope}",
      "Postfix has a reply of its milter library that it does not know.", "check_milter_reply in smtpd.c"),
    text(
      "unexpected SMFIC_UNKNOWN response: {reply}",
      "The milter answered an unknown SMTP command in an odd way.",
      "milter_unknown_reply_override in smtpd.c (3.8 and later)"),
  ]
}
