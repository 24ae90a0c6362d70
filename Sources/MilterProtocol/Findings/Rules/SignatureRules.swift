extension FindingRule {
  package static let signedHeaderChanged = FindingRule(
    "D01", .warning, "a change that breaks a signature over headers",
    "DKIM fails at every verifier behind this MTA, and DMARC with it where SPF does not help",
    cure:
      "sign after the change, on this host, or leave the header as it is; add headers instead of changing them",
    source: "RFC 6376 sections 3.4 and 5.4.2; compared with dkimpy 1.1")
  package static let signedBodyChanged = FindingRule(
    "D02", .warning, "a new body that breaks a signature",
    "DKIM fails at every verifier behind this MTA, and DMARC with it where SPF does not help",
    cure: "sign after the change, on this host, or leave the body as it is",
    source: "RFC 6376 sections 3.4 and 3.5; compared with dkimpy 1.1")
  package static let signatureBrokenBefore = FindingRule(
    "D03", .note, "a change to what a broken signature covers",
    "none: its body hash did not fit the mail as it came",
    source: "RFC 6376 section 6.1.3")
  package static let arcChanged = FindingRule(
    "D04", .warning, "a change that breaks an ARC set",
    "the chain fails (cv=fail), and nobody behind can rely on what earlier hosts found",
    cure: "seal a set of your own after the change, or leave the mail as it is",
    source: "RFC 8617 sections 5.1.1 and 5.2")
  package static let longLineSigned = FindingRule(
    "D05", .warning, "a signature over a body line that is broken on the way out",
    .byMTA(
      "the new signature fails", postfix: "sends lines of more than 998 bytes in pieces",
      sendmail: "sends lines of more than 2,040 bytes in pieces"),
    cure: "break the line before signing (quoted-printable), or refuse the mail",
    source: "smtp_text_out in smtp_proto.c, putbody in mime.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let resultsLost = FindingRule(
    "D06", .note, "Authentication-Results above the topmost Received changed",
    "nobody outside can have put them there: filters and readers behind this MTA go without what was found",
    cure: "take away only results that name this host and stand below its Received",
    source: "RFC 8601 sections 4.1 and 5")

  static let signatures = [
    signedHeaderChanged, signedBodyChanged, signatureBrokenBefore, arcChanged, longLineSigned,
    resultsLost,
  ]
}
