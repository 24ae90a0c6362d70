import MilterProtocol
import Sending

/// How a rule of docs/findings.md is provoked: what an MTA, a milter or both do for it.
package struct Provocation: Sendable {
  /// The rule's.
  package let id: String
  /// What an MTA does; nil where it is an ordinary one.
  package var mta: (@Sendable (TrialMail) -> [TrialStep])?
  /// What a milter does; nil where it is an ordinary one.
  package var milter: MTATrial?
  /// Where the MTA's part fits into a session that is under way.
  var spots: [LiveProvocation.Spot] = []

  /// Either of them does it alone; else it takes both, each with its part.
  package private(set) var isEither = false

  package var takesBoth: Bool { mta != nil && milter != nil && !isEither }

  package static func of(_ id: String) -> Provocation? { table.first { $0.id == id.uppercased() } }

  /// Why nobody can be made to provoke a rule that has no row; nil for one that does not exist.
  package static func refusal(of id: String) -> String? {
    guard let rule = FindingRule.all.first(where: { $0.id == id.uppercased() }) else { return nil }
    switch rule.id {
    case "W08": return "it is about a milter that cannot be reached: start none"
    case "W03", "W09", "W11": return "it takes minutes, a kernel that keeps packets back, or many mails"
    case let id where id.hasPrefix("C"): return "it is about captures, not about what a peer does"
    case let id where table.contains { $0.id == id }: return nil
    default: return "no single peer can be made to provoke it"
    }
  }

}

extension Provocation {
  package static let table = byMTA + byMilter + byBoth

  // MARK: - What an MTA does

  private static let byMTA: [Provocation] = [
    mta("F03", at: .body) { [.odd(Packet(code: 0x42, payload: filling(65_536), from: .mta))] },
    mta("F06", at: .mail) { [.oddBytes([0, 0, 0]), .hangUp] },
    mta("F10", at: .mail) { [odd("U", "GET / HTTP/1.0\0")] },
    start("F09", .negotiation, [.bytes(bytes("GET / HTTP/1.0\r\n\r\n")), .close]) { _ in
      [.oddBytes(bytes("GET / HTTP/1.0\r\n\r\n")), .listen, .hangUp]
    },
    mta("G05", at: .connect) { [odd("C", "client.example\0X\u{1}\u{1}192.0.2.1\0")] },
    mta("G06", at: .connect) { [odd("C", "client.example\04\u{1}\u{1}here\0")] },
    mta("G07", at: .connect) { [odd("C", "client.example\06\u{1}\u{1}IPv6:2001:db8::1\0")] },
    mta("G11", at: .mail) { [odd("M", "<a@example.org>\0FOO\0")] },
    mta("G12", at: .body) { [odd("B", "")] },
    start("N01", .negotiation, [.packet(packet("H", bytes("client.example\0"), .mta)), .itself]) { _ in
      [odd("H", "client.example\0"), .listen, .hangUp]
    },
    mta("N15", at: .mail) {
      [.odd(Packet(encoding: Command.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: .current))))]
    },
    start("N19", .negotiation, [.packet(offering(1))]) { [.negotiate(offer(1, of: $0)), .hangUp] },
    start("N20", .negotiation, [.packet(offering(0x0600_0000))]) {
      $0.greeting(offering: offer(0x0600_0000, of: $0)) + $0.wholeMail + [$0.quit]
    },
    mta("S01", at: .mail) { [odd("T", "")] },
    mta("S03", at: .mail) { [odd("D", "Mi\01\0"), odd("H", "client.example\0")] },
    start("S04", .mail, [.itself, .packet(packet("D", bytes("Mi\01\0"), .mta))]) {
      $0.greeting + [
        .odd(Packet(encoding: Command.mail($0.mail.sender))), odd("D", "Mi\01\0"), .listen, $0.quit,
      ]
    },
    mta("S05", at: .header) { [odd("D", "Li\01\0")] },
    mta("S06", at: .rcpt) { [odd("T", "")] },
    start("S07", .mail, [.packet(Packet(encoding: Command.abort)), .itself]) {
      $0.greeting + [$0.abort] + $0.wholeMail + [$0.quit]
    },
    start("S08", .rcpt, [.packet(Packet(encoding: Command.mail(nobody))), .itself]) {
      $0.greeting + [$0.sender, $0.sender, $0.recipient, $0.quit]
    },
    mta("S09", at: .mail) { [odd("K", "")] },
    start("S10", nil, [.close]) { $0.greeting + [.hangUp] },
    start("S11", .mail, [.itself, .close]) {
      $0.greeting + [.odd(Packet(encoding: Command.mail($0.mail.sender))), .hangUp]
    },
    start("S12", .mail, [.itself, .packet(Packet(encoding: Command.rcpt(nobody)))]) {
      $0.greeting
        + [
          .odd(Packet(encoding: Command.mail($0.mail.sender))),
          .odd(Packet(encoding: Command.rcpt($0.mail.recipients[0]))), .listen, $0.quit,
        ]
    },
    mta("S13", at: .bodyEOB) { [odd("E", "bytes")] },
    start("W07", .negotiation, [.close]) { _ in [.hangUp] },
    start("W02", .mail, [.itself, .packet(Packet(encoding: Command.abort))]) {
      $0.greeting + [.odd(Packet(encoding: Command.mail($0.mail.sender))), $0.abort, .listen, $0.quit]
    },
    start("M01", .header, header: "From", [], repeats: true) {
      $0.greeting + $0.wholeMail(headers: [subject], body: hello) + [$0.quit]
    },
    start("M02", .header, [again(from), again(from), .itself]) {
      $0.greeting + $0.wholeMail(headers: [from, from, subject], body: hello) + [$0.quit]
    },
    start(
      "M03", .header, [again(from), again(subject), .itself],
      then: [
        LiveProvocation.Spot(
          .body, [.packet(Packet(code: 0x42, payload: headersAgain, from: .mta)), .itself])
      ]
    ) {
      $0.greeting + $0.wholeMail(headers: [from, subject], body: headersAgain + hello) + [$0.quit]
    },
    start(
      "M04", .mail, [.packet(Packet(encoding: Command.mail(Envelope(address: bytes("<é@example.org>")))))]
    ) {
      $0.greeting + [.say(.mail(Envelope(address: bytes("<é@example.org>")))), $0.recipient, $0.quit]
    },
    start(
      "M05", .body,
      [.packet(Packet(code: 0x42, payload: filling(1500) + [0x0D, 0x0A], from: .mta)), .itself]
    ) {
      $0.greeting + $0.wholeMail(headers: [from, subject], body: filling(1500) + [0x0D, 0x0A]) + [$0.quit]
    },
    start("H12", .header, [again(Header(name: bytes("X-Long"), value: filling(59_900))), .itself]) {
      let version = MacroSet(
        command: CommandKind.connect.rawValue,
        pairs: [.init(name: bytes("v"), value: bytes("Postfix 3.7.11"))])
      let long = Header(name: bytes("X-Long"), value: filling(59_900))
      return $0.negotiation + [.say(.macro(version)), .bare(.connect($0.session.connect)), $0.helo]
        + $0.wholeMail(headers: [from, long], body: hello) + [$0.quit]
    },
  ]

  // MARK: - What a milter does

  private static let byMilter: [Provocation] = [
    milter("F04", at: .bodyEOB, [change("b", filling(65_536)), go]),
    milter("G08", at: .bodyEOB, [change("+", "\0"), go]),
    milter("G10", at: .bodyEOB, [change("h", "X Spam\0no\0"), go]),
    milter("N02", answer: [change("O", [0, 0, 0, 6, 0, 0, 1, 0xFF])]),
    milter("N03", answer: [optNeg(version: 7)]),
    milter("N04", answer: [optNeg(version: 2, steps: 0x400)]),
    milter("N05", answer: [optNeg(actions: 0x3FF)]),
    milter("N07", answer: [optNeg(actions: 0x3FF)]),
    milter("N06", answer: [optNeg(steps: 0x200000)]),
    milter("N08", answer: [optNeg(actions: 1, lists: [(2, "i\0")])]),
    milter("N09", answer: [optNeg(lists: [(9, "i\0")])]),
    milter("N10", answer: [optNeg(lists: [(2, "i")])]),
    milter("N11", answer: [optNeg(lists: [(5, "i\0")])]),
    milter("N12", answer: [optNeg(lists: [(2, "\0")])]),
    milter("N13", answer: [optNeg(lists: [(2, (0...50).map { "{a\($0)}" }.joined(separator: " ") + "\0")])]),
    milter("N14", answer: [optNeg(steps: 0x2002)]),
    milter("N16", answer: [optNeg(lists: [(2, "{client_nmae}\0")])]),
    milter("N17", answer: [optNeg(actions: 0x10, steps: 0x20)]),
    milter("N21", answer: [optNeg(lists: [(2, "f {mail_addr}\0")])]),
    milter("N18", at: .body, [reply("s")]),
    milter("R01", at: .helo, [go], flags: .noReplyHelo),
    milter("R02", at: .rcpt, [go, go]),
    milter("R03", at: .mail, [.close]),
    milter("R04", at: .mail, [change("h", "X-Spam\0no\0"), go]),
    milter("R05", at: .mail, [change("q", "why\0"), go]),
    milter("R06", at: .mail, [reply("p"), go]),
    milter("R07", answer: [optNeg(actions: 0x10)], at: .bodyEOB, [change("h", "X-Spam\0no\0"), go]),
    milter("R08", at: .bodyEOB, [go, change("h", "X-Spam\0no\0")]),
    milter("R09", at: .mail, [reply("s")], flags: .skip),
    milter("R10", at: .connect, [reply("d")]),
    milter("R13", at: .mail, [reply("f")]),
    milter("R14", at: .bodyEOB, [change("b", "one"), change("h", "X-Spam\0no\0"), change("b", "two"), go]),
    milter("R15", at: .bodyEOB, (1...100).map { _ in change("b", "x") } + [go]),
    milter("R16", at: .bodyEOB, [reply("b"), go]),
    text("T01", "250 fine\0"), text("T02", "550_no\0"), text("T03", "550 4.7.1 no\0"),
    text("T04", "550 100% no\0"),
    text("T05", "550 no"), text("T06", "550-no\r\n551 never\0"), text("T07", "550-no\n550 never\0"),
    text("T08", "550 " + String(repeating: "x", count: 600) + "\0"), text("T09", "550 no\u{7}\0"),
    text("T10", "421 later\0"),
    milter("T11", at: .connect, [change("y", "550 no\0")]),
    milter("H03", at: .bodyEOB, [change("h", "X-Spam\0 no\0"), go]),
    milter("H04", at: .bodyEOB, [header(0, "Subject\0new\0"), go]),
    milter("H05", at: .bodyEOB, [header(5, "Subject\0new\0"), go]),
    milter("H06", at: .bodyEOB, [header(0x8000_0000, "Subject\0new\0"), go]),
    milter("H08", at: .bodyEOB, [header(1, "Subject\0new\0"), go], flags: .noHeaders),
    milter("H09", at: .bodyEOB, [change("h", "Subject\0another\0"), go]),
    milter("H10", at: .bodyEOB, [change("h", "X-Spam\0" + String(repeating: "x", count: 1000) + "\0"), go]),
    milter("H13", at: .bodyEOB, [change("h", "Authentication-Results\0mx.example.org\0"), go]),
    milter("V01", at: .bodyEOB, [change("-", "<nobody@nowhere.example>\0"), go]),
    milter("V02", at: .bodyEOB, [change("+", "<c@example.net>, <d@example.net>\0"), go]),
    milter("V03", at: .bodyEOB, [change("2", "<c@example.net>\0FOO=1\0"), go]),
    // A tenth of the 30 seconds that Postfix waits, and half of them.
    milter("W10", at: .mail, [.pause(.seconds(4)), go]),
    milter("W01", at: .mail, [.pause(.seconds(16)), go]),
    milter("W04", at: .bodyEOB, [reply("p"), reply("p"), go]),
    milter("W06", answer: [.close]),
  ]

  // MARK: - What both do, or either

  private static let byBoth: [Provocation] = [
    either("F01", at: .mail, [.oddBytes([0, 0, 0, 0])], [.sayBytes([0, 0, 0, 0]), go]),
    either(
      "F02", at: .mail, [.oddBytes([0x7F, 0xFF, 0xFF, 0xFF, 0x41])],
      [.sayBytes([0x7F, 0xFF, 0xFF, 0xFF, 0x63]), .close]),
    either("F05", at: .mail, [odd("Z", "")], [reply("Z"), go]),
    either("F07", at: .mail, [odd("A", "x")], [change("c", "x")]),
    either("F08", at: .mail, [odd("c", "")], [reply("M"), go]),
    either(
      "G01", at: .mail, [odd("M", "<a@example.org>")], [change("+", "<c@example.net>"), go],
      milterAt: .bodyEOB),
    either("G02", at: .header, [odd("L", "From\0")], [change("h", "X-Spam\0"), go], milterAt: .bodyEOB),
    either(
      "G03", at: .helo, [odd("H", "a\0b\0")], [change("+", "<c@example.net>\0x"), go], milterAt: .bodyEOB),
    either(
      "G04", at: .connect, [odd("C", "client\04\u{1}")], [change("m", [0, 0]), go], milterAt: .bodyEOB),
    either("G09", at: .header, [odd("L", "\0x\0")], [change("h", "\0x\0"), go], milterAt: .bodyEOB),
    either(
      "H01", at: .header, [odd("L", "X-Spam\0no\r\n\tyes\0")], [change("h", "X-Spam\0no\r\n\tyes\0"), go],
      milterAt: .bodyEOB),
    either(
      "H02", at: .header, [odd("L", "X-Spam\0no\nyes\0")], [change("h", "X-Spam\0no\nyes\0"), go],
      milterAt: .bodyEOB),
    both("S02", { $0.negotiation + [$0.connect, odd("H", "client\0"), .listen, $0.quit] }, flags: .noHelo),
    both(
      "S14", { $0.greeting + $0.envelope + [odd("R", "<b@example.net>\0"), .listen, $0.quit] }, at: .data,
      [reply("t")]),
    both("R11", { $0.greeting + [.say(.unknown(line: bytes("FOO"))), $0.quit] }, at: .unknown, [reply("a")]),
    both(
      "R12",
      {
        $0.greeting + [
          $0.sender, odd("D", "R{rcpt_mailer}\0error\0"), odd("R", "<b@example.net>\0"), .listen, $0.quit,
        ]
      }, at: .rcpt, [reply("a")], flags: .rejectedRcpt),
    both(
      "R17",
      {
        $0.greeting(
          as: Connect(hostname: bytes("localhost"), family: .inet(port: 0, address: bytes("127.0.0.1"))))
          + [$0.sender, .say(.rcpt(Envelope(address: bytes("b@example.net")))), $0.quit]
      }, at: .rcpt, [reply("r")]),
    both(
      "R18", { $0.greeting + [.odd(Packet(encoding: Command.mail($0.mail.sender))), $0.quit] }, at: .mail,
      [.pause(.milliseconds(100)), go]),
    both(
      "H07",
      { $0.greeting + $0.wholeMail(headers: [received, received, from, subject], body: hello) + [$0.quit] },
      at: .bodyEOB,
      [header(1, "Received\0\0"), header(2, "Received\0\0"), go]),
    both(
      "H11", { $0.greeting + $0.wholeMail(headers: [from, subject], body: hello) + [$0.quit] }, at: .bodyEOB,
      [header(1, "Subject\0one subject\0"), go]),
    both(
      "V04", { $0.greeting + toBob($0) + [$0.quit] }, at: .bodyEOB, [change("-", "<b@example.net>\0"), go]),
    both(
      "V05", { $0.greeting + toBob($0) + [$0.quit] }, at: .bodyEOB, [change("+", "<b@example.net>\0"), go]),
    both(
      "D01", { $0.greeting + $0.wholeMail(headers: [signature, from, subject], body: hello) + [$0.quit] },
      at: .bodyEOB, [header(1, "Subject\0new\0"), go]),
    both(
      "D02", { $0.greeting + $0.wholeMail(headers: [signature, from, subject], body: hello) + [$0.quit] },
      at: .bodyEOB, [change("b", "Bye.\r\n"), go]),
    both(
      "D03", { $0.greeting + $0.wholeMail(headers: [broken, from, subject], body: hello) + [$0.quit] },
      at: .bodyEOB, [change("b", "Bye.\r\n"), go]),
    both(
      "D04",
      {
        $0.greeting
          + $0.wholeMail(
            headers: [
              Header(name: bytes("ARC-Seal"), value: bytes("i=1; cv=none; d=example.org; s=a; b=A")), from,
            ], body: hello) + [$0.quit]
      },
      at: .bodyEOB, [header(1, "ARC-Seal\0\0"), go]),
    both(
      "D05",
      {
        $0.greeting + $0.wholeMail(headers: [from, subject], body: filling(2500) + [0x0D, 0x0A]) + [$0.quit]
      }, at: .bodyEOB,
      [change("h", bytes("DKIM-Signature\0") + signature.value + [0]), go]),
    both(
      "D06",
      {
        let results = Header(name: bytes("Authentication-Results"), value: bytes("mx.one.example; dkim=pass"))
        let received = Header(name: bytes("Received"), value: bytes("from two.example by one.example"))
        return $0.greeting + $0.wholeMail(headers: [results, received, from], body: hello) + [$0.quit]
      }, at: .bodyEOB, [header(1, "Authentication-Results\0\0"), go]),
    both(
      "L01",
      {
        let second = $0.mail(
          from: "<eve@two.example>", headers: [Header(name: bytes("From"), value: bytes("eve@two.example"))])
        return $0.greeting + $0.mail(from: "<a@example.org>", headers: [from, subject]) + [$0.abort] + second
          + [$0.quit]
      }, at: .bodyEOB, [change("h", "X-Envelope-From\0a@example.org\0"), go], every: true),
  ]

  // MARK: - Making them

  /// A session of its own; on one that is under way, what is done at that stage.
  private static func start(
    _ id: String, _ stage: Stage?, header: String? = nil, _ live: [LiveProvocation.Step],
    repeats: Bool = false, then more: [LiveProvocation.Spot] = [],
    _ steps: @escaping @Sendable (TrialMail) -> [TrialStep]
  ) -> Provocation {
    var provocation = Provocation(id: id, mta: steps)
    provocation.spots = [LiveProvocation.Spot(stage, header: header, live, repeats: repeats)] + more
    return provocation
  }

  private static func again(_ header: Header) -> LiveProvocation.Step {
    .packet(Packet(encoding: Command.header(header)))
  }

  private static func offering(_ version: UInt32) -> Packet {
    Packet(
      encoding: Command.optNeg(OptNeg(version: version, actions: .current, protocolFlags: .current)))
  }

  private static let nobody = Envelope(address: bytes("<nobody@example.org>"))
  private static let headersAgain = bytes("From: a@example.org\r\nSubject: one  subject\r\n\r\n")

  /// In the place of the command of that stage.
  private static func mta(_ id: String, at stage: Stage, _ fault: @escaping @Sendable () -> [TrialStep])
    -> Provocation
  {
    var provocation = Provocation(id: id, mta: { $0.all(before: stage) + fault() + [.listen, $0.quit] })
    // The MTA's own command follows, unless the fault is one of that kind.
    let steps = fault().live
    let isInstead = steps.contains { step in
      if case .packet(let packet) = step { packet.code == stage.rawValue } else { false }
    }
    provocation.spots = [LiveProvocation.Spot(stage, steps + (isInstead || fault().ends ? [] : [.itself]))]
    return provocation
  }

  private static func milter(
    _ id: String, answer: [MilterMove]? = nil, at stage: Stage? = nil, _ moves: [MilterMove] = [],
    flags: ProtocolFlags = []
  ) -> Provocation {
    Provocation(id: id, milter: MTATrial(provoking: id, answer: answer, flags: flags, at: stage, moves))
  }

  private static func text(_ id: String, _ payload: String) -> Provocation {
    milter(id, at: .mail, [change("y", payload)])
  }

  private static func either(
    _ id: String, at stage: Stage, _ fault: [TrialStep], _ moves: [MilterMove], milterAt: Stage? = nil
  ) -> Provocation {
    var provocation = mta(id, at: stage) { fault }
    provocation.milter = MTATrial(provoking: id, answer: nil, flags: [], at: milterAt ?? stage, moves)
    provocation.isEither = true
    return provocation
  }

  private static func both(
    _ id: String, _ steps: @escaping @Sendable (TrialMail) -> [TrialStep], at stage: Stage? = nil,
    _ moves: [MilterMove] = [],
    flags: ProtocolFlags = [], every: Bool = false
  ) -> Provocation {
    Provocation(
      id: id, mta: steps,
      milter: MTATrial(provoking: id, answer: nil, flags: flags, at: stage, moves, every: every))
  }

  private static let go = reply("c")
  private static let hello = bytes("Hello.\r\n")
  private static let from = Header(name: bytes("From"), value: bytes("a@example.org"))
  private static let subject = Header(name: bytes("Subject"), value: bytes("one  subject"))
  private static let received = Header(name: bytes("Received"), value: bytes("from one by two"))
  /// Over the body `hello`.
  private static let signature = signed(by: "yZQq1c8wjBl0fZ4Wc/oraMCAG1mZJv5v/hlvyFy+t6A=")
  /// Over another body.
  private static let broken = signed(by: "AAAA")

  private static func signed(by hash: String) -> Header {
    let value =
      "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel; h=from:subject; bh=\(hash); b=AAAA"
    return Header(name: bytes("DKIM-Signature"), value: bytes(value))
  }

  private static func offer(_ version: UInt32, of trial: TrialMail) -> OptNeg {
    var offer = trial.session.offer
    offer.version = version
    return offer
  }

  private static func toBob(_ trial: TrialMail) -> [TrialStep] {
    [trial.sender, .say(.rcpt(Envelope(address: bytes("<b@example.net>")))), .say(.data)] + trial.content + [
      trial.end
    ]
  }

  private static func packet(_ letter: Unicode.Scalar, _ payload: [UInt8], _ sender: Leg) -> Packet {
    Packet(code: UInt8(ascii: letter), payload: payload, from: sender)
  }

  private static func odd(_ letter: Unicode.Scalar, _ payload: String) -> TrialStep {
    .odd(packet(letter, bytes(payload), .mta))
  }
  private static func reply(_ letter: Unicode.Scalar) -> MilterMove { .say(packet(letter, [], .milter)) }
  private static func change(_ letter: Unicode.Scalar, _ payload: String) -> MilterMove {
    change(letter, bytes(payload))
  }
  private static func change(_ letter: Unicode.Scalar, _ payload: [UInt8]) -> MilterMove {
    .say(packet(letter, payload, .milter))
  }
  private static func header(_ index: UInt32, _ strings: String) -> MilterMove {
    change("m", word(index) + bytes(strings))
  }

  private static func optNeg(
    version: UInt32 = 6, actions: UInt32 = 0x1FF, steps: UInt32 = 0, lists: [(UInt32, String)] = []
  ) -> MilterMove {
    change("O", lists.reduce(word(version) + word(actions) + word(steps)) { $0 + word($1.0) + bytes($1.1) })
  }

  private static func word(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}

extension TrialMail {
  fileprivate func mail(from sender: String, headers: [Header]) -> [TrialStep] {
    [.say(.mail(Envelope(address: bytes(sender))))]
      + wholeMail(headers: headers, body: bytes("Hello.\r\n")).dropFirst()
  }
}

extension MTATrial {
  /// - Parameter every: at each such command, not at the first alone.
  fileprivate init(
    provoking id: String, answer: [MilterMove]?, flags: ProtocolFlags, at stage: Stage?,
    _ moves: [MilterMove], every: Bool = false
  ) {
    self.init(
      id: id.lowercased(), group: .broken, what: "provokes \(id)", bar: .takes, negotiation: answer,
      flags: flags,
      moves: stage.map { [$0: moves] } ?? [:])
    repeats = every
  }
}
