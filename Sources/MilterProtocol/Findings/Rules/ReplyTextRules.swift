extension FindingRule {
  package static let replyCodeInvalid = FindingRule(
    "T01", .error, "a reply code that is not 4xx or 5xx",
    .byMTA(
      postfix: "answers 451 4.3.5 and gives the milter up",
      sendmail: "uses its default text"),
    cure: "begin the text with three digits, 4yz or 5yz",
    source: "MILTER_CHECK_REPLYCODE in milter.c; seen with both")
  package static let replySeparator = FindingRule(
    "T02", .error, "a reply code without a blank or hyphen after it",
    .byMTA(
      postfix: "answers 451 4.3.5 and gives the milter up",
      sendmail: "takes it, and sends no text or stray bytes behind a bare code"),
    cure: "put a blank behind the three digits, a hyphen in all lines but the last",
    source: "milter8_event in milter8.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let replyClass = FindingRule(
    "T03", .error, "an enhanced status code of another class",
    .byMTA(
      postfix: "answers 451 4.3.5 and gives the milter up",
      sendmail: "accepts it"),
    cure: "let both codes begin with the same digit: 550 5.7.1, 451 4.7.1",
    source: "milter8_event in milter8.c; seen with both")
  package static let replyPercent = FindingRule(
    "T04", .error, "a single percent sign",
    .byMTA(
      postfix: "removes it",
      sendmail: "uses its default text"),
    cure: "write %% for each percent sign (libmilter's smfi_setreply takes it so, too)",
    source: "smfi_setreply in smfi.c; seen with both")
  package static let replyNUL = FindingRule(
    "T05", .error, "a reply text without exactly one NUL at its end",
    .byMTA(
      postfix: "sends stale bytes to the client where the NUL is missing, and refuses it from 3.12 on",
      sendmail: "uses its default text"),
    cure: "end the text with one NUL byte, and have none in it",
    source: "MILTER_CHECK_REPLYCODE in milter.c; seen with Postfix 3.7")
  package static let replyLines = FindingRule(
    "T06", .warning, "lines of a reply that do not belong together",
    .byMTA(
      "the client waits for a line that does not come, or takes the rest for the replies to later commands",
      postfix: "refuses it from 3.12 on",
      sendmail: "hands it on"),
    cure: "begin each line with the same code, with a hyphen in all but the last",
    source: "milter8_valid_smtp_reply in milter8.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let replyLineEnds = FindingRule(
    "T07", .warning, "lines of a reply not separated by CRLF",
    .byMTA(
      "behind a final line end the client gets an empty line and is out of step",
      postfix: "refuses it from 3.12 on",
      sendmail: "hands it on"),
    cure: "separate lines with CR LF, and put none behind the last",
    source: "milter8_valid_smtp_reply in milter8.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let replyTooLongForSMTP = FindingRule(
    "T08", .warning, "a reply too long for SMTP",
    "clients may cut or refuse lines of more than 512 bytes; libmilter refuses more than 980, or 32 lines",
    cure: "keep lines under 512 bytes, and to 32 of them",
    source: "RFC 5321 section 4.5.3.1.5, smfi_setmlreply in smfi.c")
  package static let replyBytes = FindingRule(
    "T09", .warning, "control or 8-bit characters in a reply",
    .byMTA(
      postfix: "sends them as they are",
      sendmail: "sends them without their highest bit"),
    cure: "use printable ASCII in reply texts",
    source: "RFC 5321 section 4.2; seen with Postfix 3.7 and Sendmail 8.17")
  package static let reply421 = FindingRule(
    "T10", .note, "421: the client will be disconnected",
    .each("closes the SMTP session after it"),
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let replyAtConnect = FindingRule(
    "T11", .note, "a reply text at CONNECT",
    .byMTA(
      postfix: "shows it with later commands, not in the banner",
      sendmail: "ignores the text"),
    source: "milter_connect in milter.c; seen with both")

  static let replyText = [
    replyCodeInvalid, replySeparator, replyClass, replyPercent, replyNUL, replyLines, replyLineEnds,
    replyTooLongForSMTP, replyBytes, reply421, replyAtConnect,
  ]
}
