extension FindingRule {
  package static let delRcptUnknown = FindingRule(
    "V01", .warning, "DELRCPT of an address that is no recipient",
    .each("compares exactly, case included, with what the client sent: nothing is removed"),
    cure: "give the address exactly as RCPT has it, angle brackets and case included",
    source: "cleanup_milter.c; seen with Postfix 3.7")
  package static let addRcptList = FindingRule(
    "V02", .warning, "several addresses in one ADDRCPT",
    .byMTA(
      postfix: "takes the first only",
      sendmail: "takes all"),
    cure: "send one ADDRCPT for each address",
    source: "cleanup_milter.c; seen with both")
  package static let parameterIgnored = FindingRule(
    "V03", .warning, "an ESMTP parameter that Postfix ignores",
    "ADDRCPT_PAR knows NOTIFY and ORCPT, CHGFROM knows RET and ENVID; others are logged",
    cure: "leave the parameter out, or take one that Postfix knows",
    source: "cleanup_milter.c")
  package static let allRcptDeleted = FindingRule(
    "V04", .note, "every recipient deleted",
    "the message is accepted and vanishes",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let addRcptDuplicate = FindingRule(
    "V05", .note, "ADDRCPT of a recipient that is there already",
    "most MTAs deliver once",
    source: "cleanup_milter.c")

  static let envelope = [
    delRcptUnknown, addRcptList, parameterIgnored, allRcptDeleted, addRcptDuplicate,
  ]
}
