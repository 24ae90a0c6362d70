extension FindingRule {
  package static let noFrom = FindingRule(
    "M01", .note, "a mail without From",
    "DMARC has no domain to ask about; some filters refuse such mail",
    source: "RFC 5322 section 3.6, RFC 7489 section 6.6.1")
  package static let severalFrom = FindingRule(
    "M02", .warning, "several From headers",
    "filter and reader may look at different ones; many filters refuse such mail",
    cure: "refuse such mail, or judge all of them",
    source: "RFC 5322 section 3.6, RFC 7489 section 6.6.1")
  package static let headersInBody = FindingRule(
    "M03", .warning, "a body that begins with the headers again",
    "signatures over the body fail, and content filters see the headers twice",
    cure: "update the MTA, or skip the header block in front of the body",
    source: "RFC 5322 section 2.1; seen with Stalwart 0.3")
  package static let addressNotASCII = FindingRule(
    "M04", .note, "an address beyond ASCII without SMTPUTF8",
    "the client did not ask for it: filters and next hops may refuse the address or break it",
    source: "RFC 6531 section 3.4")
  package static let bodyLineTooLong = FindingRule(
    "M05", .note, "a body line of more than 998 bytes",
    .byMTA(
      "signatures over the body fail at the next hop where the line is broken",
      postfix: "sends it in pieces of 998 bytes",
      sendmail: "sends it in pieces of 2,040 bytes where it is longer"),
    source: "RFC 5322 section 2.1.1; smtp_text_out in smtp_proto.c, putbody in mime.c; seen with both")

  static let mails = [noFrom, severalFrom, headersInBody, addressNotASCII, bodyLineTooLong]
}
