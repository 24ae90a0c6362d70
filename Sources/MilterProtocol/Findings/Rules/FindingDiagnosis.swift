/// What a rule looks at, and what is usually behind it.
package struct FindingDiagnosis: Equatable, Sendable {
  /// Where something is compared with what; lower case, no full stop, as all of it.
  package let lookedFor: String
  /// Why it comes about, the likelier first.
  package let cause: String

  private init(_ lookedFor: String, _ cause: String) { (self.lookedFor, self.cause) = (lookedFor, cause) }
}

extension FindingRule {
  /// Every rule of the registry has one.
  package var diagnosis: FindingDiagnosis? { FindingDiagnosis.table[id] }
}

extension FindingDiagnosis {
  static let table = framing.merging(fields, uniquingKeysWith: { first, _ in first })
    .merging(negotiation, uniquingKeysWith: { first, _ in first })
    .merging(sequence, uniquingKeysWith: { first, _ in first })
    .merging(replies, uniquingKeysWith: { first, _ in first })
    .merging(texts, uniquingKeysWith: { first, _ in first })
    .merging(edits, uniquingKeysWith: { first, _ in first })
    .merging(timing, uniquingKeysWith: { first, _ in first })
    .merging(mails, uniquingKeysWith: { first, _ in first })

  private typealias One = FindingDiagnosis

  private static let framing: [String: FindingDiagnosis] = [
    "F01": One(
      "the length field of each packet", "a library that counts the payload and forgets the code byte"),
    "F02": One(
      "a length field above 1 MiB",
      "the stream is out of step, or text is written into the socket: log lines, a traceback"),
    "F03": One(
      "payloads to the milter, against 65535 bytes or the size negotiated",
      "a client of its own, a test tool or a proxy, that sends a body in one piece"),
    "F04": One(
      "payloads to the MTA, against 65535 bytes", "a library of its own that sends the new body in one piece"),
    "F05": One(
      "the letter of each packet",
      "a library that knows other letters than libmilter, or a stream out of step"),
    "F06": One(
      "bytes that are left when a side closes",
      "that side crashed, was killed, or ran out of time while it wrote"),
    "F07": One(
      "bytes behind the letter of packets that have none",
      "a library that writes a NUL or an empty string there"),
    "F08": One(
      "letters that only the other side uses", "M for m, or a reply built from the table of commands"),
    "F09": One(
      "the first bytes of either side",
      "the port of another service (HTTP, SMTP, clamd, a policy service), or TLS"),
    "F10": One(
      "the line in UNKNOWN", "a scanner, or a client with the wrong port"),
  ]

  private static let fields: [String: FindingDiagnosis] = [
    "G01": One(
      "a NUL at the end of each string", "a string that is sent by its length, as most languages keep it"),
    "G02": One("as many strings as the packet has", "an empty value that was left out together with its NUL"),
    "G03": One("bytes behind the last field", "a terminator too many, or fields of another version"),
    "G04": One("as many bytes as each number has", "a number of 16 bits, or a packet that was cut"),
    "G05": One("the family in CONNECT", "a client of its own that numbers families as its system does"),
    "G06": One(
      "the address in CONNECT, read as its family", "a host name, a port or a prefix in place of the address"),
    "G07": One("IPv6: in front of an address in CONNECT", "Sendmail's way of writing it"),
    "G08": One("the address of each change of the envelope", "a variable that was never set"),
    "G09": One("the name of each header", "a header line that was split at the wrong colon"),
    "G10": One("each byte of a header's name", "a colon or blank that was taken for part of the name"),
    "G11": One(
      "an = in each argument of MAIL and RCPT", "a client of its own; SMTPUTF8 and REQUIRETLS alone have none"
    ),
    "G12": One("the size of each body chunk", "a client of its own that sends an empty body as a chunk"),
  ]

  private static let negotiation: [String: FindingDiagnosis] = [
    "N01": One(
      "the first packet of each side", "a connection that goes on after one that broke, or the wrong peer"),
    "N02": One("the size of the answer", "a library that answers with the version alone"),
    "N03": One(
      "the version answered, against the one offered",
      "a version that is written down and not taken from the offer"),
    "N04": One(
      "bits of version 6 under a lower version", "a library that grew bits and kept its old version"),
    "N05": One(
      "actions answered, against those offered",
      "milter_protocol is too low, or actions that are asked for without a look at the offer"),
    "N06": One(
      "flags answered, against those offered", "flags that are asked for without a look at the offer"),
    "N07": One("bits that no header file defines", "a slip of a shift, or bytes in the wrong order"),
    "N08": One("symbol lists, against SETSYMLIST", "lists that are written without the flag for them"),
    "N09": One("the stage of each symbol list", "a letter or the number of a callback in place of the stage"),
    "N10": One("a NUL at the end of each symbol list", "a list that is sent by its length"),
    "N11": One(
      "lists for EOM and EOH, one without the other", "Sendmail's slip, which a milter has to go around"),
    "N12": One("symbol lists without a name", "a setting that was left empty"),
    "N13": One("names in each symbol list", "a milter that asks for every macro there is"),
    "N14": One("a stage's two flags, both set", "flags that are set together out of caution"),
    "N15": One("OPTNEG behind the first", "a client that takes a connection up again"),
    "N16": One(
      "macros asked for, against those that came and those that are known",
      "a typing error, or a name without its braces"),
    "N17": One(
      "the right to change, against what is switched off",
      "flags and actions that were set at different times"),
    "N18": One("SKIP, against the flags answered", "SKIP in the code and not among the flags"),
    "N19": One("the version offered", "a client of its own"),
    "N20": One(
      "the version offered, against 6", "bytes in the wrong order, or a version of the client's own"),
    "N21": One(
      "macros asked for, against those that this MTA has", "a milter that was written for the other MTA"),
  ]

  private static let sequence: [String: FindingDiagnosis] = [
    "S01": One("each command, against the one before", "a client of its own that leaves a step out"),
    "S02": One(
      "each command, against what the milter switched off", "a proxy in between that changes the negotiation"),
    "S03": One("macros, against the command that follows", "the SMTP client left between the two"),
    "S04": One("macros behind the command that they are for", "a client of its own"),
    "S05": One("macros for stages that have none", "Postfix sends them"),
    "S06": One(
      "each command, against those that have to come first", "a client of its own, or a replay that was cut"),
    "S07": One("ABORT, against open messages", "Postfix sends it at the end of a session"),
    "S08": One("MAIL while a message is open", "an MTA that begins anew without ABORT"),
    "S09": One("QUIT_NC", "a client of its own"),
    "S10": One("the end of a connection, against QUIT", "the MTA dropped its client or the milter"),
    "S11": One(
      "the MTA's close, against replies that are due",
      "the milter takes longer than the MTA waits, or the client hung up"),
    "S12": One("commands, against replies that are due", "the two sides read the NR flags differently"),
    "S13": One("bytes in BODYEOB", "an MTA that ends the body with its last piece"),
    "S14": One("RCPT or DATA behind a DATA that was refused", "both MTAs go on so where the client does"),
  ]

  private static let replies: [String: FindingDiagnosis] = [
    "R01": One(
      "each reply, against the NR flags", "a flag that was set, and a callback that still returns a verdict"),
    "R02": One(
      "each verdict, against commands that wait",
      "a reply sent by hand and another by the return of the callback; a retry after an error"),
    "R03": One(
      "each command that is answered", "the milter crashed, hangs at a lookup, or has no threads left"),
    "R04": One(
      "each modification, against its stage", "headers added in the header callback and not at the end"),
    "R05": One(
      "QUARANTINE, against its stage", "smfi_quarantine and the like outside the end-of-message callback"),
    "R06": One("PROGRESS, against its stage", "a keep-alive that is sent by a timer at any stage"),
    "R07": One(
      "each modification, against the actions answered", "an action that is missing among the milter's flags"),
    "R08": One("modifications behind the verdict", "a verdict that is sent too soon, with work that goes on"),
    "R09": One("SKIP, against its stage", "SKIP taken for 'no more of this, please'"),
    "R10": One("DISCARD at CONNECT and HELO", "a block list that acts the same at every stage"),
    "R11": One("ACCEPT and DISCARD at UNKNOWN", "a default verdict of ACCEPT for every callback"),
    "R12": One(
      "ACCEPT and DISCARD where {rcpt_mailer} is error", "RCPT_REJ asked for without a look at that macro"),
    "R13": One(
      "CONN_FAIL, SETSYMLIST and SHUTDOWN", "a letter taken from the list of replies that no MTA expects"),
    "R14": One(
      "modifications between the pieces of a new body",
      "a body that is sent piece by piece while headers are changed"),
    "R15": One("pieces of a new body under 1024 bytes", "a body that is sent line by line"),
    "R16": One("REPLBODY without a byte", "a new body that came out empty"),
    "R17": One(
      "refusals of recipients that pickup brings", "non_smtpd_milters with a milter that judges recipients"),
    "R18": One("replies after the MTA had left", "the client hung up, or the MTA ran out of time"),
  ]

  private static let texts: [String: FindingDiagnosis] = [
    "T01": One("the first three bytes", "text without a code, or a 2xx"),
    "T02": One("the fourth byte", "a code alone, or an underscore or tab behind it"),
    "T03": One("both codes' first digit", "codes that come from two settings"),
    "T04": One("percent signs, by pairs", "a text with '100%', handed on as it is"),
    "T05": One("NULs in the packet", "a text that is sent by its length"),
    "T06": One(
      "code and hyphen of each line",
      "a hyphen that is missing in all lines but the last, or stands in the last"),
    "T07": One("what separates lines", "LF alone, or a CRLF at the end"),
    "T08": One("length and number of lines", "a text with a list or a URL of its own"),
    "T09": One("each byte of the text", "UTF-8, or bytes of the mail that were put in"),
    "T10": One("a code of 421", "a milter that wants to be rid of the client"),
    "T11": One("REPLYCODE at CONNECT", "a block list at the first stage"),
  ]

  private static let edits: [String: FindingDiagnosis] = [
    "H01": One("CR in header values", "a value folded with CRLF, as in SMTP"),
    "H02": One("LF in header values, and what follows it", "two headers in one value, or text from outside"),
    "H03": One(
      "the blank in front of a value, against HDR_LEADSPC", "a value cut out of a header line with its blank"),
    "H04": One("the index of CHGHEADER", "counting from 0"),
    "H05": One(
      "the index, against headers of that name",
      "counting among all headers, or headers that are gone already"),
    "H06": One("the index, against 31 bits", "-1 taken for 'at the end'"),
    "H07": One("deletions of one name, in their order", "a loop from the first to the last"),
    "H08": One("CHGHEADER, against NOHDRS", "headers switched off to save time"),
    "H09": One("names that occur once in a mail", "ADDHEADER where CHGHEADER was meant"),
    "H10": One("the lines of a value", "a long value that nobody folded"),
    "H11": One("old and new value without their blanks", "a value written back as it was read"),
    "H12": One("headers near 60000 bytes, from Postfix", "a sender with a very long header"),
    "H13": One("results in Authentication-Results", "a template that was not filled in"),
    "V01": One(
      "the address, against the recipients as RCPT has them",
      "an address without its angle brackets, in lower case, or after aliases"),
    "V02": One("commas in the address", "a list joined to one string"),
    "V03": One("ESMTP parameters, against those that Postfix knows", "parameters of MAIL and RCPT handed on"),
    "V04": One("recipients left at the end", "a milter that redirects and forgot the new one"),
    "V05": One("ADDRCPT, against the recipients", "an archive or a copy that the client had asked for too"),
  ]

  private static let timing: [String: FindingDiagnosis] = [
    "W01": One(
      "the time of each reply, against half of what the MTA waits",
      "DNS, a database or a scanner behind the milter"),
    "W02": One(
      "replies that come after the MTA had given up", "DNS, a database or a scanner behind the milter"),
    "W03": One(
      "silence at the end of message, against what the MTA waits", "a long scan without smfi_progress"),
    "W04": One("the time between two PROGRESS", "a keep-alive in a tight loop"),
    "W05": One(
      "the milter's close, against the session",
      "the milter was restarted, crashed, or has a time limit of its own"),
    "W06": One(
      "the milter's close, against OPTNEG", "too few actions offered (milter_protocol), or a limit on clients"
    ),
    "W07": One("connections without a packet", "a monitor that looks whether somebody listens"),
    "W08": One(
      "the way to the milter", "it does not run, listens elsewhere, or its socket's modes do not let us in"),
    "W09": One(
      "replies of a connection, time and again 40 ms after their command",
      "small writes over TCP, and Nagle's algorithm"),
    "W10": One(
      "the time of each reply, against a tenth of what the MTA waits",
      "DNS, a database or a scanner behind the milter"),
    "W11": One(
      "the time at end of message, mail by mail on a connection", "a list or a log that grows with every mail"
    ),
    "C01": One("TCP sequence numbers", "tcpdump was too slow"),
    "C02": One("SYN of each connection", "tcpdump was started later"),
    "C03": One("OPTNEG of each connection", "tcpdump was started later"),
    "C04": One("the end of the file", "tcpdump was still running, or the disk full"),
    "C05": One("the snap length", "tcpdump with -s"),
    "C06": One("RST", "a process that ended with unread bytes"),
    "C07": One("link types and IP fragments", "an interface that we do not know, or a small MTU"),
    "C08": One("milter packets in the whole capture", "the wrong port or interface"),
  ]

  private static let mails: [String: FindingDiagnosis] = [
    "M01": One("the mail's headers", "a program that writes mail by hand"),
    "M02": One("headers called From", "a forger, or a program that adds its own"),
    "M03": One(
      "the body's first lines, against the headers", "an MTA that keeps the headers in the body (Stalwart)"),
    "M04": One("bytes of the address, against SMTPUTF8", "a client that sends UTF-8 as it is"),
    "M05": One("the lines of the body", "HTML or base64 in one line"),
    "D01": One(
      "each change of a header, against what signatures cover",
      "a subject tag, a footer's header, a rewritten From"),
    "D02": One(
      "the new body, against each signature's bh= and l=", "a footer, a disclaimer, a link rewriter"),
    "D03": One(
      "each change, against signatures that were broken before",
      "a mailing list or a forwarder before this host"),
    "D04": One("each change, against ARC sets", "a change on a host that does not seal"),
    "D05": One(
      "body lines of more than 998 bytes, against signatures that the milter adds",
      "HTML in one line, signed here"),
    "D06": One(
      "deletions of Authentication-Results, against the topmost Received", "a milter that removes all of them"
    ),
    "L01": One(
      "values of modifications, against what earlier mails had",
      "data kept in a global, or not cleared in xxfi_abort"),
    "X01": One(
      "the verdicts of milter and shadow on the same command, but for what differs each time",
      "another version or configuration, or a shadow that did not get what the milter got"),
    "X02": One(
      "what milter and shadow change at the end of the same mail, but for what differs each time",
      "another version or configuration, or a shadow that did not get what the milter got"),
  ]
}
