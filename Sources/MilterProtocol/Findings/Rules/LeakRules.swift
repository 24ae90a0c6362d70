extension FindingRule {
  package static let valueOfEarlierMail = FindingRule(
    "L01", .warning, "a modification with a value of an earlier mail",
    "the milter mixes up mails: what it keeps for a mail has to be cleared at MAIL, at ABORT and after the verdict",
    cure:
      "clear it at MAIL, in xxfi_abort and at the end of xxfi_eom, and keep it with the connection, not in a global",
    source: "xxfi_abort and xxfi_eom of libmilter's API: both end a mail on a connection that goes on")

  static let leaks = [valueOfEarlierMail]
}
