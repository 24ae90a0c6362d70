import MilterProtocol
import TraceModel

extension Term {
  /// Every term, in the order of the docs.
  package static let table: [Term] =
    sides + commands + replies + flags + fields + facts + macroSets + previous

  package static let byName: [String: [Term]] = Dictionary(grouping: table, by: \.name)

  private static let reply = PacketKindSet.allReplies
  private static let command = PacketKindSet.allCommands

  private static func kind(_ name: String, _ kinds: PacketKindSet, _ doc: String) -> Term {
    Term(
      name: name, type: .flag, doc: doc, example: name, kinds: kinds, place: "every packet",
      source: .kinds(kinds))
  }

  private static let sides: [Term] = [
    kind("command", command, "a packet of the MTA"),
    kind("reply", reply, "a packet of the milter"),
    kind("verdict", .replies(role: .verdict), "a reply that settles its stage"),
    kind("modification", .replies(role: .modification), "a reply that changes the mail"),
    Term(
      name: "refusal", type: .flag,
      doc: "a verdict that refuses: REJECT, TEMPFAIL, SHUTDOWN, CONN_FAIL, or a text with a 4xx or 5xx",
      example: "refusal and stage == rcpt",
      kinds: .replies(.reject, .tempfail, .shutdown, .connFail, .replyCode), place: "verdicts",
      source: .refusal),
  ]

  private static let commands: [Term] = [
    kind("optneg", .commands(.optNeg).union(.replies(.optNeg)), "option negotiation, either side's"),
    kind("macro", .commands(.macro), "a set of macros"),
    kind("connect", .commands(.connect), "CONNECT: an SMTP client came"),
    kind("helo", .commands(.helo), "HELO or EHLO"),
    kind("mail", .commands(.mail), "MAIL: the sender"),
    kind("rcpt", .commands(.rcpt), "RCPT: one recipient"),
    kind("data", .commands(.data), "DATA"),
    kind("header", .commands(.header), "one header"),
    kind("eoh", .commands(.eoh), "end of headers"),
    kind("body", .commands(.body), "a chunk of the body"),
    kind("bodyeob", .commands(.bodyEOB), "end of message"),
    kind("unknown", .commands(.unknown), "UNKNOWN: an SMTP command the MTA does not know"),
    kind("abort", .commands(.abort), "ABORT: the message is off"),
    kind("quit", .commands(.quit), "QUIT"),
    kind("quitnc", .commands(.quitNC), "QUIT_NC: quit, and use the connection for another client"),
  ]

  private static let replies: [Term] = [
    kind("continue", .replies(.continue), "CONTINUE: go on"),
    kind("accept", .replies(.accept), "ACCEPT: let it pass, ask no more"),
    kind("reject", .replies(.reject), "REJECT itself; `refusal` takes 4xx and 5xx replies as well"),
    kind("tempfail", .replies(.tempfail), "TEMPFAIL: try again later"),
    kind("discard", .replies(.discard), "DISCARD: take it and throw it away"),
    kind("replycode", .replies(.replyCode), "REPLYCODE: an SMTP reply with a text of its own"),
    kind("skip", .replies(.skip), "SKIP: no more packets of this kind"),
    kind("shutdown", .replies(.shutdown), "SHUTDOWN: 421, the client is dropped; not in the message itself"),
    kind("connfail", .replies(.connFail), "CONN_FAIL"),
    kind("progress", .replies(.progress), "PROGRESS: still working"),
    kind("addheader", .replies(.addHeader), "ADDHEADER"),
    kind("insheader", .replies(.insHeader), "INSHEADER"),
    kind("chgheader", .replies(.chgHeader), "CHGHEADER: a header changed or deleted"),
    kind("addrcpt", .replies(.addRcpt, .addRcptPar), "ADDRCPT, with parameters or without"),
    kind("delrcpt", .replies(.delRcpt), "DELRCPT"),
    kind("chgfrom", .replies(.chgFrom), "CHGFROM: another sender"),
    kind("replbody", .replies(.replBody), "REPLBODY: a chunk of a new body"),
    kind("quarantine", .replies(.quarantine), "QUARANTINE"),
    kind("setsymlist", .replies(.setSymList), "SETSYMLIST as a reply of its own"),
  ]

  private static func flag(_ name: String, _ flags: PacketFlags, _ doc: String) -> Term {
    Term(
      name: name, type: .flag, doc: doc, example: "\(name) and reply", kinds: .all, place: "every packet",
      source: .flags(flags))
  }

  private static let flags: [Term] = [
    flag("held", .held, "stopped at some time, whether or not it still is"),
    flag("waiting", .waiting, "still stopped"),
    flag("edited", .edited, "what left is not what came"),
    flag("injected", .injected, "of our own making"),
    flag("dropped", .dropped, "never left"),
    flag("answered", .answered, "a command that was answered in the milter's place"),
    flag("marked", .marked, "marked by the operator"),
    flag("noted", .noted, "with words of the operator"),
    flag("ruled", .ruled, "a rule acted on it"),
  ]

  private static let fields: [Term] = [
    Term(
      name: "from", type: .leg, doc: "who sent it: mta or milter", example: "from == milter", kinds: .all,
      place: "every packet", source: .sender),
    Term(
      name: "stage", type: .stage, doc: "the stage it opens, answers, or has macros for",
      example: "reply and stage == rcpt", kinds: .all,
      place: "all but ABORT, QUIT and what fits nowhere", source: .stage),
    Term(
      name: "conn", type: .number, doc: "number of the MTA's connection", example: "conn == 7", kinds: .all,
      place: "every packet", source: .number(.connection)),
    Term(
      name: "msg", type: .number, doc: "number of the message in its connection; 0 outside any",
      example: "conn == 7 and msg == 2", kinds: .all, place: "every packet", source: .number(.message)),
    Term(
      name: "n", type: .number, doc: "number of the packet", example: "n in 100..200", kinds: .all,
      place: "every packet", source: .number(.number)),
    Term(
      name: "len", type: .size, doc: "bytes of the whole frame", example: "len > 64k", kinds: .all,
      place: "every packet", source: .number(.length)),
    Term(
      name: "time", type: .time, doc: "when it came: time of day, date, or time since the trace began",
      example: "time >= 12:04 and time < 12:05:30", kinds: .all, place: "every packet", source: .time),
    Term(
      name: "time.hour", type: .number,
      doc: "the hour of the day when it came, 0 to 23, by the clock of whoever looks",
      example: "connect and not time.hour in 7..19", kinds: .all, place: "every packet",
      source: .number(.hour)),
    Term(
      name: "took", type: .duration, doc: "how long the milter took to reply", example: "took > 500ms",
      kinds: reply, place: "replies", source: .number(.took)),
    Term(
      name: "code", type: .bytes, doc: "the letter on the wire; case counts", example: "code == \"y\"",
      kinds: .all, place: "every packet", source: .text(.code)),
    Term(
      name: "finding", type: .finding, doc: "what there is to remark on it: a weight or an id",
      example: "finding >= warning or finding == \"R02\"", kinds: .all, place: "packets with findings",
      source: .finding),
    Term(
      name: "tap", type: .text, doc: "name of the tap that its connection came in by (proxy --tap)",
      example: "tap == opendkim", kinds: .all, place: "where a run has several milters",
      source: .text(.tap)),
    Term(
      name: "client.host", type: .text, doc: "name of the SMTP client as the MTA knows it",
      example: "client.host endswith \".example.org\"", kinds: .all, place: "from CONNECT on",
      source: .text(.clientHost)),
    Term(
      name: "client.address", type: .address, doc: "address of the SMTP client",
      example: "client.address in 192.0.2.0/24", kinds: .all, place: "from CONNECT on",
      source: .text(.clientAddress)),
    Term(
      name: "client.port", type: .number, doc: "port of the SMTP client", example: "client.port < 1024",
      kinds: .all, place: "from CONNECT on", source: .number(.clientPort)),
    Term(
      name: "client.family", type: .text, doc: "family of its address: inet, inet6, unix or unknown",
      example: "client.family == \"inet6\"", kinds: .all, place: "from CONNECT on",
      source: .text(.clientFamily)),
    Term(
      name: "helo.name", type: .text, doc: "name in HELO or EHLO", example: "helo.name == \"localhost\"",
      kinds: .all, place: "from HELO on", source: .text(.heloName)),
    Term(
      name: "mail.address", type: .mailbox, doc: "the sender's address",
      example: "mail.address endswith \"@example.com\"",
      kinds: .commands(.mail, .macro).union(reply),
      place: "MAIL, the reply to it, CHGFROM; macros where the milter declined MAIL",
      source: .text(.mailAddress)),
    Term(
      name: "mail.args", type: .text, doc: "each ESMTP argument of the sender",
      example: "mail.args startswith \"SIZE=\"", kinds: .commands(.mail).union(reply),
      place: "MAIL, the reply to it, and CHGFROM", source: .text(.mailArguments)),
    Term(
      name: "rcpt.address", type: .mailbox, doc: "the recipient's address",
      example: "rcpt and rcpt.address ~ \"@example\\.net$\"", kinds: .commands(.rcpt, .macro).union(reply),
      place: "RCPT, the reply to it, ADDRCPT, DELRCPT; macros where the milter declined RCPT",
      source: .text(.rcptAddress)),
    Term(
      name: "rcpt.args", type: .text, doc: "each ESMTP argument of the recipient",
      example: "rcpt.args contains \"NOTIFY\"", kinds: .commands(.rcpt).union(.replies(.addRcptPar)),
      place: "RCPT and ADDRCPT_PAR", source: .text(.rcptArguments)),
    Term(
      name: "header.name", type: .text, doc: "the header's name", example: "header.name startswith \"X-\"",
      kinds: headers, place: "HEADER, ADDHEADER, INSHEADER, CHGHEADER", source: .text(.headerName)),
    Term(
      name: "header.value", type: .text, doc: "the header's value, folds as LF and white space",
      example: "header.name == \"From\" and header.value contains \"@example.com\"", kinds: headers,
      place: "HEADER, ADDHEADER, INSHEADER, CHGHEADER", source: .text(.headerValue)),
    Term(
      name: "header.index", type: .number, doc: "where the header goes", example: "header.index > 1",
      kinds: .replies(.insHeader, .chgHeader), place: "INSHEADER, CHGHEADER", source: .number(.headerIndex)),
    Term(
      name: "body", type: .bytes, doc: "the bytes of this chunk; case counts",
      example: "body contains \"GTUBE\"", kinds: .commands(.body).union(.replies(.replBody)),
      place: "BODY, REPLBODY", source: .text(.body)),
    Term(
      name: "reply.code", type: .number, doc: "the code of a custom reply", example: "reply.code in 400..499",
      kinds: .replies(.replyCode), place: "REPLYCODE", source: .number(.replyCode)),
    Term(
      name: "reply.text", type: .text, doc: "the text of a custom reply, lines joined by LF",
      example: "reply.text contains \"greylist\"", kinds: .replies(.replyCode), place: "REPLYCODE",
      source: .text(.replyText)),
    Term(
      name: "unknown.line", type: .text, doc: "the SMTP command that the MTA does not know",
      example: "unknown.line startswith \"XFORWARD\"", kinds: .commands(.unknown), place: "UNKNOWN",
      source: .text(.unknownLine)),
    Term(
      name: "reason", type: .text, doc: "the reason given for the quarantine",
      example: "reason contains \"virus\"", kinds: .replies(.quarantine), place: "QUARANTINE",
      source: .text(.reason)),
    Term(
      name: "text", type: .text, doc: "the payload; a string alone means the same",
      example: "text contains \"example\"", kinds: .all, place: "every packet", source: .text(.text)),
    Term(
      name: "raw", type: .bytes, doc: "the whole frame, byte for byte",
      example: "raw startswith \"\\x00\\x00\\x00\\x0D\"", kinds: .all, place: "every packet",
      source: .text(.raw)),
  ]

  private static let headers = PacketKindSet.commands(.header).union(
    .replies(.addHeader, .insHeader, .chgHeader))

  private static let facts: [Term] = [
    Term(
      name: "queue", type: .text, doc: "the MTA's queue id of the message",
      example: "queue == \"4XyZ1234ab\"", kinds: .all, place: "as soon as the MTA tells it",
      source: .text(.queue)),
    Term(
      name: "macro", type: .text, doc: "the value in force of a macro, by its name without braces",
      example: "macro[\"client_addr\"] == \"192.0.2.7\"", kinds: .all, place: "every packet",
      source: .text(.macro)),
    Term(
      name: "message.from", type: .mailbox,
      doc: "the sender of the message; `{mail_addr}` where the milter declined MAIL",
      example: "message.from in [\"a@example.net\", \"b@example.net\"]", kinds: .all, place: "from MAIL on",
      source: .text(.messageFrom)),
    Term(
      name: "message.rcpts", type: .mailbox,
      doc: "each recipient so far that was not refused; `{rcpt_addr}` where the milter declined RCPT",
      example: "message.rcpts == \"list@example.net\"", kinds: .all, place: "from RCPT on",
      source: .text(.messageRecipients)),
    Term(
      name: "message.nrcpts", type: .number, doc: "how many recipients so far",
      example: "message.nrcpts > 50",
      kinds: .all, place: "from MAIL on", source: .number(.messageRecipients)),
    Term(
      name: "message.rcpts.count", type: .number, doc: "the same as message.nrcpts",
      example: "data and message.rcpts.count > 50",
      kinds: .all, place: "from MAIL on", source: .number(.messageRecipients)),
    Term(
      name: "message.subject", type: .text, doc: "the Subject so far, as sent",
      example: "message.subject contains \"test\"", kinds: .all, place: "from its HEADER on",
      source: .text(.messageSubject)),
    Term(
      name: "message.header", type: .text, doc: "each header of that name so far",
      example: "message.header[\"Subject\"] contains \"test\"", kinds: .all, place: "from its HEADER on",
      source: .text(.messageHeader)),
    Term(
      name: "message.size", type: .size, doc: "bytes of headers and body so far",
      example: "bodyeob and message.size > 5MB", kinds: .all, place: "from MAIL on",
      source: .number(.messageSize)),
    Term(
      name: "message.body", type: .text,
      doc:
        "what the mail says: the text parts, decoded and one below the other, of the first 8 MiB of the body",
      example: "bodyeob and message.body contains \"viagra\"", kinds: ends, place: endsInWords,
      source: .text(.messageBody)),
    Term(
      name: "message.raw", type: .bytes,
      doc: "headers and the first 8 MiB of the body as they came; case counts",
      example: "bodyeob and message.raw contains \"GTUBE\"", kinds: ends, place: endsInWords,
      source: .text(.messageRaw)),
    Term(
      name: "part.type", type: .text, doc: "type of each MIME part that has no parts in it",
      example: "bodyeob and part.type == \"application/x-msdownload\"", kinds: ends, place: endsInWords,
      source: .text(.partType)),
    Term(
      name: "part.name", type: .text, doc: "the file's name of each part that has one, decoded",
      example: "bodyeob and part.name ~ \"\\.(exe|scr)$\"", kinds: ends, place: endsInWords,
      source: .text(.partName)),
    Term(
      name: "part.size", type: .size, doc: "bytes of each part, decoded",
      example: "bodyeob and part.size > 5MB",
      kinds: ends, place: endsInWords, source: .number(.partSize)),
    Term(
      name: "part.text", type: .text, doc: "the text of each text part, decoded",
      example: "bodyeob and part.text ~ \"dear (sir|madam)\"", kinds: ends, place: endsInWords,
      source: .text(.partText)),
  ]

  /// As a stage had them, whatever later ones say.
  private static let macroSets: [Term] = [
    Stage.connect, .helo, .mail, .rcpt, .data, .eoh, .bodyEOB,
  ].map { stage in
    let word = stage.name.lowercased()
    return Term(
      name: "macro.\(word)", type: .text,
      doc: "the value that the macro was sent with for \(stage.name), whatever came later",
      example:
        "macro.\(word)[\"\(stage == .connect ? "j" : stage == .helo ? "tls_version" : "i")\"] == \"abc\"",
      kinds: .all, place: "from the macros for \(stage.name) on", source: .text(.macroOf(stage)))
  }

  private static func previous(
    _ name: String, _ type: ValueType, _ doc: String, _ example: String, _ field: TextField
  ) -> Term {
    Term(
      name: "previous.\(name)", type: type, doc: doc, example: example, kinds: .all,
      place: "from the second mail of a connection on, and behind the first", source: .text(field))
  }

  private static let previous: [Term] = [
    previous(
      "from", .mailbox, "the sender of the mail before this one on the connection",
      "mail and previous.from == \"a@example.net\"", .previousFrom),
    previous(
      "rcpts", .mailbox, "each of its recipients that was not refused",
      "rcpt and previous.rcpts == \"list@example.net\"", .previousRecipients),
    previous(
      "subject", .text, "its Subject, as sent", "bodyeob and previous.subject contains \"test\"",
      .previousSubject),
    previous(
      "header", .text, "each of its headers of that name", "previous.header[\"X-Spam-Flag\"] == \"YES\"",
      .previousHeader),
    previous(
      "queue", .text, "its queue id, where the MTA told it", "previous.queue == \"4XyZ1234ab\"",
      .previousQueue),
    previous(
      "verdict", .text, "the reply that settled it: accept, continue, reject, tempfail, discard, replycode …",
      "mail and previous.verdict in [\"reject\", \"replycode\"]", .previousVerdict),
  ]

  /// Where the mail is whole.
  private static let ends = PacketKindSet.commands(.bodyEOB).union(reply)
  private static let endsInWords = "BODYEOB and the replies to it"
}
