extension FindingRule {
  package static let outOfOrder = FindingRule(
    "S01", .error, "a command out of order",
    "libmilter ignores it and never answers: the MTA waits for its timeout",
    cure: "send the commands in the order of the protocol, each message from MAIL on",
    source: "next_states and trans_ok in engine.c; seen with libmilter 8.17")
  package static let unwantedCommand = FindingRule(
    "S02", .warning, "a command that the milter switched off",
    "the MTA, or something between, did not keep to what was negotiated",
    cure: "see what stands between MTA and milter: it changes flags or commands",
    source: "mfdef.h")
  package static let macroWithoutCommand = FindingRule(
    "S03", .note, "macros for a command that did not come",
    "harmless: the values wait for the next command of that kind",
    source: "milter_command in milter.c")
  package static let macroTooLate = FindingRule(
    "S04", .warning, "macros after their command",
    "the milter has already been asked without them",
    cure: "send macros before their command",
    source: "smfi_getsymval in smfi.c")
  package static let macroWithoutSlot = FindingRule(
    "S05", .note, "macros for HEADER, BODY or UNKNOWN",
    "a habit of Postfix; libmilter drops them",
    source: "st_macros in engine.c, milter8_event in milter8.c")
  package static let tooEarly = FindingRule(
    "S06", .warning, "a command before the one that it needs",
    "libmilter ignores it and never answers",
    cure: "send the commands that have to come before",
    source: "next_states in engine.c")
  package static let abortOutside = FindingRule(
    "S07", .note, "ABORT outside a message",
    "normal from Postfix; libmilter ignores it",
    source: "milter8_abort in milter8.c, st_abortfct in engine.c")
  package static let mailWithoutEnd = FindingRule(
    "S08", .note, "a new MAIL while a message is open",
    "the milter has to forget the old message by itself",
    source: "milter_abort_filter in milter.c")
  package static let quitNC = FindingRule(
    "S09", .warning, "QUIT_NC",
    "no current MTA sends it, and libmilter takes it in two places only",
    cure: "send QUIT, and connect again",
    source: "next_states in engine.c")
  package static let noQuit = FindingRule(
    "S10", .note, "closed without QUIT",
    "normal from Postfix after a verdict on the connection; the milter cleans up either way",
    source: "milter8_disc_event in milter8.c")
  package static let closedWhilePending = FindingRule(
    "S11", .warning, "the MTA left while a reply was due",
    "it ran out of time, or its client went away",
    cure: "see how long the milter takes at this stage, and whether the client had left",
    source: "milter8_read_resp in milter8.c, milter_read in milter.c")
  package static let didNotWait = FindingRule(
    "S12", .warning, "the next command while a reply was due",
    "the two sides do not agree on which stages are answered",
    cure: "compare the NR flags of OPTNEG with what the milter answers at this stage",
    source: "milter8_event in milter8.c")
  package static let bodyInEnd = FindingRule(
    "S13", .note, "body bytes in the end of message",
    "legal; libmilter may answer twice",
    source: "st_bodyend in engine.c")
  package static let afterRefusedData = FindingRule(
    "S14", .warning, "RCPT or DATA after a refused DATA",
    "both MTAs do it, and libmilter does not answer it",
    cure: "none at the milter: it refused DATA as it may, and libmilter leaves the rest unanswered",
    source: "next_states in engine.c; seen with Postfix 3.7 and Sendmail 8.17")

  static let sequence = [
    outOfOrder, unwantedCommand, macroWithoutCommand, macroTooLate, macroWithoutSlot, tooEarly,
    abortOutside, mailWithoutEnd, quitNC, noQuit, closedWhilePending, didNotWait, bodyInEnd,
    afterRefusedData,
  ]
}
