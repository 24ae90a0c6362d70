import MilterProtocol

/// What no MTA should send.
extension MilterTrial {
  static let brokenFrames = [
    broken("length-zero", "a packet of length 0", "takes the next byte for a command") {
      [.oddBytes([0, 0, 0, 0])]
    },
    broken("length-huge", "a length of 2 GB", "closes") {
      [.oddBytes([0x7F, 0xFF, 0xFF, 0xFF, 0x42, 0x61])]
    },
    broken("length-negative", "a length of 4 GB", "takes it for a packet without payload") {
      [.oddBytes([0xFF, 0xFF, 0xFF, 0xFF, 0x42, 0x61])]
    },
    broken("length-over", "a BODY of 65,536 bytes, one too many", "closes", at: .body, [.body]) {
      [.odd(Packet(code: 0x42, payload: filling(65_536), from: .mta))]
    },
    broken("code-unknown", "a packet of an unknown code", "closes") { [odd("Z", "")] },
    broken("code-control", "a packet whose code is a control byte", "closes") {
      [.odd(Packet(code: 1, payload: [], from: .mta))]
    },
    broken("code-reply", "a reply in the place of a command", "closes") { [odd("c", "")] },
    first("http", "an HTTP client", "GET / HTTP/1.0\r\nHost: x\r\n\r\n"),
    first("smtp", "an SMTP client", "EHLO client.example.org\r\n"),
    MilterTrial(
      "tls", .broken, "a TLS client in place of an MTA", .survives(libmilter: "closes")
    ) { _ in
      [
        .oddBytes([0x16, 0x03, 0x01, 0x00, 0x20, 0x01, 0x00, 0x00, 0x1C, 0x03, 0x03] + filling(26)), .listen,
        .hangUp,
      ]
    },
    MilterTrial("noise", .broken, "4,000 bytes of noise in place of OPTNEG", .survives(libmilter: "closes")) {
      _ in
      var state: UInt32 = 1
      let noise = (0..<4_000).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(truncatingIfNeeded: state >> 24)
      }
      return [.oddBytes([0xC0] + noise), .listen, .hangUp]
    },
  ]

  static let brokenFields = [
    MilterTrial("optneg-short", .broken, "OPTNEG of 8 bytes in place of 12", .survives(libmilter: "closes")) {
      _ in
      [.odd(Packet(code: 0x4F, payload: [0, 0, 0, 6, 0, 0, 1, 0xFF], from: .mta)), .listen, .hangUp]
    },
    MilterTrial(
      "optneg-long", .broken, "OPTNEG of 16 bytes in place of 12", .survives(libmilter: "answers it")
    ) { _ in
      let payload: [UInt8] = [0, 0, 0, 6, 0, 0, 1, 0xFF, 0, 0x1F, 0xFF, 0xFF, 0, 0, 0, 0]
      return [.odd(Packet(code: 0x4F, payload: payload, from: .mta)), .listen, .hangUp]
    },
    version("version-0", "OPTNEG of version 0", 0, "closes"),
    version("version-1", "OPTNEG of version 1", 1, "closes"),
    version(
      "version-swapped", "OPTNEG whose version has its bytes the wrong way round", 0x0600_0000,
      "answers with version 6"),
    broken("helo-no-nul", "HELO without its NUL", "never answers it", at: .helo, [.helo]) {
      [odd("H", "client.example.org")]
    },
    broken("mail-no-nul", "MAIL without its NUL", "closes", [.mail]) { [odd("M", "<sender@example.org>")] },
    broken("mail-empty", "MAIL without a byte", "closes", [.mail]) { [odd("M", "")] },
    broken("rcpt-no-nul", "RCPT without its NUL", "closes", at: .rcpt, [.rcpt]) {
      [odd("R", "<a@example.net>")]
    },
    broken("rcpt-empty", "RCPT without a byte", "closes", at: .rcpt, [.rcpt]) { [odd("R", "")] },
    broken("header-no-nul", "HEADER without its last NUL", "closes", at: .header, [.header]) {
      [odd("L", "Subject\0no end")]
    },
    broken("header-one-string", "HEADER with a name and no value", "closes", at: .header, [.header]) {
      [odd("L", "Subject\0")]
    },
    broken("header-no-name", "HEADER with an empty name", "closes", at: .header, [.header]) {
      [odd("L", "\0value\0")]
    },
    broken("header-surplus", "HEADER with a string too many", "ignores it", at: .header, [.header]) {
      [odd("L", "Subject\0value\0more\0")]
    },
    broken("body-empty", "BODY without a byte", "closes", at: .body, [.body]) { [odd("B", "")] },
    broken(
      "end-payload", "end of message with bytes of a body", "takes them for the body", at: .bodyEOB,
      [.bodyEOB]
    ) {
      [odd("E", "the rest\r\n")]
    },
    broken("data-payload", "DATA with bytes behind it", "ignores them", at: .data, [.data]) {
      [odd("T", "x\0")]
    },
    broken("abort-payload", "ABORT with bytes behind it", "ignores them", at: .header, [.header]) {
      [odd("A", "x\0")]
    },
    broken("macro-empty", "MACRO without a byte", "closes") { [odd("D", "")] },
    broken("macro-no-nul", "MACRO without its last NUL", "loses that macro") { [odd("D", "Mi\04ABC")] },
    broken("macro-odd", "MACRO with a name and no value", "goes on") { [odd("D", "Mi\04ABC\0{last}\0")] },
    broken("macro-unknown", "MACRO for a command that there is none of", "ignores it") {
      [odd("D", "Zi\04ABC\0")]
    },
    broken("unknown-no-nul", "UNKNOWN without its NUL", "takes it all the same", [.unknown]) {
      [odd("U", "FOO")]
    },
    connect("connect-empty", "CONNECT without a byte", ""),
    connect("connect-no-port", "CONNECT that ends within its port", "client.example.org\04\u{19}"),
    connect("connect-no-address", "CONNECT without an address", "client.example.org\04\u{19}\u{19}"),
    connect("connect-no-nul", "CONNECT without its last NUL", "client.example.org\04\u{19}\u{19}192.0.2.25"),
    connect(
      "connect-surplus", "CONNECT with a byte behind it", "client.example.org\04\u{19}\u{19}192.0.2.25\0x"),
    connect(
      "connect-family", "CONNECT of a family that there is none of",
      "client.example.org\09\u{19}\u{19}192.0.2.25\0"),
    connect(
      "connect-address", "CONNECT whose address is none", "client.example.org\04\u{19}\u{19}not.an.address\0"),
  ]

  static let brokenOrders = [
    MilterTrial("optneg-none", .broken, "CONNECT without OPTNEG", .survives(libmilter: "never answers it")) {
      [.odd(Packet(encoding: .connect($0.session.connect))), .listen, .hangUp]
    },
    broken("optneg-twice", "OPTNEG again", "never answers it") {
      [offer(6)]
    },
    broken("connect-twice", "CONNECT again", "never answers it", [.connect]) {
      [odd("C", "client.example.org\0U")]
    },
    broken("rcpt-first", "RCPT without MAIL", "never answers it", [.rcpt, .mail]) {
      [odd("R", "<a@example.net>\0")]
    },
    broken("data-first", "DATA without MAIL", "never answers it", [.data, .mail]) { [odd("T", "")] },
    broken("body-first", "BODY without MAIL", "never answers it", [.body, .mail]) {
      [odd("B", "Hello.\r\n")]
    },
    broken("end-first", "end of message without MAIL", "never answers it", [.mail]) { [odd("E", "")] },
    broken("mail-twice", "MAIL within a mail", "takes back the first", at: .rcpt, [.rcpt, .mail]) {
      [odd("M", "<other@example.org>\0")]
    },
    broken("rcpt-late", "RCPT behind the headers", "never answers it", at: .eoh, [.header, .rcpt]) {
      [odd("R", "<a@example.net>\0")]
    },
    broken("header-late", "HEADER behind their end", "never answers it", at: .body, [.header, .eoh]) {
      [odd("L", "Subject\0late\0")]
    },
    MilterTrial(
      "end-twice", .broken, "end of message twice", .survives(libmilter: "never answers the second"),
      [.bodyEOB]
    ) { $0.greeting + $0.wholeMail + [odd("E", ""), .listen, $0.abort, $0.quit] },
    MilterTrial("behind-quit", .broken, "a command behind QUIT", .survives(libmilter: "has closed by then")) {
      $0.greeting + [$0.quit, odd("M", "<sender@example.org>\0"), .listen, .hangUp]
    },
  ]

  /// The fault, said in place of that command.
  private static func broken(
    _ id: String, _ what: String, _ libmilter: String, at stage: Stage = .mail, _ stages: [Stage] = [],
    _ fault: @escaping @Sendable () -> [TrialStep]
  ) -> MilterTrial {
    MilterTrial(id, .broken, what, .survives(libmilter: libmilter), stages) {
      $0.all(before: stage) + fault() + [.listen, $0.abort, $0.quit]
    }
  }

  private static func first(_ id: String, _ what: String, _ text: String) -> MilterTrial {
    MilterTrial(id, .broken, what + " in place of an MTA", .survives(libmilter: "closes")) { _ in
      [.oddBytes(bytes(text)), .listen, .hangUp]
    }
  }

  private static func version(_ id: String, _ what: String, _ version: UInt32, _ libmilter: String)
    -> MilterTrial
  {
    MilterTrial(id, .broken, what, .survives(libmilter: libmilter)) { _ in [offer(version), .listen, .hangUp]
    }
  }

  private static func offer(_ version: UInt32) -> TrialStep {
    .odd(
      Packet(encoding: Command.optNeg(OptNeg(version: version, actions: .current, protocolFlags: .current))))
  }

  private static func connect(_ id: String, _ what: String, _ payload: String) -> MilterTrial {
    MilterTrial(id, .broken, what, .survives(libmilter: "closes"), [.connect]) {
      $0.negotiation + [odd("C", payload), .listen, $0.quit]
    }
  }

  private static func odd(_ letter: Unicode.Scalar, _ payload: String) -> TrialStep {
    .odd(Packet(code: UInt8(ascii: letter), payload: bytes(payload), from: .mta))
  }
}

extension TrialMail {
  /// A session up to a command of the mail, without it.
  func all(before stage: Stage) -> [TrialStep] {
    switch stage {
    case .negotiation: []
    case .connect: negotiation
    case .helo: negotiation + [connect]
    case .mail, .unknown: greeting
    case .rcpt: greeting + [sender]
    case .data: greeting + envelope.dropLast()
    case .header: greeting + envelope
    case .eoh: greeting + envelope + headers
    case .body: greeting + envelope + headers + [.say(.eoh)]
    case .bodyEOB: greeting + envelope + content
    }
  }
}
