extension Cure {
  fileprivate static let patience = Cure.byMTA(
    "answer sooner, or raise the MTA's timeout: milter_command_timeout, milter_content_timeout (Postfix), T= (Sendmail)",
    postfix:
      "answer sooner, or raise milter_command_timeout (to DATA) or milter_content_timeout (from HEADER on) in main.cf",
    sendmail: "answer sooner, or raise R: in T= of the filter's INPUT_MAIL_FILTER line in sendmail.mc")
}

extension FindingRule {
  package static let slowReply = FindingRule(
    "W01", .warning, "a reply that took more than half of the MTA's patience",
    .byMTA(
      postfix: "waits 30 s for a command and 300 s for content by default",
      sendmail: "waits 10 s for each reply by default"),
    cure: .patience,
    source: "milter_command_timeout and milter_content_timeout of Postfix, milter_setup in milter.c")
  package static let replyTooLate = FindingRule(
    "W02", .error, "a reply after the MTA had given up",
    "it meets the next command of the session",
    cure: .patience,
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let noKeepAlive = FindingRule(
    "W03", .warning, "too long without PROGRESS at the end of message",
    "the MTA's timeout has passed by default settings",
    cure: "send PROGRESS every few seconds (libmilter: smfi_progress) while work goes on",
    source: "milter_content_timeout of Postfix, milter_data in milter.c")
  package static let progressStorm = FindingRule(
    "W04", .note, "PROGRESS more than once a second",
    "harmless, and needless",
    source: "milter8_event in milter8.c")
  package static let milterLeft = FindingRule(
    "W05", .warning, "the milter closed in the middle of a session",
    .byMTA(
      postfix: "does with the rest what milter_default_action says",
      sendmail: "does with the rest what F= says"),
    cure: "see why the milter ended: its log, a core file; keep the connection until QUIT",
    source: "milter8_comm_error in milter8.c, milter_error in milter.c")
  package static let milterRefused = FindingRule(
    "W06", .error, "the milter closed instead of answering OPTNEG",
    .byMTA(
      "no negotiation; most likely the milter wants an action or a flag that is not offered",
      postfix: "answers the client 451 (milter_default_action)",
      sendmail: "answers the client 451 (F=)"),
    cure:
      "see the milter's log; ask for no action or flag that is not offered, and look for a limit on its clients",
    source: "st_optionneg in engine.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let probe = FindingRule(
    "W07", .note, "opened and closed without a packet",
    "a port probe or a health check",
    source: "seen with monitoring programs")
  package static let unreachable = FindingRule(
    "W08", .error, "the milter cannot be reached",
    .byMTA(
      "the MTA sees a closed connection", postfix: "does what milter_default_action says",
      sendmail: "does what F= says"),
    cure:
      "start the milter, compare its address; a unix socket and every folder above it have to let this program's user in",
    source: "milter8_connect in milter8.c, milter_open in milter.c")

  package static let delayedAck = FindingRule(
    "W09", .note, "regular delays of 40 ms, made by TCP",
    "TCP holds a small packet back until the one before it is acknowledged: 40 ms each time, in which neither side works",
    cure: .byMTA(
      "use a unix socket; over TCP set TCP_NODELAY at the side that is late (Sendmail: built with MILTER_NO_NAGLE), or write at once what belongs together",
      postfix:
        "use a unix socket; over TCP set TCP_NODELAY at the milter, or write at once what belongs together",
      sendmail:
        "use a unix socket; over TCP set TCP_NODELAY at the side that is late (Sendmail has to be built with MILTER_NO_NAGLE), or write at once what belongs together"
    ),
    source: "milter_write in milter.c, RFC 9293 section 3.7.4; seen with Sendmail 8.17 and libmilter 8.17")

  package static let notableReply = FindingRule(
    "W10", .note, "a reply that took more than a tenth of the MTA's patience",
    .byMTA(
      "nothing yet: a busy hour may bring it to the limit",
      postfix: "waits 30 s for a command and 300 s for content by default",
      sendmail: "waits 10 s for each reply by default"),
    cure: "see what the milter waits for at this stage; said once a stage and connection",
    source: "milter_command_timeout and milter_content_timeout of Postfix, milter_setup in milter.c")
  package static let growsSlower = FindingRule(
    "W11", .note, "a milter that grows slower",
    "eight mails one behind the other took it more than twice as long at end of message as the slowest of the connection's first eight",
    cure: "look for what it keeps from mail to mail, unless the later mails are larger",
    source: "reply times at BODYEOB of one connection, from 10 ms on")

  static let timing = [
    slowReply, replyTooLate, noKeepAlive, progressStorm, milterLeft, milterRefused, probe, unreachable,
    delayedAck, notableReply, growsSlower,
  ]
}
