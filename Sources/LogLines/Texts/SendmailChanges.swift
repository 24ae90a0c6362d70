/// What Sendmail says as it carries a milter's changes out, and as it goes along (`milter.c`); of 8.15.2 and before without the milter's name.
extension LogText {
  static let sendmailChanges: [LogText] = changes + steps

  private static func change(_ format: String, _ meaning: String) -> LogText {
    LogText(.sendmail, format, .progress, meaning, "milter.c")
  }

  private static let changes: [LogText] = [
    change("Milter ({milter}) add: header: {header}: {value}", "A header was added, as the milter asked."),
    change("Milter add: header: {header}: {value}", "A header was added, as a milter asked."),
    change(
      "Milter ({milter}) change: default header {header} value with {value}",
      "The milter added a header that Sendmail makes itself; it was replaced."),
    change(
      "Milter change: default header {header} value with {value}",
      "A milter added a header that Sendmail makes itself; it was replaced."),
    change(
      "Milter ({milter}) insert ({number}): header: {header}: {value}",
      "A header was inserted, as the milter asked."),
    change(
      "Milter insert ({number}): header: {header}: {value}", "A header was inserted, as a milter asked."),
    change(
      "Milter ({milter}) delete (noop): header: {header}", "The milter deletes a header that is not there."),
    change("Milter delete (noop): header: {header}", "A milter deletes a header that is not there."),
    change(
      "Milter ({milter}) change (add): header: {header}: {value}",
      "The milter changes a header that is not there; it was added."
    ),
    change(
      "Milter change (add): header: {header}: {value}",
      "A milter changes a header that is not there; it was added."),
    change(
      "Milter ({milter}) delete: header{which} {header}:{value}", "A header was deleted, as the milter asked."
    ),
    change("Milter delete: header{which} {header}:{value}", "A header was deleted, as a milter asked."),
    change(
      "Milter ({milter}) change: header{which} {header}: from {old} to {value}",
      "A header was changed, as the milter asked."),
    change(
      "Milter change: header{which} {header}: from {old} to {value}",
      "A header was changed, as a milter asked."),
    change("Milter ({milter}) chgfrom: {address}", "The sender was changed, as the milter asked."),
    change("Milter chgfrom: {address}", "The sender was changed, as a milter asked."),
    change("Milter ({milter}) add: rcpt: {address}", "A recipient was added, as the milter asked."),
    change("Milter add: rcpt: {address}", "A recipient was added, as a milter asked."),
    change(
      "Milter ({milter}) delete: rcpt {address}, naddrs=0",
      "The milter removes {address}, which is no recipient: nothing happened."),
    change(
      "Milter ({milter}) delete: rcpt {address}, naddrs={number}",
      "A recipient was removed, as the milter asked."),
    change("Milter delete: rcpt {address}", "A recipient was removed, as a milter asked."),
    change("Milter ({milter}) message: body replaced", "The body was replaced, as the milter asked."),
    change("Milter message: body replaced", "The body was replaced, as a milter asked."),
  ]

  private static let steps: [LogText] =
    [
      "Milter ({milter}): quit filter", "Milter ({milter}): abort filter",
      "Milter ({milter}): time command ({code}), {number}",
      "Milter ({milter}): headers, send", "Milter ({milter}): headers, sent",
      "Milter ({milter}): header, {header}",
      "Milter ({milter}): body, send", "Milter ({milter}): body, sent",
      "Milter ({milter}): init success to negotiate",
      "Milter: connect to filters", "Milter: sender: {address}", "Milter: rcpts: {address}",
      "milter={name}, action={stage}, continue",
      "milter={name}, action={stage}, skip", "Sending \"{command}\" to Milter",
    ].map {
      LogText(
        .sendmail, $0, .progress, "Sendmail tells what it does with the milter, for its log level is high.",
        "milter.c")
    } + [
      LogText(
        .sendmail, "Milter: no active filter", .progress,
        "No milter is asked: InputMailFilters is empty for this daemon.", "milter_init in milter.c"),
      LogText(
        .sendmail, "Milter accept: message", .progress,
        "All milters are done with this message. It is said as well where a milter failed and has no F=.",
        "srvrsmtp.c"),
    ]
}
