import MilterProtocol

/// Fills texts of one speaker with what is known, and knows what an MTA writes once it is without its milter.
struct LogWriter {
  let occasion: LogOccasion
  let speaker: Speaker

  init(_ occasion: LogOccasion, _ speaker: Speaker) { (self.occasion, self.speaker) = (occasion, speaker) }

  static let byDefaultAction = "with milter_default_action = tempfail"
  static let byFilterFlag = "with F=T; without F= the mail goes on, and no such line is written"

  func line(
    _ format: String, _ values: [String: String] = [:], front: LogExpectation.Front = .none,
    when condition: String? = nil
  ) -> ExpectedLine {
    let text = LogText.of(speaker, format).filled { values[$0] ?? value($0) }
    return ExpectedLine(program: program, text: self.front(front) + text, condition: condition)
  }

  private var program: String {
    switch speaker {
    case .postfix: occasion.postfixProgram
    case .sendmail: "sm-mta"
    case .libmilter: ""
    }
  }

  private func front(_ front: LogExpectation.Front) -> String {
    let queue = speaker == .postfix ? occasion.postfixQueue : occasion.sendmailQueue
    switch (speaker, front) {
    case (.libmilter, _), (.postfix, .none): return ""
    case (.postfix, .queuedWarning): return "warning: \(queue): "
    case (.postfix, .queue): return "\(queue): "
    case (.postfix, .panic): return "panic: "
    case (.postfix, .warning), (.postfix, .syserr): return "warning: "
    case (.sendmail, .syserr): return "\(queue): SYSERR(root): "
    case (.sendmail, _): return "\(queue): "
    }
  }

  private func value(_ name: String) -> String? {
    switch (speaker, name) {
    case (.postfix, "milter"): occasion.socket
    case (.sendmail, "milter"), (.sendmail, "name"): "NAME"
    case (_, "event"): occasion.stage.map { "SMFIC_\($0.name)" }
    case (.postfix, "stage"): occasion.postfixStage
    case (.sendmail, "stage"): occasion.sendmailStage
    case (.postfix, "client"): occasion.postfixClient
    case (.postfix, "envelope"): occasion.postfixEnvelope
    case (.sendmail, "client"): occasion.client.address.map(LogOccasion.escaped)
    case (.sendmail, "host"): occasion.client.host.map(LogOccasion.escaped)
    case (.sendmail, "sender"): occasion.envelope.sender.map(LogOccasion.escaped)
    case (.sendmail, "recipient"): occasion.envelope.recipient.map(LogOccasion.escaped)
    case (_, "code"): occasion.letter
    case (_, "length"): occasion.announcedLength.map(String.init)
    case (_, "limit"): "1073741823"
    case (_, "response"): occasion.postfixResponse
    default: nil
    }
  }

  // MARK: without a milter

  func lines(_ after: LogExpectation.After) -> [ExpectedLine] {
    switch after {
    case .nothing: return []
    case .givenUp(let reading):
      let isRead = reading && occasion.stage == .negotiation
      let second = isRead ? [line("milter {milter}: read error in initial handshake", front: .warning)] : []
      return second + [refusal("451 4.7.1 Service unavailable - try again later", Self.byDefaultAction)]
    case .misconfigured:
      return [refusal("451 4.3.5 Server configuration problem - try again later", nil)]
    case .fails: return errorState + failure(at: occasion.stage, occasion)
    case .failsNext: return errorState + failureAtNext
    }
  }

  /// What Postfix says of a verdict, the milter's or its own: cleanup leaves the code out.
  func refusal(_ reply: String, _ condition: String?) -> ExpectedLine {
    let shown = occasion.isOfContent ? String(reply.dropFirst(4)) : reply
    return line(
      "milter-reject: {stage} from {client}: {reply}; {envelope}", ["reply": shown], front: .queue,
      when: condition)
  }

  private var errorState: [ExpectedLine] { [line("Milter ({milter}): to error state")] }

  private static let later = ["reply": "451 4.3.2 Please try again later"]

  private func failure(at stage: Stage?, _ occasion: LogOccasion) -> [ExpectedLine] {
    let writer = LogWriter(occasion, speaker)
    func refusal(_ format: String, _ values: [String: String] = [:]) -> ExpectedLine {
      writer.line(format, values.merging(Self.later) { mine, _ in mine }, when: Self.byFilterFlag)
    }
    switch stage {
    case .negotiation:
      return [line("Milter ({milter}): init failed to open")] + errorState
        + [refusal("Milter: initialization failed, temp failing commands")]
    case .connect:
      return [
        line("Milter: connect, ending", when: SendmailLevel.words(10)),
        refusal("Milter: connect: host={host}, addr={client}, temp failing commands"),
      ]
    case .helo:
      return [refusal("Milter: helo={name}, reject={reply}", ["name": occasion.sendmailHelo])]
    case .mail: return [refusal("Milter: from={sender}, reject={reply}")]
    case .rcpt: return [refusal("Milter: to={recipient}, reject={reply}")]
    case .data: return [refusal("Milter: cmd=data, reject={reply}")]
    case .header, .eoh, .body, .bodyEOB: return [refusal("Milter: data, reject={reply}")]
    case .unknown: return [refusal("Milter: unknown={command}, reject={reply}")]
    case nil: return []
    }
  }

  /// Nothing is known yet of the command that comes next, but for what it most likely is.
  private var failureAtNext: [ExpectedLine] {
    var next = occasion
    switch occasion.stage {
    case .connect: (next.stage, next.client.helo) = (.helo, nil)
    case .helo: (next.stage, next.envelope.sender) = (.mail, nil)
    case .mail, .unknown: (next.stage, next.envelope.recipient) = (.rcpt, nil)
    case .rcpt: next.stage = .data
    case .data: next.stage = .header
    case .negotiation, .header, .eoh, .body, .bodyEOB, nil: break
    }
    if occasion.stage == .unknown { (next.stage, next.envelope.sender) = (.mail, nil) }
    return failure(at: next.stage, next)
  }
}

/// Sendmail writes some lines from a level of its log on; 9 is the level where nothing is configured.
enum SendmailLevel {
  static func words(_ level: Int) -> String { "from LogLevel \(level) on" }
}
