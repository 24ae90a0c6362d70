import MilterProtocol

/// What an MTA logs of a reply that it takes: of a verdict what it does with it, of a modification (Sendmail alone) that it is made.
///
/// Seen with Postfix 3.7.11 and Sendmail 8.17.1.9.
enum VerdictLog {
  static func lines(_ kind: ReplyKind, _ occasion: LogOccasion, at mta: MeasuredMTA) -> [ExpectedLine] {
    guard occasion.stage != nil, occasion.stage != .negotiation else { return [] }
    return switch mta {
    case .postfix: postfix(kind, occasion)
    case .sendmail: sendmail(kind, occasion)
    }
  }

  // MARK: Postfix

  private static func postfix(_ kind: ReplyKind, _ occasion: LogOccasion) -> [ExpectedLine] {
    let writer = LogWriter(occasion, .postfix)
    switch kind {
    case .reject: return [writer.refusal("550 5.7.1 Command rejected", nil)]
    case .tempfail: return [writer.refusal("451 4.7.1 Service unavailable - try again later", nil)]
    case .shutdown where occasion.isOfContent:
      return [
        writer.line(
          "milter-reject: {stage} from {client}: message content rejected; {envelope}", front: .queue,
          when: "by Postfix before 3.12, which throws the mail away and answers 250")
      ]
    case .shutdown: return [writer.refusal("421 4.7.0 Server closing connection", nil)]
    case .replyCode:
      guard let (text, ending) = occasion.replyText, case .nul = ending,
        case .taken = ReplyAcceptance(text, ending, under: .postfix)
      else { return [] }
      return [writer.refusal(LogOccasion.printable(withoutPercent(text)), nil)]
    case .discard where occasion.stage != .connect && occasion.stage != .helo:
      return [
        writer.line(
          "milter-discard: {stage} from {client}: milter triggers DISCARD action; {envelope}", front: .queue)
      ]
    case .quarantine where occasion.stage == .bodyEOB:
      return [
        writer.line(
          "milter-hold: {stage} from {client}: milter triggers HOLD action; {envelope}", front: .queue)
      ]
    case .accept, .continue, .skip, .discard, .quarantine, .optNeg, .connFail, .progress, .addHeader,
      .insHeader,
      .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .setSymList:
      return []
    }
  }

  /// Postfix leaves single percent signs out, and makes one of two (`milter8_event` in milter8.c).
  private static func withoutPercent(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var kept: [UInt8] = []
    var isOpen = false
    for byte in text {
      if byte == UInt8(ascii: "%"), !isOpen {
        isOpen = true
        continue
      }
      isOpen = false
      kept.append(byte)
    }
    return kept
  }

  // MARK: Sendmail

  private static func sendmail(_ kind: ReplyKind, _ occasion: LogOccasion) -> [ExpectedLine] {
    switch kind {
    case .accept, .continue: sendmailConsent(kind, occasion)
    case .skip where occasion.stage != .bodyEOB: [action("skip", from: 13, occasion)]
    case .reject, .tempfail, .replyCode, .discard: sendmailRefusal(kind, occasion)
    case .skip, .optNeg, .connFail, .progress, .setSymList, .shutdown: []
    case .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody,
      .quarantine:
      occasion.stage == .bodyEOB ? ModificationLog.lines(kind, occasion) : []
    }
  }

  private static func sendmailConsent(_ kind: ReplyKind, _ occasion: LogOccasion) -> [ExpectedLine] {
    if occasion.stage == .bodyEOB {
      return occasion.lacksBodyRight
        ? []
        : [
          LogWriter(occasion, .sendmail).line("Milter accept: message", when: SendmailLevel.words(10))
        ]
    }
    // That it goes on, Sendmail says from LogLevel 13 on of every command: that needs no words.
    return kind == .accept ? [action("accepted", from: 11, occasion)] : []
  }

  /// The line that names the filter; at the end of the message it has no stage, and a level of its own.
  private static func action(
    _ word: String, from level: Int, _ occasion: LogOccasion, reply: String? = nil
  ) -> ExpectedLine {
    let writer = LogWriter(occasion, .sendmail)
    let isEnd = occasion.stage == .bodyEOB
    return writer.line(
      isEnd ? "milter={name}, \(word)" : "milter={name}, action={stage}, \(word)",
      reply.map { ["reply": $0] } ?? [:], when: SendmailLevel.words(isEnd ? 13 : level))
  }

  private static func sendmailRefusal(_ kind: ReplyKind, _ occasion: LogOccasion) -> [ExpectedLine] {
    guard let reply = sendmailReply(kind, occasion) else { return [] }
    let first: ExpectedLine =
      switch kind {
      case .replyCode: action("reject={reply}", from: 11, occasion, reply: reply)
      case .discard: action("discard", from: 11, occasion)
      case .tempfail: action("tempfail", from: 11, occasion)
      default: action("reject", from: 11, occasion)
      }
    return [first] + sendmailOutcome(kind, reply, occasion)
  }

  /// What the client gets; nil where that is bytes of Sendmail's memory.
  private static func sendmailReply(_ kind: ReplyKind, _ occasion: LogOccasion) -> String? {
    switch kind {
    case .tempfail: return "451 4.3.2 Please try again later"
    case .replyCode:
      guard let (text, ending) = occasion.replyText else { return nil }
      guard case .taken = ReplyAcceptance(text, ending, under: .sendmail) else {
        return sendmailText(at: occasion.stage)
      }
      return LogOccasion.escaped(text)
    default:
      if occasion.isOfContent { return "554 5.7.1 Command rejected" }
      return occasion.stage == .helo ? "Command rejected" : "550 5.7.1 Command rejected"
    }
  }

  /// Sendmail's own, where it does not take the milter's.
  private static func sendmailText(at stage: Stage?) -> String {
    switch stage {
    case .connect: "554 Command rejected"
    case .body, .bodyEOB: "554 5.7.1 Command rejected"
    default: "550 5.7.1 Command rejected"
    }
  }

  private static func sendmailOutcome(
    _ kind: ReplyKind, _ reply: String, _ occasion: LogOccasion
  ) -> [ExpectedLine] {
    let writer = LogWriter(occasion, .sendmail)
    let isDiscard = kind == .discard
    func line(_ format: String, _ condition: String? = nil) -> ExpectedLine {
      writer.line(format, ["reply": reply, "name": occasion.sendmailHelo], when: condition)
    }
    func told(_ subject: String) -> ExpectedLine {
      line(isDiscard ? "Milter: \(subject), discard" : "Milter: \(subject), reject={reply}")
    }
    switch occasion.stage {
    case .connect:
      let ending = line("Milter: connect, ending", SendmailLevel.words(10))
      if isDiscard { return [ending] }
      let what =
        reply.hasPrefix("421 ")
        ? "shutdown"
        : kind == .tempfail || reply.hasPrefix("4") ? "temp failing commands" : "rejecting commands"
      return [ending, line("Milter: connect: host={host}, addr={client}, \(what)")]
    case .helo: return isDiscard ? [] : [line("Milter: helo={name}, reject={reply}")]
    case .mail:
      let more = kind == .reject ? [line("Milter: reject, sender", SendmailLevel.words(11))] : []
      return more + [told("from={sender}")]
    case .rcpt: return [told("to={recipient}")]
    case .data: return [told("cmd=data")]
    case .header, .eoh, .body, .bodyEOB:
      let more = kind == .reject ? [line("Milter: reject, data", SendmailLevel.words(11))] : []
      return more + [told("data")]
    case .unknown: return [told("unknown={command}")]
    case .negotiation, nil: return []
    }
  }
}
