extension FindingRule {
  package static let unterminated = FindingRule(
    "G01", .error, "a string without its NUL",
    "libmilter ends the session or never answers (HELO); Postfix gives the milter up; Sendmail ignores the request",
    cure: "end each string with a NUL byte",
    source: "engine.c, milter8_read_resp in milter8.c; seen with all three")
  package static let tooFewStrings = FindingRule(
    "G02", .error, "a string is missing",
    "libmilter ends the session; Postfix gives the milter up; Sendmail ignores the request",
    cure: "send every string that the packet has, empty ones with their NUL too",
    source: "st_header in engine.c, milter8_read_resp in milter8.c, milter_addheader in milter.c")
  package static let surplusBytes = FindingRule(
    "G03", .warning, "bytes after the last field",
    .byMTA(
      postfix: "gives the milter up (left-over data), except in REPLYCODE and QUARANTINE",
      sendmail: "ignores the request"),
    cure: "send nothing behind the last NUL",
    source: "milter8_read_resp in milter8.c")
  package static let truncated = FindingRule(
    "G04", .error, "a field is cut off",
    "the peer ends the session or gives the milter up",
    cure: "send the whole field: numbers have four bytes, a port two",
    source: "st_optionneg and st_connectinfo in engine.c, milter_negotiate in milter.c")
  package static let unknownFamily = FindingRule(
    "G05", .error, "an unknown address family",
    "libmilter ends the session",
    cure: "send one of the families U, L, 4 and 6",
    source: "st_connectinfo in engine.c")
  package static let addressUnparsable = FindingRule(
    "G06", .warning, "an address that does not fit its family",
    "libmilter ends the session",
    cure: "send a family that fits the address",
    source: "st_connectinfo in engine.c")
  package static let addressTagged = FindingRule(
    "G07", .note, "an IPv6 address with its tag",
    "Sendmail writes IPv6: in front, Postfix does not; naive parsers trip over one of them",
    source: "milter_connect in milter.c, milter8_conn_event in milter8.c")
  package static let addressEmpty = FindingRule(
    "G08", .warning, "an empty address",
    .byMTA(
      "libmilter refuses to send it",
      postfix: "ignores such a recipient with a warning, and takes it in CHGFROM for the null sender",
      sendmail: "ignores it"),
    cure: "check the address before it is sent; the null sender is <>",
    source: "smfi_addrcpt in smfi.c; seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerNameEmpty = FindingRule(
    "G09", .warning, "an empty header name",
    .byMTA(
      postfix: "writes a line that begins with a colon, or answers 451 to a change",
      sendmail: "ignores it"),
    cure: "give the header a name",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerNameIllegal = FindingRule(
    "G10", .warning, "bytes that no header name may have",
    "both MTAs write the name as it is",
    cure: "use printable ASCII without blank and colon in header names",
    source: "RFC 5322 section 2.2; seen with Postfix 3.7 and Sendmail 8.17")
  package static let argumentOdd = FindingRule(
    "G11", .note, "an ESMTP argument without a value",
    "an oddity of the SMTP client, passed on by the MTA",
    source: "RFC 5321 section 4.1.2")

  package static let bodyEmpty = FindingRule(
    "G12", .error, "a body chunk without a byte",
    "libmilter closes the connection; no MTA sends one, an empty body is no chunk at all",
    cure: "send no BODY at all where the body is empty",
    source: "st_bodychunk in engine.c; seen with libmilter 8.17")

  static let fields = [
    unterminated, tooFewStrings, surplusBytes, truncated, unknownFamily, addressUnparsable, addressTagged,
    addressEmpty, headerNameEmpty, headerNameIllegal, argumentOdd, bodyEmpty,
  ]
}
