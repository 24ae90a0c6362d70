import MilterProtocol

/// What Sendmail logs (`milter.c`, `srvrsmtp.c`), and libmilter where the MTA is at fault.
extension LogExpectation {
  private static func row(
    _ rule: String, _ format: String, _ place: Place = .anywhere, _ front: Front = .queue,
    then after: After = .nothing, when condition: String? = nil,
    if applies: @escaping @Sendable (LogOccasion) -> Bool,
    _ values: @escaping @Sendable (LogOccasion) -> [String: String] = { _ in [:] }
  ) -> LogExpectation {
    LogExpectation(
      rule: rule, speaker: .sendmail, format: format, place: place, front: front, after: after,
      condition: condition, applies: applies, values: values)
  }

  private static func row(
    _ rule: String, _ format: String, _ place: Place = .anywhere, _ front: Front = .queue,
    then after: After = .nothing, when condition: String? = nil,
    _ values: @escaping @Sendable (LogOccasion) -> [String: String] = { _ in [:] }
  ) -> LogExpectation {
    row(rule, format, place, front, then: after, when: condition, if: { _ in true }, values)
  }

  static let sendmail =
    sendmailFraming + sendmailNegotiation + sendmailReplies + sendmailUnasked + sendmailEnds

  private static let bogus = "milter_send_command({milter}): action={stage} returned bogus response {code}"
  private static let bogusAtEnd = "milter_data({milter}): returned bogus response {code}"
  private static let inHandshake = "Milter ({milter}): negotiate: returned {code} instead of {own}"
  private static let tooFew = "milter_sys_read({milter}): cmd read returned {number}, expecting {size}"
  private static let nothingCame = "Milter ({milter}): timeout before data {what}, where={stage}"
  private static let partCame = "Milter ({milter}): timeout during data {what}, where={stage}"

  @Sendable private static func isFromMilter(_ occasion: LogOccasion) -> Bool {
    occasion.packet?.sender != .mta
  }

  @Sendable private static func own(_: LogOccasion) -> [String: String] { ["own": "O"] }

  @Sendable private static func reading(_: LogOccasion) -> [String: String] { ["what": "read"] }

  /// A reply that Sendmail does not take, at whatever stage.
  private static func bogus(
    _ rule: String, if applies: @escaping @Sendable (LogOccasion) -> Bool = { _ in true }
  ) -> [LogExpectation] {
    [
      row(rule, bogus, .beforeEnd, then: .failsNext, if: applies),
      row(rule, bogusAtEnd, .end, then: .fails, if: applies),
    ]
  }

  private static let sendmailFraming =
    [
      row(
        "F01", partCame, then: .fails,
        when: "after its time, where nothing follows; otherwise its process ends without a line",
        if: { isFromMilter($0) && $0.stage != nil }, reading),
      row(
        "F02", partCame, then: .fails,
        when: "after its time; of 2147483648 or more its process ends without a line",
        if: { $0.foreign != nil && $0.stage != nil && ($0.announcedLength ?? 0) < 0x8000_0000 }, reading),
    ] + bogus("F05", if: isFromMilter) + [
      row("F05", inHandshake, .negotiation, then: .fails, if: isFromMilter, own),
      row(
        "F06", tooFew, then: .fails, when: "where fewer than 5 bytes of the packet came",
        if: { $0.stage != nil }
      ) { _ in ["size": "5"] },
    ] + bogus("F08", if: isFromMilter) + [
      row("F08", inHandshake, .negotiation, then: .fails, if: isFromMilter, own),
      row(
        "F09", partCame, .negotiation, then: .fails,
        when: "after its time; where the other side closes before, cmd read returned so many bytes", reading),
    ]

  private static let sendmailNegotiation = [
    row("N01", inHandshake, .negotiation, then: .fails, if: isFromMilter, own),
    row(
      "N02", "Milter ({milter}): negotiate: did not return valid info", .negotiation, then: .fails,
      when: "of fewer than 4 bytes", if: { ($0.packet?.payload.count ?? 0) < 4 }),
    row(
      "N02", "Milter ({milter}): negotiate: did not return enough info", .negotiation, then: .fails,
      when: "of 4 and more", if: { ($0.packet?.payload.count ?? 0) >= 4 }),
    row(
      "N03", "Milter ({milter}): negotiate: version {version} != MTA milter version {own}", .negotiation,
      then: .fails, when: "of a version above 16777217", if: { ($0.answer?.version ?? 0) > 16_777_217 }
    ) { ["version": $0.answer.map { String($0.version) }, "own": "16777217"].compacted },
    row(
      "N04", "Milter ({milter}): negotiate: version {version} != MTA milter version {own}", .negotiation,
      then: .fails, when: "of version 1", if: { $0.answer?.version == 1 }
    ) { _ in ["version": "1", "own": "16777217"] },
    row(
      "N05", "Milter ({milter}): negotiate: filter abilities {mask} != MTA milter abilities {own}",
      .negotiation, then: .fails
    ) {
      [
        "mask": $0.answer.map { LogOccasion.hex($0.actions.rawValue) },
        "own": $0.offer.map { LogOccasion.hex($0.actions.rawValue) },
      ].compacted
    },
    row(
      "N06", "Milter ({milter}): negotiate: protocol abilities {mask} != MTA milter abilities {own}",
      .negotiation, then: .fails, when: "of flags that it does not know",
      if: { ($0.answer?.protocolFlags.rawValue ?? 0) & ~knownFlags != 0 }
    ) {
      [
        "mask": $0.answer.map { LogOccasion.hex($0.protocolFlags.rawValue) },
        "own": $0.offer.map { LogOccasion.hex($0.protocolFlags.rawValue) },
      ].compacted
    },
    row(
      "N13", "milter_set_option: too many macros in Milter.{what} (max {number})", .negotiation, .syserr
    ) { _ in ["what": "NAME", "number": "50"] },
  ]

  /// SMFI_CURR_PROT of 8.17.
  private static let knownFlags: UInt32 = 0x1F_FFFF

  private static let sendmailReplies =
    [row("R04", bogus, .beforeEnd, then: .failsNext), row("R05", bogus, .beforeEnd, then: .failsNext)] + [
      row("R06", bogus, .beforeEnd, then: .failsNext),
      row("R06", inHandshake, .negotiation, then: .fails, own),
      row("R09", bogusAtEnd, .end, then: .fails),
      row("R09", "milter={name}, action={stage}, skip", .beforeEnd, when: SendmailLevel.words(13)),
      row("R10", "milter={name}, action={stage}, discard", .beforeEnd, when: SendmailLevel.words(11)),
    ] + bogus("R13")

  private static let lies: [(kind: ReplyKind, words: String, colon: String)] = [
    (.addHeader, "adding headers", ":"), (.insHeader, "adding headers", ":"),
    (.chgHeader, "changing headers", ":"),
    (.addRcpt, "adding recipients", ""), (.addRcptPar, "adding recipients with parameters", ""),
    (.delRcpt, "removing recipients", ":"), (.chgFrom, "changing sender", ""),
    (.quarantine, "quarantining", ":"),
  ]

  /// Of a modification that was not negotiated.
  private static let sendmailUnasked =
    [":", ""].map { colon in
      row(
        "R07", "milter_data({milter})\(colon) lied about {what}, honoring request anyway", .end,
        if: { occasion in lies.contains { $0.kind == occasion.replyKind && $0.colon == colon } }
      ) { occasion in ["what": lies.first { $0.kind == occasion.replyKind }?.words].compacted }
    } + [
      row(
        "R07", "milter_data({milter}): lied about replacing body, rejecting request and tempfailing message",
        .end,
        when: "of a body", if: { $0.replyKind == .replBody })
    ]

  @Sendable private static func closed(_ occasion: LogOccasion) -> Bool { occasion.silence == .closed }

  private static let atEnd: @Sendable (LogOccasion) -> [String: String] = { _ in ["number": "0", "size": "5"]
  }

  private static let sendmailEnds = [
    row(
      "R03", tooFew, then: .fails, when: "where the milter closed",
      if: { $0.stage != nil && $0.silence != .silent }, atEnd),
    row(
      "R03", nothingCame, then: .fails, when: "where it was silent",
      if: { $0.stage != nil && $0.silence != .closed }, reading),
    row(
      "S11", nothingCame, then: .fails, when: "where its own client did not leave", if: { $0.stage != nil },
      reading),
    row("W02", nothingCame, then: .fails, reading),
    row(
      "W02", "milter_data({milter}): EOM ACK/NAK timeout", .end, then: .fails,
      when: "where E: of T= is over although PROGRESS came", if: { _ in false }),
    row("W03", nothingCame, then: .fails, when: "where its time was up", reading),
    row("W06", tooFew, .negotiation, then: .fails, atEnd),
    row(
      "W08", "Milter ({milter}): error connecting to filter: {error}",
      when: "by a Sendmail that is not behind mitmilter"),
    row("W08", tooFew, when: "by one that is", atEnd),
  ]

  // MARK: libmilter

  private static func lib(
    _ rule: String, _ format: String, if applies: @escaping @Sendable (LogOccasion) -> Bool = { _ in true },
    filling values: @escaping @Sendable (LogOccasion) -> [String: String] = { _ in [:] }
  ) -> LogExpectation {
    LogExpectation(
      rule: rule, speaker: .libmilter, format: format, front: .none, applies: applies, values: values)
  }

  private static func isOfFamily(_ letter: Unicode.Scalar) -> @Sendable (LogOccasion) -> Bool {
    let family = UInt8(ascii: letter)
    return { occasion in
      guard case .connect(let connect)? = occasion.dissection?.shape else { return false }
      return connect.family == family
    }
  }

  static let libmilter = [
    lib(
      "R01", "{milter}: milter claimed not to reply in state {state} but did anyway {reply}",
      if: { _ in false }),
    lib(
      "G05", "{milter}: connect[{number}]: unknown family {code}",
      filling: { occasion in
        guard case .connect(let connect)? = occasion.dissection?.shape else { return [:] }
        return ["code": String(connect.family)]
      }),
    lib("G06", "{milter}: connect[{number}]: inet_aton failed", if: isOfFamily("4")),
    lib("G06", "{milter}: connect[{number}]: mi_inet_pton failed", if: isOfFamily("6")),
    lib(
      "N19", "{milter}: st_optionneg[{number}]: protocol version too old {what}",
      filling: {
        ["what": $0.answer.map { "\($0.version) < 2" }].compacted
      }),
  ]
}
