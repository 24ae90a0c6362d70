extension FindingRule {
  package static let headerCR = FindingRule(
    "H01", .warning, "a CR in a header value",
    "it stays in the header of the delivered mail; folds are LF and a blank",
    cure: "fold with LF and a blank, without CR",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerFold = FindingRule(
    "H02", .warning, "a line end in a header value that is no fold",
    .byMTA(
      postfix: "makes a continuation line of what follows, with a TAB",
      sendmail: "makes one with a blank"),
    cure: "put a blank or TAB behind each LF, or leave the LF out",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerSpace = FindingRule(
    "H03", .warning, "a leading space against what was negotiated",
    "the delivered header has two blanks after its colon, or none",
    cure: "send the value without a blank in front; where LEADSPC is negotiated, with exactly one",
    source: "SMFIP_HDR_LEADSPC in mfdef.h; seen with both")
  package static let headerIndexZero = FindingRule(
    "H04", .note, "a header index of 0",
    .each("takes it as 1"),
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerIndexBeyond = FindingRule(
    "H05", .warning, "a header index beyond the headers of that name",
    "a value is added, a deletion does nothing",
    cure: "count the headers of that name as the milter gets them, from 1",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerIndexHuge = FindingRule(
    "H06", .warning, "a header index above 2147483647",
    .byMTA(
      postfix: "appends",
      sendmail: "takes it as negative: the first"),
    cure: "count the headers of that name from 1; to add one, send ADDHEADER",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let deletesAscending = FindingRule(
    "H07", .warning, "deletions of one name in ascending order",
    .byMTA(
      "descending is safe, and deletes the same at both MTAs", postfix: "counts what is left",
      sendmail: "counts what was there"),
    cure: "delete in descending order: the highest index first",
    source: "seen with Postfix 3.7 and Sendmail 8.17")
  package static let headerUnseen = FindingRule(
    "H08", .note, "a change of a header that the milter never saw",
    "headers are switched off, so its index is a guess",
    source: "mfdef.h")
  package static let headerUnique = FindingRule(
    "H09", .note, "another header of a name that occurs once",
    .byMTA(
      postfix: "delivers both",
      sendmail: "puts it before the first, or merges it"),
    source: "addheader in headers.c, RFC 5322 section 3.6")
  package static let headerTooLong = FindingRule(
    "H10", .warning, "a header line of more than 998 bytes",
    "other MTAs may break or refuse it",
    cure: "fold the value: lines of 78 bytes, 998 at most",
    source: "RFC 5322 section 2.1.1")
  package static let headerRespaced = FindingRule(
    "H11", .note, "a header changed only in its blanks",
    "a sign of confusion about the leading space",
    source: "SMFIP_HDR_LEADSPC in mfdef.h")
  package static let headerClamped = FindingRule(
    "H12", .warning, "a header that Postfix has cut",
    "with milters Postfix keeps at most 60000 bytes of a header, in the stored mail too",
    cure: "sign and judge the header as it is cut, or refuse the mail",
    source: "KLUDGE_HEADER_LIMIT in cleanup_message.c; seen with Postfix 3.7")
  package static let resultsWithoutResult = FindingRule(
    "H13", .warning, "an Authentication-Results that has no result",
    "readers take it for broken and pass it over; where nothing was checked it has to end in ; none",
    cure: "write each result as method=result, or ; none where nothing was checked",
    source: "RFC 8601 section 2.2")

  static let headerEdits = [
    headerCR, headerFold, headerSpace, headerIndexZero, headerIndexBeyond, headerIndexHuge,
    deletesAscending, headerUnseen, headerUnique, headerTooLong, headerRespaced, headerClamped,
    resultsWithoutResult,
  ]
}
