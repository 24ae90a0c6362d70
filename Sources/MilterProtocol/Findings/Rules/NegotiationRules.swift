extension FindingRule {
  package static let firstNotOptNeg = FindingRule(
    "N01", .error, "the first packet is not OPTNEG",
    "negotiation fails on all sides",
    cure: "begin each connection with OPTNEG",
    source: "next_states in engine.c, milter8_connect in milter8.c, milter_negotiate in milter.c")
  package static let answerTooShort = FindingRule(
    "N02", .error, "an OPTNEG answer of fewer than 12 bytes",
    .byMTA(
      "negotiation fails", postfix: "does what milter_default_action says",
      sendmail: "does what F= says"),
    cure: "answer with version, actions and protocol flags, four bytes each",
    source: "milter8_connect in milter8.c, milter_negotiate in milter.c")
  package static let versionTooHigh = FindingRule(
    "N03", .error, "an answered version above the offered one",
    .byMTA(
      postfix: "fails the negotiation",
      sendmail: "accepts it"),
    cure: "answer with the smaller of the offered version and your own",
    source: "milter8_connect in milter8.c, milter_negotiate in milter.c")
  package static let versionTooLow = FindingRule(
    "N04", .warning, "bits that the answered version does not know",
    .byMTA(
      "works by luck", postfix: "withholds events by version",
      sendmail: "looks at the bits"),
    cure: "answer version 6 where it is offered, or leave these bits out",
    source: "milter8_connect in milter8.c, milter_negotiate in milter.c")
  package static let actionNotOffered = FindingRule(
    "N05", .error, "an action that was not offered",
    .each("fails the negotiation"),
    cure: "ask only for actions that the MTA offered",
    source: "milter8_connect in milter8.c, milter_negotiate in milter.c")
  package static let flagNotOffered = FindingRule(
    "N06", .error, "a protocol flag that was not offered",
    .byMTA(
      postfix: "obeys silently",
      sendmail: "fails the negotiation for flags that it does not know"),
    cure: "ask only for protocol flags that the MTA offered",
    source: "milter_negotiate in milter.c, milter8_connect in milter8.c")
  package static let unknownBit = FindingRule(
    "N07", .warning, "a bit that version 6 does not define",
    "as for bits that were not offered",
    cure: "leave the bit out",
    source: "mfdef.h and mfapi.h of libmilter 8.18")
  package static let listsWithoutAction = FindingRule(
    "N08", .warning, "symbol lists without SETSYMLIST",
    "Postfix and Sendmail use them all the same; stricter peers may not",
    cure: "set SETSYMLIST (0x100) among the actions",
    source: "milter8_connect in milter8.c, milter_getsymlist in milter.c")
  package static let listStageUnknown = FindingRule(
    "N09", .error, "a symbol list for a stage that does not exist",
    .byMTA(
      postfix: "warns and skips it",
      sendmail: "silently drops it and all that follow"),
    cure: "send lists for the stages 0 to 6 only",
    source: "milter_getsymlist in milter.c, milter8_connect in milter8.c")
  package static let listUnterminated = FindingRule(
    "N10", .error, "a symbol list without its NUL",
    .byMTA(
      postfix: "fails the negotiation",
      sendmail: "reads past the packet"),
    cure: "end each list with a NUL byte",
    source: "milter8_connect in milter8.c, milter_getsymlist in milter.c")
  package static let listForOneEnd = FindingRule(
    "N11", .warning, "a symbol list for only one of end of message and end of header",
    "Sendmail chooses the first by the flag of the second: the list is ignored, or the macros vanish",
    cure: "ask for the macros of end of message and of end of header, both",
    source: "milter_data in milter.c; seen with Sendmail 8.17")
  package static let listEmpty = FindingRule(
    "N12", .warning, "an empty symbol list",
    .byMTA(
      postfix: "sends its default list",
      sendmail: "sends no macros at that stage"),
    cure: "leave the list out, or name the macros that the milter reads",
    source: "milter_getsymlist in milter.c, MILTER_MACRO_EVAL in milter.c of Postfix")
  package static let listTooLong = FindingRule(
    "N13", .warning, "more than 50 names in a symbol list",
    "Sendmail refuses them (MAXFILTERMACROS)",
    cure: "name only the macros that the milter reads",
    source: "milter_getsymlist in milter.c")
  package static let replyFlagPointless = FindingRule(
    "N14", .note, "a stage switched off and its reply as well",
    "the second flag has no effect",
    source: "mfdef.h")
  package static let secondOptNeg = FindingRule(
    "N15", .error, "a second OPTNEG",
    "libmilter drops an open message and does not answer",
    cure: "negotiate once a connection",
    source: "trans_ok in engine.c")
  package static let listNameUnknown = FindingRule(
    "N16", .warning, "a requested macro that never came and that no MTA is known to have",
    "most likely a slip of the pen",
    cure: "compare the name with those of mitmilter help protocol, section 5; long names stand in braces",
    source: "milter_send_macros in milter.c, milter_macro_lookup in milter.c of Postfix")
  package static let editsUnseen = FindingRule(
    "N17", .note, "may change what it does not see",
    "legal, often a mistake: headers or body are switched off, their change is negotiated",
    source: "mfdef.h")
  package static let skipNotNegotiated = FindingRule(
    "N18", .warning, "SKIP without having negotiated it",
    "depends on the MTA",
    cure: "ask for SKIP (0x400) at negotiation, or answer CONTINUE",
    source: "mfdef.h")

  package static let offerTooOld = FindingRule(
    "N19", .error, "an offered version below 2",
    "libmilter closes the connection",
    cure: "offer version 6, or 2 at least",
    source: "st_optionneg in engine.c; seen with libmilter 8.17")
  package static let offerTooNew = FindingRule(
    "N20", .note, "an offered version that does not exist",
    "libmilter answers with its own; most likely the bytes stand in the wrong order",
    source: "st_optionneg in engine.c; seen with libmilter 8.17")
  package static let macroNeverHad = FindingRule(
    "N21", .note, "a requested macro that this MTA never has",
    .byMTA(
      "the milter gets no value, and has to do without",
      postfix: "sends one where milter_macro_defaults gives it",
      sendmail: "never sends one"),
    source:
      "milter_macro_lookup in milter.c of Postfix, milter_send_macros in milter.c of Sendmail; seen with both"
  )

  static let negotiation = [
    firstNotOptNeg, answerTooShort, versionTooHigh, versionTooLow, actionNotOffered, flagNotOffered,
    unknownBit, listsWithoutAction, listStageUnknown, listUnterminated, listForOneEnd, listEmpty,
    listTooLong, replyFlagPointless, secondOptNeg, listNameUnknown, editsUnseen, skipNotNegotiated,
    offerTooOld, offerTooNew, macroNeverHad,
  ]
}
