extension FindingRule {
  package static let replyNotWanted = FindingRule(
    "R01", .error, "a reply to a stage negotiated without",
    "the MTA takes it as the reply to its next command: every later one is off by one",
    cure: "return nothing at that stage (libmilter: SMFIS_NOREPLY), or do not negotiate its NR flag",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let secondVerdict = FindingRule(
    "R02", .error, "a second verdict for one command",
    .byMTA(
      "the MTA takes it as the reply to its next command: desynchronised from here on",
      postfix: "drops it at the end of message where both came at once",
      sendmail: "does so after the end of message, too"),
    cure: "reply once: look for a reply that is sent by hand before the callback returns one",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let noVerdict = FindingRule(
    "R03", .error, "no verdict",
    .byMTA(
      postfix:
        "does what milter_default_action says: after its timeout where the milter is silent, at once where it closed (451 after 0.01 s)",
      sendmail:
        "does what F= says: after its timeout where the milter is silent, at once where it closed (451 after 0.26 s)"
    ),
    cure:
      "see why the milter stopped (its log, a core file) or what it waits for; answer each command that is not negotiated without reply",
    source: "milter8_read_resp in milter8.c, milter_read in milter.c")
  package static let editTooEarly = FindingRule(
    "R04", .error, "a modification before the end of message",
    .byMTA(
      postfix: "gives the milter up",
      sendmail: "accepts this command and gives the milter up from the next"),
    cure: "keep modifications until the end of message, and send them there before the verdict",
    source: "milter8_event in milter8.c, milter_send_command in milter.c; seen with both")
  package static let quarantineTooEarly = FindingRule(
    "R05", .error, "QUARANTINE before the end of message",
    .byMTA(
      postfix: "holds every message of the session from here on, in the content of a mail this mail alone",
      sendmail: "accepts this command and gives the milter up from the next"),
    cure: "send QUARANTINE at the end of message, before the verdict",
    source: "milter8_event in milter8.c; seen with Postfix 3.7")
  package static let progressTooEarly = FindingRule(
    "R06", .error, "PROGRESS before the end of message",
    .byMTA(
      postfix: "takes it at any stage but OPTNEG",
      sendmail: "accepts this command and gives the milter up from the next"),
    cure: "send PROGRESS only at the end of message",
    source: "milter_data in milter.c, milter8_connect in milter8.c")
  package static let editNotNegotiated = FindingRule(
    "R07", .warning, "a modification that was not negotiated",
    .byMTA(
      postfix: "does it",
      sendmail: "does it and logs, except for a body, which fails the message"),
    cure: "ask for the action at negotiation (libmilter: xxfi_flags)",
    source: "milter_data in milter.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let editAfterVerdict = FindingRule(
    "R08", .error, "a modification after the verdict",
    "the MTA takes it as the reply to its next command",
    cure: "send modifications first and the verdict last",
    source: "milter8_event in milter8.c")
  package static let skipElsewhere = FindingRule(
    "R09", .warning, "SKIP elsewhere than at BODY",
    .byMTA(
      postfix: "hides further commands of the kind",
      sendmail:
        "goes on without the milter for the rest of the session (at HEADER it leaves the body out, at the end of message F= decides)"
    ),
    cure: "answer SKIP at BODY only; elsewhere CONTINUE",
    source: "milter_send_command in milter.c, milter8_event in milter8.c; seen with both")
  package static let discardTooEarly = FindingRule(
    "R10", .warning, "DISCARD before there is a message",
    .byMTA(
      postfix: "warns and goes on",
      sendmail: "ignores the milter for the session at CONNECT, and the verdict at HELO"),
    cure: "answer DISCARD from MAIL on; at CONNECT and HELO take REJECT or TEMPFAIL",
    source: "milter8_event in milter8.c, milter_connect in milter.c")
  package static let acceptAtUnknown = FindingRule(
    "R11", .error, "ACCEPT or DISCARD at UNKNOWN",
    .byMTA(
      postfix: "lets its server process panic at the next MAIL (after DISCARD, 3.7 loses a mail first)",
      sendmail: "discards the next message after DISCARD, and does nothing after ACCEPT"),
    cure: "answer CONTINUE or REJECT at UNKNOWN",
    source: "milter8_mail_event in milter8.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let acceptOfRefused = FindingRule(
    "R12", .warning, "ACCEPT or DISCARD of a recipient that the MTA refused",
    "the rest of the message is not filtered",
    cure: "look at {rcpt_mailer} first: where it is error, answer CONTINUE",
    source: "smtpd_milter_eval in smtpd.c; seen with Postfix 3.7")
  package static let notForMilters = FindingRule(
    "R13", .error, "a reply that MTAs do not take from milters",
    .byMTA(
      postfix: "gives the milter up after CONN_FAIL and SETSYMLIST",
      sendmail: "gives the milter up"),
    cure: "answer with TEMPFAIL or REPLYCODE instead",
    source: "milter8_event in milter8.c, milter_send_command in milter.c")
  package static let bodyInterleaved = FindingRule(
    "R14", .warning, "REPLBODY interrupted by another modification",
    .byMTA(
      postfix: "answers 451 4.3.5 and gives the milter up",
      sendmail: "joins the parts"),
    cure: "send all pieces of the new body one behind the other",
    source: "cleanup_milter.c; seen with Postfix 3.7")
  package static let manySmallChunks = FindingRule(
    "R15", .note, "a new body in many small pieces",
    "slow: each is a packet, 65535 bytes fit into one",
    source: "smfi_replacebody in smfi.c")
  package static let bodyErased = FindingRule(
    "R16", .note, "an empty REPLBODY",
    "the message is left without a body",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let refusedLocal = FindingRule(
    "R17", .warning, "a refused recipient of local mail",
    "Postfix calls it a configuration error, and the message stays in its queue",
    cure: "accept recipients of local mail: name no milter in non_smtpd_milters, or look at the client first",
    source: "cleanup_milter.c; seen with Postfix 3.7")
  package static let replyUnheard = FindingRule(
    "R18", .note, "a reply that no longer matters",
    "the MTA had ended the session before it",
    source: "milter8_disc_event in milter8.c")

  static let replies = [
    replyNotWanted, secondVerdict, noVerdict, editTooEarly, quarantineTooEarly, progressTooEarly,
    editNotNegotiated, editAfterVerdict, skipElsewhere, discardTooEarly, acceptAtUnknown,
    acceptOfRefused, notForMilters, bodyInterleaved, manySmallChunks, bodyErased, refusedLocal,
    replyUnheard,
  ]
}
