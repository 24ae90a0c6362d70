import MilterProtocol
import Sending

/// The checklist for milters: what MTAs do seldom, and what no MTA should.
///
/// What libmilter does was seen with 8.17.
extension MilterTrial {
  package static let table =
    negotiation + clients + envelopes + contents + orders + ends + brokenFrames + brokenFields + brokenOrders
    + offers

  /// The mail by which the others are measured.
  package static let plain = MilterTrial("plain", .negotiation, "a mail", .goesOn) {
    $0.greeting + $0.wholeMail + [$0.abort, $0.quit]
  }

  static let negotiation = [
    plain,
    MilterTrial("no-macros", .negotiation, "a mail without any macros", .goesOn) { trial in
      (trial.greeting + trial.wholeMail).map { step in
        if case .say(let command) = step { .bare(command) } else { step }
      } + [trial.quit]
    },
    MilterTrial(
      "no-noreply", .negotiation, "an MTA that waits for every answer (no NR bits offered)", .goesOn
    ) {
      $0.greeting(offering: $0.offer(without: .allNoReply)) + $0.wholeMail + [$0.quit]
    },
    MilterTrial("no-skip", .negotiation, "an MTA that knows no SKIP", .goesOn) {
      $0.greeting(offering: $0.offer(without: .skip)) + $0.wholeMail + [$0.quit]
    },
    MilterTrial("version-4", .negotiation, "protocol version 4 (Sendmail before 8.14)", .goesOn) {
      $0.greeting(offering: SendingSession.offer(version: 4)) + $0.wholeMail + [$0.quit]
    },
    MilterTrial("version-2", .negotiation, "protocol version 2 (Sendmail 8.12, milter_protocol = 2)", .goesOn)
    {
      $0.greeting(offering: SendingSession.offer(version: 2)) + $0.wholeMail + [$0.quit]
    },
    MilterTrial("version-7", .negotiation, "an MTA of a version that is still to come", .goesOn) {
      var offer = $0.session.offer
      offer.version = 7
      return $0.greeting(offering: offer) + $0.wholeMail + [$0.quit]
    },
    MilterTrial(
      "unknown-flags", .negotiation, "every flag offered, those to come as well", .goesOn
    ) {
      let offer = OptNeg(
        version: 6, actions: ActionFlags(rawValue: 0xFFFF),
        protocolFlags: ProtocolFlags(rawValue: 0x0FFF_FFFF))
      return $0.greeting(offering: offer) + $0.wholeMail + [$0.quit]
    },
  ]

  /// The last ones: some milters end altogether over them.
  private static let offers = [
    MilterTrial(
      "no-actions", .negotiation, "an MTA that lets it change nothing but headers",
      .survives(libmilter: "closes over an action that it wants and that is not offered")
    ) {
      var offer = $0.session.offer
      offer.actions = .addHeaders
      return $0.greeting(offering: offer) + $0.wholeMail + [$0.quit]
    },
    MilterTrial(
      "no-steps", .negotiation, "an MTA that offers no protocol flag",
      .survives(libmilter: "takes it for those of version 1, and closes over others that it wants")
    ) {
      var offer = $0.session.offer
      offer.protocolFlags = []
      return $0.greeting(offering: offer) + $0.wholeMail + [$0.quit]
    },
  ]

  private static let clients = [
    client("client-unknown", "a client without an address (family U)", .unknown),
    client("client-unix", "a client on a unix socket (family L)", .unix(port: 0, path: bytes("/run/x.sock"))),
    client(
      "client-ipv6", "a client of IPv6, as Postfix says it",
      .inet6(port: 40_025, address: bytes("2001:db8::7"))),
    client(
      "client-ipv6-tag", "a client of IPv6, as Sendmail says it",
      .inet6(port: 40_025, address: bytes("IPv6:2001:db8:0:0:0:0:0:7"))),
    client("client-port-0", "a client whose port is not known", .inet(port: 0, address: bytes("192.0.2.25"))),
    MilterTrial("helo-twice", .client, "HELO again, as behind STARTTLS", .goesOn, [.helo]) {
      $0.greeting + [$0.helo] + $0.wholeMail + [$0.quit]
    },
    MilterTrial("helo-none", .client, "a client that says no HELO", .goesOn) {
      $0.negotiation + [$0.connect] + $0.wholeMail + [$0.quit]
    },
    MilterTrial("helo-empty", .client, "HELO with an empty name", .goesOn, [.helo]) {
      $0.negotiation + [$0.connect, .say(.helo(name: []))] + $0.wholeMail + [$0.quit]
    },
    MilterTrial("helo-long", .client, "HELO with a name of 10,000 bytes", .goesOn, [.helo]) {
      $0.negotiation + [$0.connect, .say(.helo(name: filling(10_000)))] + $0.wholeMail + [$0.quit]
    },
    MilterTrial("unknown-command", .client, "an SMTP command that nobody knows", .goesOn, [.unknown]) {
      $0.greeting + [.say(.unknown(line: bytes("FOO bar")))] + $0.wholeMail + [$0.quit]
    },
    MilterTrial(
      "unknown-in-mail", .client, "an SMTP command that nobody knows, within a mail", .goesOn,
      [.unknown, .mail]
    ) {
      $0.greeting + [$0.sender, .say(.unknown(line: bytes("FOO")))] + $0.wholeMail.dropFirst() + [$0.quit]
    },
    MilterTrial(
      "unknown-bare", .client, "an SMTP command that nobody knows, without macros", .goesOn, [.unknown]
    ) {
      $0.greeting + [.bare(.unknown(line: bytes("FOO")))] + $0.wholeMail + [$0.quit]
    },
  ]

  private static func client(_ id: String, _ what: String, _ family: Connect.Family) -> MilterTrial {
    MilterTrial(id, .client, what, .goesOn, [.connect]) {
      $0.greeting(as: Connect(hostname: bytes("client.example.org"), family: family)) + $0.wholeMail + [
        $0.quit
      ]
    }
  }

  private static let envelopes = [
    sender("sender-null", "the null sender, as SMTP has it: <>", Envelope(address: bytes("<>"))),
    sender(
      "sender-empty", "the null sender, as Postfix has it of its own mail: nothing", Envelope(address: [])),
    sender("sender-bare", "a sender without angle brackets", Envelope(address: bytes("sender@example.org"))),
    sender(
      "sender-arguments", "a sender with ESMTP arguments",
      Envelope(
        address: bytes("<sender@example.org>"),
        arguments: ["SIZE=1000", "BODY=8BITMIME", "ENVID=x+3Dy", "SMTPUTF8"].map { bytes($0) })),
    sender(
      "sender-utf8", "a sender beyond ASCII",
      Envelope(address: bytes("<jürgen@exämple.org>"), arguments: [bytes("SMTPUTF8")])),
    sender(
      "sender-binary", "a sender of bytes that are no UTF-8",
      Envelope(address: bytes("<") + [0xFF, 0xFE, 0x80] + bytes("@example.org>"))),
    sender(
      "sender-long", "a sender of 10,000 bytes",
      Envelope(address: bytes("<") + filling(9_986) + bytes("@example.org>"))),
    MilterTrial("recipients-1000", .envelope, "a mail to 1,000 recipients", .goesOn, [.rcpt]) { trial in
      trial.greeting + [trial.sender]
        + (1...1000).map { .say(.rcpt(Envelope(address: bytes("<r\($0)@example.net>")))) } + [.say(.data)]
        + trial.content + [trial.end, trial.abort, trial.quit]
    },
    MilterTrial("recipient-arguments", .envelope, "a recipient with ESMTP arguments", .goesOn, [.rcpt]) {
      trial in
      let recipient = Envelope(
        address: trial.mail.recipients[0].address,
        arguments: [bytes("NOTIFY=NEVER"), bytes("ORCPT=rfc822;x@y")])
      return trial.greeting + [trial.sender, .say(.rcpt(recipient)), .say(.data)] + trial.content
        + [trial.end, trial.abort, trial.quit]
    },
  ]

  private static func sender(_ id: String, _ what: String, _ envelope: Envelope) -> MilterTrial {
    MilterTrial(id, .envelope, what, .goesOn, [.mail]) {
      $0.greeting + $0.wholeMail(from: envelope) + [$0.abort, $0.quit]
    }
  }

  private static let contents = [
    headers("headers-none", "a mail without headers") { _ in [] },
    headers("headers-1000", "a mail with 1,000 more headers") { fields in
      fields + (1...1000).map { Header(name: bytes("X-Trace"), value: bytes("hop \($0)")) }
    },
    headers("header-empty", "a header without a value") { $0 + [Header(name: bytes("X-Empty"), value: [])] },
    headers("header-folded", "a header in several lines") {
      $0 + [Header(name: bytes("X-Folded"), value: bytes("one\n\ttwo\n three"))]
    },
    headers("header-binary", "a header of bytes that are no UTF-8") {
      $0 + [Header(name: bytes("X-Binary"), value: [0xFF, 0xFE, 0x80, 0x01])]
    },
    headers("header-name-binary", "a header whose name is no UTF-8") {
      $0 + [Header(name: bytes("X-") + [0xE9, 0xFF], value: bytes("x"))]
    },
    headers("header-long", "a header of 60,000 bytes, the most that Postfix has") {
      $0 + [Header(name: bytes("X-Long"), value: filling(59_900))]
    },
    headers("header-twice", "two headers called Subject, and From") {
      $0 + [
        Header(name: bytes("subject"), value: bytes("two")),
        Header(name: bytes("FROM"), value: bytes("<two@example.org>")),
      ]
    },
    body("body-none", "a mail without a body") { _ in [] },
    body("body-chunk", "a body of 65,535 bytes, one full packet") { _ in filling(65_535) },
    body("body-1mb", "a body of 1 MB, in many packets") { _ in filling(1_048_576) },
    body("body-cut", "a body whose CR LF is cut in two by the packets") { _ in
      filling(65_534) + [0x0D, 0x0A] + bytes("behind it\r\n")
    },
    body("body-binary", "a body of every byte there is, NUL as well") { _ in
      Array(0...255) + [0x0D, 0x0A] + Array((0...255).reversed())
    },
    body("body-no-end", "a body whose last line has no end") { _ in bytes("no end") },
    MilterTrial("trickle", .content, "every packet byte by byte", .fares) { trial in
      (trial.greeting + trial.wholeMail).map { step in
        if case .say(let command) = step { .trickle(command) } else { step }
      } + [trial.quit]
    },
  ]

  private static func headers(
    _ id: String, _ what: String, _ change: @escaping @Sendable ([Header]) -> [Header]
  ) -> MilterTrial {
    MilterTrial(id, .content, what, .goesOn, id == "headers-none" ? [] : [.header]) {
      $0.greeting + $0.wholeMail(headers: change($0.fields), body: $0.mail.mail.body) + [$0.abort, $0.quit]
    }
  }

  private static func body(
    _ id: String, _ what: String, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> MilterTrial {
    MilterTrial(id, .content, what, .goesOn, id == "body-none" ? [] : [.body]) {
      $0.greeting + $0.wholeMail(headers: $0.fields, body: change($0.mail.mail.body)) + [$0.abort, $0.quit]
    }
  }

  private static let orders = [
    MilterTrial("two-mails", .order, "two mails on a connection, ABORT between them (Postfix)", .fares) {
      $0.greeting + $0.wholeMail + [$0.abort] + $0.wholeMail + [$0.abort, $0.abort, $0.quit]
    },
    MilterTrial(
      "two-mails-bare", .order, "two mails on a connection, nothing between them (Sendmail)", .fares
    ) {
      $0.greeting + $0.wholeMail + $0.wholeMail + [$0.quit]
    },
    MilterTrial("mails-20", .order, "20 mails on a connection", .fares) { trial in
      trial.greeting + (1...20).flatMap { _ in trial.wholeMail + [trial.abort] } + [trial.quit]
    },
    takenBack("abort-mail", "a mail taken back behind MAIL, then another", .mail) { [$0.sender] },
    takenBack("abort-rcpt", "a mail taken back behind RCPT, then another", .rcpt) {
      [$0.sender, $0.recipient]
    },
    takenBack("abort-headers", "a mail taken back within its headers, then another", .header) {
      $0.envelope + $0.headers.prefix(2)
    },
    takenBack("abort-body", "a mail taken back within its body, then another", .body) {
      $0.envelope + $0.content
    },
    MilterTrial("abort-idle", .order, "ABORT where there is no mail, twice", .fares) {
      $0.greeting + [$0.abort, $0.abort] + $0.wholeMail + [$0.quit]
    },
    MilterTrial(
      "helo-in-mail", .order, "HELO within a mail, then ABORT twice (Postfix)", .fares, [.helo, .mail]
    ) {
      $0.greeting + [$0.sender, $0.recipient, $0.helo, $0.abort, $0.abort] + $0.wholeMail + [$0.quit]
    },
    MilterTrial(
      "run-ahead", .order, "MAIL, RCPT and DATA at once, no answer waited for",
      .survives(libmilter: "answers each in turn"), [.mail]
    ) {
      $0.greeting
        + [.run([.mail($0.mail.sender), .rcpt($0.mail.recipients[0]), .data])] + $0.content + [
          $0.end, $0.quit,
        ]
    },
  ]

  private static func takenBack(
    _ id: String, _ what: String, _ last: Stage, _ part: @escaping @Sendable (TrialMail) -> [TrialStep]
  ) -> MilterTrial {
    MilterTrial(id, .order, what, .fares, [last]) {
      $0.greeting + part($0) + [$0.abort] + $0.wholeMail + [$0.abort, $0.quit]
    }
  }

  private static let ends = [
    MilterTrial("probe", .ends, "a connection without a word", .closes) { _ in [.hangUp] },
    MilterTrial("close-optneg", .ends, "a close behind OPTNEG", .closes) { $0.negotiation + [.hangUp] },
    MilterTrial("quit-at-once", .ends, "QUIT behind CONNECT", .closes) {
      $0.negotiation + [$0.connect, $0.quit]
    },
    MilterTrial("quit-in-mail", .ends, "QUIT within a mail", .closes) {
      $0.greeting + $0.envelope + [$0.quit]
    },
    MilterTrial("close-in-mail", .ends, "a close within a mail, no QUIT", .closes) {
      $0.greeting + $0.envelope + $0.headers.prefix(2) + [.hangUp]
    },
    MilterTrial("close-in-packet", .ends, "a close within a packet", .closes) {
      $0.greeting + [.oddBytes([0, 0, 0, 20, 0x4D, 0x3C, 0x61]), .hangUp]
    },
    MilterTrial("close-unanswered", .ends, "a close before the verdict is there", .closes) {
      $0.greeting + $0.envelope + $0.content + [.odd(Packet(encoding: .bodyEOB([]))), .hangUp]
    },
    MilterTrial(
      "reset-in-mail", .ends, "a connection that breaks within a mail (RST)",
      .survives(libmilter: "ends the session")
    ) {
      $0.greeting + $0.envelope + [.reset]
    },
    MilterTrial(
      "reset-unanswered", .ends, "a connection that breaks before the verdict is there (RST)",
      .survives(libmilter: "ends the session")
    ) {
      $0.greeting + $0.envelope + $0.content + [.odd(Packet(encoding: .bodyEOB([]))), .reset]
    },
    MilterTrial("idle", .ends, "a connection that says nothing, and another mail meanwhile", .closes) {
      $0.negotiation + [.hold, .hangUp]
    }.held(),
    MilterTrial("stuck-in-packet", .ends, "half a packet, and another mail meanwhile", .closes) {
      $0.greeting + [.oddBytes([0, 0, 0, 20, 0x4D, 0x3C, 0x61]), .hold, .hangUp]
    }.held(),
    MilterTrial(
      "quit-nc", .ends, "QUIT_NC behind a mail, then a new client (no MTA does it)",
      .survives(libmilter: "goes on with the new client")
    ) {
      $0.greeting + $0.wholeMail + [
        .odd(Packet(encoding: .quitNC)), .odd(Packet(encoding: .connect($0.session.connect))), .listen,
        $0.quit,
      ]
    },
  ]
}

extension TrialMail {
  fileprivate func offer(without flags: ProtocolFlags) -> OptNeg {
    var offer = session.offer
    offer.protocolFlags.subtract(flags)
    return offer
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// So many bytes in lines of 78, the last of which may be cut short.
func filling(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) }
}
