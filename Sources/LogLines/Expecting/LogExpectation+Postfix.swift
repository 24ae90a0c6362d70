import MilterProtocol

/// What Postfix logs (`milter8.c`, `cleanup_milter.c`).
extension LogExpectation {
  private static func row(
    _ rule: String, _ format: String, _ place: Place = .anywhere, _ front: Front = .warning,
    then after: After = .nothing, when condition: String? = nil,
    if applies: @escaping @Sendable (LogOccasion) -> Bool,
    _ values: @escaping @Sendable (LogOccasion) -> [String: String] = { _ in [:] }
  ) -> LogExpectation {
    LogExpectation(
      rule: rule, speaker: .postfix, format: format, place: place, front: front, after: after,
      condition: condition, applies: applies, values: values)
  }

  private static func row(
    _ rule: String, _ format: String, _ place: Place = .anywhere, _ front: Front = .warning,
    then after: After = .nothing, when condition: String? = nil,
    _ values: @escaping @Sendable (LogOccasion) -> [String: String] = { _ in [:] }
  ) -> LogExpectation {
    row(rule, format, place, front, then: after, when: condition, if: { _ in true }, values)
  }

  static let postfix =
    postfixFraming + postfixFields + postfixNegotiation + postfixReplies + postfixText + postfixEnvelope
    + postfixEnds

  private static let unexpected = "milter {milter}: unexpected filter response {response} after event {event}"
  private static let inHandshake = "milter {milter}: unexpected reply \"{code}\" in initial handshake"
  private static let tooLong = "milter {milter}: unreasonable packet length: {length} > {limit}"
  private static let noNumber = "milter {milter}: input packet too short for network long"
  private static let noNUL = "milter8_read_data: milter {milter}: missing string null termimator"
  private static let noReply = "milter {milter}: can't read {event} reply packet header: {error}"

  @Sendable private static func isFromMilter(_ occasion: LogOccasion) -> Bool {
    occasion.packet?.sender != .mta
  }

  private static let postfixFraming = [
    row("F01", "milter {milter}: bad packet length: {length}", then: .givenUp(), if: isFromMilter),
    row("F02", tooLong, then: .givenUp(), if: { $0.foreign != nil && $0.stage != nil }),
    row("F05", unexpected, .afterNegotiation, then: .givenUp(), if: isFromMilter),
    row("F05", inHandshake, .negotiation, then: .givenUp(reading: false), if: isFromMilter),
    row(
      "F06", noReply, then: .givenUp(), when: "where fewer than 4 bytes of the packet came",
      if: { $0.stage != nil }
    ) { _ in ["error": endOfFile] },
    row(
      "F07", "milter {milter}: reply {response} was followed by {number} data bytes", .afterNegotiation,
      then: .givenUp(), if: isFromMilter
    ) { $0.commandBytes.map { ["number": String($0)] } ?? [:] },
    row("F08", unexpected, .afterNegotiation, then: .givenUp(), if: isFromMilter),
    row("F08", inHandshake, .negotiation, then: .givenUp(reading: false), if: isFromMilter),
    row(
      "F09", tooLong, .negotiation, then: .givenUp(),
      when: "of most protocols",
      if: { $0.announcedLength.map { $0 > LogOccasion.longestPacket } ?? false }),
    row(
      "F09", inHandshake, .negotiation, then: .givenUp(reading: false), when: "of an SMTP server or TLS",
      if: { $0.announcedLength.map { $0 <= LogOccasion.longestPacket } ?? false }
    ) { occasion in
      guard let foreign = occasion.foreign, foreign.count > 4 else { return [:] }
      return ["code": LogOccasion.printable([foreign[4]])]
    },
  ]

  @Sendable private static func isOfStrings(_ occasion: LogOccasion) -> Bool {
    switch occasion.replyKind {
    case .replyCode, .quarantine, .setSymList, .connFail, nil: false
    default: true
    }
  }

  /// What 64 bits can hold does not come to this, and what no packet has does not either: such a line is explained, and never
  /// expected.
  @Sendable private static func isNeverSo(_: LogOccasion) -> Bool { false }

  private static let postfixFields = [
    row("G01", noNUL, .end, then: .givenUp(), if: isOfStrings),
    row("G02", "milter {milter}: packet too short for string", .end, then: .givenUp(), if: isOfStrings),
    row("G03", "milter8_read_data: left-over data {number} bytes", .end, then: .givenUp(), if: isOfStrings) {
      $0.surplus.map { ["number": String($0)] } ?? [:]
    },
    row("G04", noNumber, .end, then: .givenUp(), if: isOfStrings),
    row("G04", "milter {milter}: no data in input packet", .end, when: "by no Postfix known", if: isNeverSo),
    row(
      "G08", "ignoring attempt from Milter to add null recipient", .end, .queuedWarning,
      if: { $0.replyKind == .addRcpt || $0.replyKind == .addRcptPar }),
    row(
      "G09", "milter {milter}: null change header name", .end, then: .misconfigured,
      if: { $0.replyKind == .chgHeader }),
  ]

  private static let postfixNegotiation = [
    row(
      "N01", inHandshake, .negotiation, then: .givenUp(reading: false), if: isFromMilter),
    row("N02", noNumber, .negotiation, then: .givenUp()),
    row(
      "N03", "milter {milter}: protocol version {version} conflict with MTA protocol version {own}",
      .negotiation, then: .givenUp(reading: false)
    ) {
      ["version": $0.answer.map { String($0.version) }, "own": $0.offer.map { String($0.version) }].compacted
    },
    row(
      "N04", "milter {milter}: unexpected protocol version {version}", .negotiation,
      when: "of version 0 or 1", if: { ($0.answer?.version ?? 2) < 2 }
    ) { ["version": $0.answer.map { String($0.version) }].compacted },
    row(
      "N05", "milter {milter}: request mask {mask} conflict with MTA request mask {own}", .negotiation,
      then: .givenUp(reading: false)
    ) {
      [
        "mask": $0.answer.map { LogOccasion.hex($0.actions.rawValue) },
        "own": $0.offer.map { LogOccasion.hex($0.actions.rawValue) },
      ].compacted
    },
    row("N09", "milter {milter}: ignoring unknown macro type {number}", .negotiation) {
      $0.unknownMacroStage.map { ["number": String($0)] } ?? [:]
    },
    row("N10", noNUL, .negotiation, then: .givenUp(reading: false)),
  ]

  private static let postfixReplies = [
    row("R04", unexpected, .beforeEnd, then: .givenUp()),
    row(
      "R05", "milter-hold: {stage} from {client}: milter triggers HOLD action; {envelope}", .afterNegotiation,
      .queue),
    row("R06", inHandshake, .negotiation, then: .givenUp(reading: false)),
    row(
      "R10", "milter {milter}: DISCARD action is not allowed for connect or helo", .beforeEnd),
    row(
      "R11", "milter8_{call}: milter {milter}: bad state {what}", .beforeEnd, .panic,
      when: "at the next MAIL, outside a mail", if: { $0.replyKind == .accept }
    ) { _ in ["call": "mail_event", "what": "7"] },
    row(
      "R13", unexpected, .afterNegotiation, then: .givenUp(),
      if: { $0.replyKind != .shutdown }),
    row(
      "R14", "milter {milter}: body replacement requests can't currently be mixed with other requests", .end,
      then: .misconfigured),
    row(
      "R17", "milter configuration error: can't reject recipient in non-smtpd(8) submission", .beforeEnd,
      .queuedWarning),
    row("R17", "message not accepted, try again later", .beforeEnd, .queuedWarning),
  ]

  private static let malformed = "milter {milter}: malformed reply: {reply}"

  @Sendable private static func reply(_ occasion: LogOccasion) -> [String: String] {
    occasion.replyText.map { ["reply": LogOccasion.printable($0.text)] } ?? [:]
  }

  private static let postfixText = ["T01", "T02", "T03"].map {
    row($0, malformed, .afterNegotiation, then: .misconfigured, reply)
  }

  private static let postfixEnvelope = [
    row(
      "H06", "milter {milter}: bad change header index: {number}", .end, then: .misconfigured,
      when: "by a Postfix of 32 bits", if: isNeverSo),
    row(
      "H06", "milter {milter}: bad insert header index: {number}", .end, then: .misconfigured,
      when: "by a Postfix of 32 bits", if: isNeverSo),
    row(
      "V02", "Milter or header/body_checks request to add multi-recipient: \"{address}\"", .end,
      .queuedWarning
    ) { ["address": $0.address].compacted },
    row(
      "V03", "ignoring ESMTP argument from Milter or header/body_checks: \"{parameter}\"", .end,
      .queuedWarning, when: "of ADDRCPT_PAR", if: { $0.replyKind == .addRcptPar }
    ) { ["parameter": $0.unknownParameter].compacted },
    row(
      "V03", "Ignoring bad ESMTP parameter \"{parameter}\" in SMFI_CHGFROM request", .end,
      when: "of CHGFROM", if: { $0.replyKind == .chgFrom }
    ) { ["parameter": $0.unknownParameter].compacted },
  ]

  /// Of the end of a connection Postfix 3.7 has no error, and prints one that it uses for that; others print *Success*, or
  /// the last error that there was.
  static let endOfFile = "Application error"

  @Sendable private static func ending(_ occasion: LogOccasion) -> [String: String] {
    switch occasion.silence {
    case .closed: ["error": endOfFile]
    case .silent: ["error": "Connection timed out"]
    case nil: [:]
    }
  }

  private static let timedOut: @Sendable (LogOccasion) -> [String: String] = { _ in
    ["error": "Connection timed out"]
  }

  private static let postfixEnds = [
    row("R03", noReply, then: .givenUp(), if: { $0.stage != nil }, ending),
    row(
      "S11", noReply, then: .givenUp(), when: "where its own client did not leave", if: { $0.stage != nil },
      timedOut),
    row("W02", noReply, then: .givenUp(), timedOut),
    row("W03", noReply, then: .givenUp(), when: "where its time was up", timedOut),
    row("W05", noReply, when: "at its next command, with that one's name") { _ in
      ["event": "SMFIC_EVENT", "error": "Broken pipe"]
    },
    row("W06", noReply, then: .givenUp()) { _ in ["event": "SMFIC_OPTNEG", "error": endOfFile] },
    row(
      "W08", "connect to Milter service {milter}: {error}",
      when: "by a Postfix that is not behind mitmilter", { _ in ["error": "Connection refused"] }),
    row("W08", noReply, when: "by one that is") { _ in ["event": "SMFIC_OPTNEG", "error": endOfFile] },
  ]
}

extension [String: String?] {
  /// What is known of it.
  var compacted: [String: String] { compactMapValues { $0 } }
}
