/// What cleanup says as it carries a milter's changes out (`cleanup_milter.c`).
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String) -> LogText {
    LogText(.postfix, format, advice, meaning, "cleanup_milter.c")
  }

  static let postfixCleanup: [LogText] = [
    text(
      "the milter_header/body_checks prepend action is not implemented", .headerChecks,
      "PREPEND does not work in milter_header_checks."),
    text(
      "bad BCC address \"{address}\" in {map} map -- need user@domain", .headerChecks,
      "BCC in milter_header_checks needs a whole address."),
    text(
      "bad DSN action in {map} -- need 4.x.x or 5.x.x", .headerChecks,
      "REJECT in milter_header_checks has a status that is none; it becomes 4.x.x."),
    text(
      "missing FILTER command argument in {map} map", .headerChecks,
      "FILTER in milter_header_checks names no transport."),
    text(
      "bad FILTER command {command} in {map} -- need transport:destination", .headerChecks,
      "FILTER in milter_header_checks lacks a colon."),
    text(
      "bad REDIRECT target \"{address}\" in {map} map -- need user@domain", .headerChecks,
      "REDIRECT in milter_header_checks needs a whole address."),
    text(
      "{map} map lookup problem -- message not accepted, try again later", .headerChecks,
      "The table {map} (milter_header_checks) cannot be read; the client gets 451 4.3.0."),
    text(
      "queue file size limit exceeded", .queueFile,
      "With what the milter added, the mail is longer than message_size_limit; the client gets 552."),
    text(
      "write queue file: {error}", .queueFile, "A change of the milter could not be written into the queue."),
    text(
      "cleanup_{call}: seek file {file}: {error}", .queueFile,
      "A change of the milter could not be written into the queue."),
    text(
      "cleanup_{call}: read file {file}: {error}", .queueFile,
      "A change of the milter could not be written into the queue."),
    text(
      "cleanup_{call}: vstream_ftell file {file}: {error}", .queueFile,
      "A change of the milter could not be written into the queue."),
    text(
      "Ignoring bad ESMTP parameter \"{parameter}\" in SMFI_CHGFROM request", .envelopeArguments,
      "The milter gives a new sender with {parameter}; Postfix takes RET= and ENVID= alone."),
    text(
      "Milter request to add multi-sender: \"{address}\"", .envelopeArguments,
      "The milter gives several senders; Postfix takes the first."),
    text(
      "Bad NOTIFY parameter from Milter or header/body_checks: \"{parameter}\"", .envelopeArguments,
      "The milter adds a recipient with a NOTIFY= that is none."),
    text(
      "Bad ORCPT parameter from Milter or header/body_checks: \"{parameter}\"", .envelopeArguments,
      "The milter adds a recipient with an ORCPT= that is none."),
    text(
      "ignoring ESMTP argument from Milter or header/body_checks: \"{parameter}\"", .envelopeArguments,
      "The milter adds a recipient with a parameter other than NOTIFY= and ORCPT=."),
    text(
      "Milter or header/body_checks request to add multi-recipient: \"{address}\"", .envelopeArguments,
      "The milter adds several recipients in one; Postfix takes the first."),
    text(
      "ignoring attempt from Milter to add null recipient", .envelopeArguments,
      "The milter adds a recipient without an address."
    ),
    text(
      "Milter request to drop multi-recipient: \"{address}\"", .envelopeArguments,
      "The milter removes several recipients in one; Postfix takes the first."),
    text(
      "milter configuration error: can't reject recipient in non-smtpd(8) submission", .localSubmission,
      "A milter refused a recipient of local mail, which nobody can be told; the mail stays in maildrop."),
    text(
      "message not accepted, try again later", .consequence,
      "The mail stays where it was and is tried again every minute."),
  ]
}
