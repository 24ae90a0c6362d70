import MilterProtocol
import Sending

/// The checklist for MTAs: what milters do seldom, and what none should.
///
/// What Postfix and Sendmail do was seen with 3.7 and 8.17 (docs/protocol.md, sections 2, 4 and 7).
extension MTATrial {
  package static let table = negotiation + verdicts + changes + broken + texts + order

  /// The mail by which the others are measured.
  package static let plain = MTATrial("plain", .negotiation, "a milter that lets everything through", .takes)

  private static let givesUp = "both do without the milter, as configured for one that fails"

  private static let negotiation = [
    plain,
    MTATrial("no-reply", .negotiation, "no reply promised at any stage", .takes, flags: .allNoReply),
    MTATrial("no-steps", .negotiation, "every stage switched off", .takes, flags: .allNoCommand),
    MTATrial(
      "leading-space", .negotiation, "header values with their leading space", .takes,
      flags: .headerLeadingSpace),
    MTATrial("version-2", .negotiation, "version 2 answered", .takes, answer: [optNeg(version: 2, 0x3F, 0)]),
    MTATrial(
      "symbols", .negotiation, "lists of macros asked for", .takes,
      answer: [optNeg(version: 6, 0x1FF, 0, lists: [(2, "i {mail_addr}"), (5, "i"), (6, "i")])]),
    MTATrial(
      "symbols-unknown", .negotiation, "macros asked for at a stage that there is none of",
      .survives(both: "both ignore the list"),
      answer: [optNeg(version: 6, 0x1FF, 0, lists: [(9, "i")])]),
    MTATrial(
      "symbols-no-nul", .negotiation, "a list of macros without its NUL",
      .survives(both: "Postfix does without the milter, Sendmail reads beyond the packet"),
      answer: [.say(packet("O", [0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x69]))]),
    MTATrial(
      "optneg-short", .negotiation, "OPTNEG of 8 bytes", .survives(both: givesUp),
      answer: [.say(packet("O", [0, 0, 0, 6, 0, 0, 1, 0xFF]))]),
    MTATrial(
      "optneg-close", .negotiation, "a close in place of OPTNEG", .survives(both: givesUp), answer: [.close]),
    MTATrial(
      "optneg-version-7", .negotiation, "a version above the one offered",
      .survives(both: "Postfix does without the milter, Sendmail goes on"), answer: [optNeg(version: 7, 0, 0)]
    ),
    MTATrial(
      "optneg-actions", .negotiation, "an action that was not offered", .survives(both: givesUp),
      answer: [optNeg(version: 6, 0x3FF, 0)]),
    MTATrial(
      "optneg-flags", .negotiation, "a protocol flag that was not offered",
      .survives(both: "Postfix goes on, Sendmail does without the milter"),
      answer: [optNeg(version: 6, 1, 0x200000)]),
    MTATrial(
      "optneg-progress", .negotiation, "PROGRESS in place of OPTNEG", .survives(both: givesUp),
      answer: [reply("p"), optNeg(version: 6, 0x1FF, 0)]),
    MTATrial(
      "optneg-verdict", .negotiation, "CONTINUE in place of OPTNEG", .survives(both: givesUp),
      answer: [reply("c")]),
    MTATrial(
      "optneg-http", .negotiation, "an HTTP server in place of a milter", .survives(both: givesUp),
      answer: [.sayBytes(bytes("HTTP/1.1 400 Bad Request\r\n\r\n")), .close]),
  ]

  private static let verdicts = [
    MTATrial(
      "trickle", .verdicts, "verdicts byte by byte", .takes,
      at([.mail, .rcpt, .bodyEOB], [.sayPiecewise(packet("c"), bytes: 1, pause: .milliseconds(20))])),
    MTATrial(
      "slow", .verdicts, "a second for each verdict", .takes,
      at([.mail, .rcpt, .bodyEOB], [.pause(.seconds(1)), reply("c")])),
    MTATrial(
      "progress", .verdicts, "PROGRESS at the end of the mail", .takes,
      at([.bodyEOB], [reply("p"), .pause(.milliseconds(200)), reply("p"), reply("c")])),
    MTATrial(
      "progress-storm", .verdicts, "1,000 PROGRESS at the end of the mail", .takes,
      at([.bodyEOB], (1...1000).map { _ in reply("p") } + [reply("c")])),
    MTATrial("accept", .verdicts, "ACCEPT at MAIL", .takes, at([.mail], [reply("a")])),
    MTATrial("accept-connect", .verdicts, "ACCEPT at CONNECT", .takes, at([.connect], [reply("a")])),
    MTATrial("discard", .verdicts, "DISCARD at the end of the mail", .takes, at([.bodyEOB], [reply("d")])),
    MTATrial("reject", .verdicts, "REJECT at the end of the mail", .refuses, at([.bodyEOB], [reply("r")])),
    MTATrial("reject-mail", .verdicts, "REJECT at MAIL", .refuses, at([.mail], [reply("r")])),
    MTATrial("reject-rcpt", .verdicts, "REJECT of the recipient", .refuses, at([.rcpt], [reply("r")])),
    MTATrial("reject-connect", .verdicts, "REJECT at CONNECT", .refuses, at([.connect], [reply("r")])),
    MTATrial(
      "tempfail", .verdicts, "TEMPFAIL at the end of the mail", .refuses, at([.bodyEOB], [reply("t")])),
    MTATrial(
      "reply-lines", .verdicts, "a reply in three lines", .refuses,
      at([.rcpt], [text("550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three")])),
    MTATrial(
      "reply-421", .verdicts, "421 at the end of the mail", .refuses,
      at([.bodyEOB], [text("421 4.3.2 later")])),
    MTATrial("skip-body", .verdicts, "SKIP at BODY", .takes, at([.body], [reply("s")])),
  ]

  private static let changes = [
    change("add-headers", "100 headers added", (1...100).map { text("h", "X-\($0)\0yes\0") }),
    change(
      "insert-header", "a header inserted above all",
      [.say(packet("i", [0, 0, 0, 0] + bytes("X-First\0yes\0")))]),
    change(
      "delete-header", "a header deleted, and one that is not there",
      [changeHeader(1, "Subject\0\0"), changeHeader(9, "X-None\0\0")]),
    change("header-folded", "a header in several lines", [text("h", "X-Folded\0one\n\ttwo\0")]),
    change("new-body", "another body, in two packets", [text("b", "one\r\n"), text("b", "two\r\n")]),
    change("new-body-empty", "an empty body", [reply("b")]),
    change(
      "new-body-1mb", "a body of 1 MB, in 16 packets",
      (1...16).map { _ in .say(packet("b", filling(65_535))) }),
    change("new-body-long", "a body of 200,000 bytes in one packet", [.say(packet("b", filling(200_000)))]),
    change("new-sender", "another sender, the null one", [text("e", "<>\0")]),
    odd(
      "header-no-nul", "ADDHEADER without its last NUL",
      "Postfix does without the milter, Sendmail ignores the request", [text("h", "X-A\0no end")]),
    odd(
      "header-one-string", "ADDHEADER with a name and no value",
      "Postfix does without the milter, Sendmail ignores the request", [text("h", "X-A\0")]),
    odd(
      "header-surplus", "ADDHEADER with a string too many",
      "Postfix does without the milter, Sendmail ignores the request", [text("h", "X-A\0one\0two\0")]),
    odd(
      "header-no-name", "ADDHEADER with an empty name", "Postfix writes ': v', Sendmail ignores it",
      [text("h", "\0v\0")]),
    odd(
      "header-injects", "ADDHEADER with a line end in its value", "both make a continuation of it",
      [text("h", "X-A\0one\nX-Injected: two\0")]),
    odd(
      "header-cut", "CHGHEADER that ends within its index",
      "Postfix does without the milter, Sendmail ignores the request", [.say(packet("m", [0, 0]))]),
    odd(
      "header-index", "CHGHEADER with an index of 4,294,967,295",
      "Postfix adds it, Sendmail changes the first", [changeHeader(0xFFFF_FFFF, "Subject\0x\0")]),
    odd(
      "recipient-no-nul", "ADDRCPT without its NUL",
      "Postfix does without the milter, Sendmail ignores the request", [text("+", "<a@example.net>")]),
    odd("recipient-none", "DELRCPT of nobody", "both ignore it", [text("-", "<nobody@example.net>\0")]),
    odd(
      "body-mixed", "REPLBODY, another modification, REPLBODY",
      "Postfix does without the milter, Sendmail takes it",
      [text("b", "one\r\n"), text("h", "X-A\0v\0"), text("b", "two\r\n")]),
    MTATrial(
      "changes-close", .changes, "modifications, and a close in place of the verdict",
      .survives(both: givesUp),
      at([.bodyEOB], [text("h", "X-A\0v\0"), .close])),
  ]

  private static let broken = [
    stray(
      "length-zero", "a packet of length 0", "both do without the milter, Sendmail once its time is over",
      [.sayBytes([0, 0, 0, 0])]),
    stray(
      "length-huge", "a length of 2 GB", "both do without the milter",
      [.sayBytes([0x7F, 0xFF, 0xFF, 0xFF, 0x63]), .close]),
    stray(
      "code-unknown", "a code that there is none of",
      "both do without the milter, Sendmail from the next command on", [reply("?")]),
    stray(
      "code-command", "a command in the place of a reply",
      "both do without the milter, Sendmail from the next command on", [reply("M")]),
    stray(
      "verdict-payload", "CONTINUE with bytes behind it",
      "Postfix does without the milter, Sendmail ignores them", [text("c", "x\0")]),
    stray(
      "text", "text in the place of a reply", "both do without the milter",
      [.sayBytes(bytes("Traceback (most recent call last):\n")), .close]),
    stray(
      "half-packet", "half a packet, and a close", givesUp,
      [.sayBytes([0, 0, 0, 20, 0x79, 0x35, 0x35]), .close]),
    stray("close", "a close in place of a reply", givesUp, [.close]),
    stray("reset", "a connection that breaks (RST) in place of a reply", givesUp, [.reset]),
    MTATrial(
      "close-body", .broken, "a close within the body", .survives(both: givesUp), at([.body], [.close])),
    MTATrial(
      "reset-end", .broken, "a connection that breaks (RST) at the end of the mail", .survives(both: givesUp),
      at([.bodyEOB], [.reset])),
    MTATrial(
      "optneg-again", .broken, "OPTNEG again", .survives(both: "both do without the milter"),
      at([.mail], [optNeg(version: 6, 0, 0)])),
    stray(
      "conn-fail", "CONN_FAIL", "both do without the milter, Sendmail from the next command on", [reply("f")]),
    stray(
      "symbols-late", "a list of macros behind OPTNEG",
      "both do without the milter, Sendmail from the next command on", [text("l", "\0\0\0\u{5}i\0")]),
  ]

  private static let texts = [
    worded(
      "reply-250", "a reply of 250", "Postfix does without the milter, Sendmail refuses in its own words",
      "250 2.0.0 fine"),
    worded(
      "reply-bare", "a reply of a code alone",
      "Postfix does without the milter, Sendmail refuses with a stray byte for a text", "550"),
    worded(
      "reply-class", "550 with an enhanced code of class 4",
      "Postfix does without the milter, Sendmail takes it", "550 4.7.1 no"),
    worded(
      "reply-percent", "a single percent sign", "Postfix leaves it out, Sendmail refuses in its own words",
      "550 5.7.1 100%d sure"),
    worded("reply-line-feed", "lines that end in LF alone", "both take it", "550-5.7.1 one\n550 5.7.1 two"),
    worded(
      "reply-line-end", "a line end behind the last line",
      "both send an empty line, which puts the client out of step", "550 5.7.1 no\r\n"),
    worded(
      "reply-long", "a line of 3,000 bytes", "both take it",
      "550 5.7.1 " + String(repeating: "x", count: 3_000)),
    worded(
      "reply-binary", "bytes beyond ASCII", "Postfix takes them, Sendmail without their highest bit",
      "550 5.7.1 gr\u{FC}ße"),
    MTATrial(
      "reply-no-nul", .text, "a reply without its NUL",
      .survives(both: "Postfix 3.7 shows stray bytes, Sendmail refuses in its own words"),
      at([.rcpt], [text("y", "550 5.7.1 no")])),
  ]

  private static let order = [
    MTATrial(
      "two-verdicts", .order, "two verdicts at RCPT",
      .survives(both: "both take the second for the answer to the next command"),
      at([.rcpt], [reply("c"), reply("c")])),
    MTATrial(
      "two-verdicts-end", .order, "two verdicts at the end of the mail",
      .survives(both: "both take the mail"), at([.bodyEOB], [reply("c"), reply("c")])),
    MTATrial(
      "refused-then-taken", .order, "REPLYCODE and CONTINUE at RCPT, as python-libmilter's setReply",
      .survives(both: "both refuse the recipient, and are out of step"),
      at([.rcpt], [text("550 5.1.1 no"), reply("c")])),
    MTATrial(
      "unpromised", .order, "a reply to MAIL though none was promised",
      .survives(both: "both take it for the next answer"), flags: .noReplyMail,
      at([.mail], [reply("c")])),
    MTATrial(
      "early-change", .order, "ADDHEADER at MAIL",
      .survives(both: "both do without the milter, Sendmail from the next command on"),
      at([.mail], [text("h", "X-A\0v\0"), reply("c")])),
    MTATrial(
      "late-change", .order, "ADDHEADER behind the verdict", .survives(both: "both take the mail"),
      at([.bodyEOB], [reply("c"), text("h", "X-A\0v\0")])),
    MTATrial(
      "early-progress", .order, "PROGRESS at MAIL",
      .survives(both: "Postfix waits on, Sendmail does without the milter from the next command on"),
      at([.mail], [reply("p"), reply("c")])),
    MTATrial(
      "skip-mail", .order, "SKIP at MAIL",
      .survives(both: "Postfix goes on, Sendmail asks the milter nothing more"), at([.mail], [reply("s")])),
    MTATrial(
      "skip-end", .order, "SKIP at the end of the mail",
      .survives(both: "Postfix takes it for CONTINUE, Sendmail does without the milter"),
      at([.bodyEOB], [reply("s")])),
    MTATrial(
      "discard-connect", .order, "DISCARD at CONNECT",
      .survives(both: "Postfix goes on, Sendmail asks the milter nothing more"), at([.connect], [reply("d")])),
    MTATrial(
      "shutdown-mail", .order, "SHUTDOWN at MAIL",
      .survives(both: "Postfix sends the client away, Sendmail does without the milter"),
      at([.mail], [reply("4")])),
    MTATrial(
      "accept-unknown", .order, "ACCEPT at UNKNOWN",
      .survives(both: "Postfix's smtpd panics at the next MAIL, Sendmail goes on"),
      at([.unknown], [reply("a")])),
  ]

  // MARK: - Making them

  private init(
    _ id: String, _ group: Group, _ what: String, _ bar: Bar, answer: [MilterMove]? = nil,
    flags: ProtocolFlags = [],
    _ moves: [Stage: [MilterMove]] = [:]
  ) {
    self.init(id: id, group: group, what: what, bar: bar, negotiation: answer, flags: flags, moves: moves)
  }

  private static func change(_ id: String, _ what: String, _ changes: [MilterMove]) -> MTATrial {
    MTATrial(id, .changes, what, .takes, at([.bodyEOB], changes + [reply("c")]))
  }

  private static func odd(_ id: String, _ what: String, _ both: String, _ changes: [MilterMove]) -> MTATrial {
    MTATrial(id, .changes, what, .survives(both: both), at([.bodyEOB], changes + [reply("c")]))
  }

  /// In the place of the answer to MAIL.
  private static func stray(_ id: String, _ what: String, _ both: String, _ moves: [MilterMove]) -> MTATrial {
    MTATrial(id, .broken, what, .survives(both: both), at([.mail], moves))
  }

  private static func worded(_ id: String, _ what: String, _ both: String, _ words: String) -> MTATrial {
    MTATrial(id, .text, what, .survives(both: both), at([.rcpt], [text(words)]))
  }

  private static func at(_ stages: [Stage], _ moves: [MilterMove]) -> [Stage: [MilterMove]] {
    Dictionary(uniqueKeysWithValues: stages.map { ($0, moves) })
  }

  private static func packet(_ letter: Unicode.Scalar, _ payload: [UInt8] = []) -> Packet {
    Packet(code: UInt8(ascii: letter), payload: payload, from: .milter)
  }

  private static func reply(_ letter: Unicode.Scalar) -> MilterMove { .say(packet(letter)) }
  private static func text(_ letter: Unicode.Scalar, _ payload: String) -> MilterMove {
    .say(packet(letter, bytes(payload)))
  }
  private static func text(_ words: String) -> MilterMove { text("y", words + "\0") }

  private static func changeHeader(_ index: UInt32, _ strings: String) -> MilterMove {
    .say(packet("m", word(index) + bytes(strings)))
  }

  private static func optNeg(
    version: UInt32, _ actions: UInt32, _ flags: UInt32, lists: [(UInt32, String)] = []
  ) -> MilterMove {
    let fixed = word(version) + word(actions) + word(flags)
    return .say(packet("O", lists.reduce(fixed) { $0 + word($1.0) + bytes($1.1) + [0] }))
  }

  private static func word(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}
