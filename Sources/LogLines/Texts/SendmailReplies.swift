/// What Sendmail says of a milter's replies (`milter.c`).
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String, _ source: String) -> LogText
  {
    LogText(.sendmail, format, advice, meaning, "\(source) in milter.c")
  }

  static let sendmailReplies: [LogText] = [
    text(
      "milter_send_command({milter}): action={stage} returned bogus response {code}", .finding("R04"),
      "The milter answered {stage} with {code}, which does not belong there (PROGRESS, a modification, a code that is none); Sendmail gives it up.",
      "milter_send_command"),
    text(
      "milter_data({milter}): returned bogus response {code}", .finding("F05"),
      "At the end of the message the milter sent {code}, which Sendmail does not know.", "milter_data"),
    text(
      "milter_data({milter}): EOM ACK/NAK timeout", .finding("W02"),
      "The verdict did not come within E: of T= after the end of the message, though the milter said that it was at work.",
      "milter_data"),
    text(
      "milter_data({milter}): lied about replacing body, rejecting request and tempfailing message",
      .finding("R07"),
      "The milter sent a new body without having asked for that right; the message gets 451.", "milter_data"),
    text(
      "milter_data({milter}): lied about {what}, honoring request anyway", .finding("R07"),
      "The milter makes a change ({what}) that it had not asked for; Sendmail makes it all the same.",
      "milter_data"),
    text(
      "milter_data({milter}) lied about {what}, honoring request anyway", .finding("R07"),
      "The milter makes a change ({what}) that it had not asked for; Sendmail makes it all the same.",
      "milter_data"),
    text(
      "Milter ({milter}): negotiate: returned {code} instead of {own}", .length,
      "What answered the first packet does not speak milter: its fifth byte is {code}, not {own}.",
      "milter_negotiate"),
    text(
      "Milter ({milter}): negotiate: did not return valid info", .finding("N02"),
      "The milter's answer to the first packet has no version.", "milter_negotiate"),
    text(
      "Milter ({milter}): negotiate: did not return enough info", .finding("N02"),
      "The milter's answer to the first packet is too short.", "milter_negotiate"),
    text(
      "Milter ({milter}): negotiate: version {version} != MTA milter version {own}", .finding("N03"),
      "The milter answered version {version}. {own} (16777217) is the library's number, not that of the protocol.",
      "milter_negotiate"),
    text(
      "Milter ({milter}): negotiate: filter abilities {mask} != MTA milter abilities {own}", .finding("N05"),
      "The milter wants changes ({mask}) that Sendmail does not offer ({own}).", "milter_negotiate"),
    text(
      "Milter ({milter}): negotiate: protocol abilities {mask} != MTA milter abilities {own}",
      .finding("N06"),
      "The milter sets protocol flags ({mask}) that Sendmail does not offer ({own}).", "milter_negotiate"),
    text(
      "Milter ({milter}): negotiate, impossible state", .mtaBug,
      "Sendmail met a state of its own that cannot be.",
      "milter_negotiate"),
    text(
      "milter_reopen_df: {what}: {error}", .mtaFile, "Sendmail cannot open the mail's data file again.",
      "MILTER_DF_ERROR"),
    text(
      "milter_reset_df: {what}: {error}", .mtaFile, "Sendmail cannot rewrite the mail's data file.",
      "MILTER_DF_ERROR"),
    text(
      "milter_replbody: {what}: {error}", .mtaFile, "Sendmail cannot write the milter's new body.",
      "MILTER_DF_ERROR"),
    text(
      "milter_body: {file}: rewind error", .mtaFile, "Sendmail cannot read the mail's data file.",
      "milter_body"),
    text(
      "milter_body: {file}: read error", .mtaFile, "Sendmail cannot read the mail's data file.", "milter_body"
    ),
    text(
      "milter_data: {file}: read error", .mtaFile, "Sendmail cannot read the mail's data file.", "milter_data"
    ),
  ]
}
