import MilterProtocol
import Timeline
import TraceModel

/// What a verdict at a stage does to the SMTP client, in words, by MTA (protocol.md 4.2, 4.3).
package struct VerdictEffect: Equatable, Sendable {
  /// One sentence, lower case, no full stop; wire bytes are not in it.
  package var words: String
  /// Worth a warning before it is sent: why.
  package var danger: String?
  /// The reply code that the client gets for this command or later; nil where it notices nothing.
  package var clientCode: Int?

  init(_ words: String, _ clientCode: Int? = nil, danger: String? = nil) {
    self.words = words
    self.clientCode = clientCode
    self.danger = danger
  }

  /// - Parameters:
  ///   - text: of REPLYCODE, as it travels; nil where it is not known yet.
  ///   - ending: what comes behind the text in its packet.
  package init(
    of kind: ReplyKind, at stage: Stage, under rules: KnownMTA, text: ArraySlice<UInt8>? = nil,
    ending: ReplyText.Ending = .nul
  ) {
    if stage == .negotiation, kind.role == .verdict {
      self.init("the negotiation fails: the MTA does what it does without this milter")
      return
    }
    guard let rules = rules.measured else {
      self = Self.byTable(kind, stage, rules, text)
      return
    }
    switch kind {
    case .continue: self.init(stage == .bodyEOB ? "the message is taken" : "the dialogue goes on")
    case .accept: self = Self.accept(stage, rules)
    case .reject: self = Self.refusal(stage, rules, .reject)
    case .tempfail: self = Self.refusal(stage, rules, .tempfail)
    case .replyCode:
      guard let text else {
        self = Self.refusal(stage, rules, .own([]))
        return
      }
      self = Self.reply(text, ReplyAcceptance(text, ending, under: rules), stage, rules)
    case .discard: self = Self.discard(stage, rules)
    case .skip: self = Self.skip(stage, rules)
    case .shutdown: self = Self.shutdown(stage, rules)
    case .optNeg, .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt,
      .chgFrom, .replBody, .quarantine, .setSymList:
      self.init("no verdict")
    }
  }
}

extension VerdictEffect {
  /// At an MTA that was not measured.
  private static func byTable(
    _ kind: ReplyKind, _ stage: Stage, _ mta: KnownMTA, _ text: ArraySlice<UInt8>?
  ) -> VerdictEffect {
    guard kind.role == .verdict || kind == .connFail else { return VerdictEffect("no verdict") }
    guard let row = mta.profile?.verdict(kind, at: stage) else {
      return VerdictEffect("its effect at \(mta.name) is not known")
    }
    guard kind == .replyCode else {
      let setting = row.result == .failed ? "; \(mta.failureSetting) decides" : ""
      return VerdictEffect(row.words + setting, row.code, danger: row.danger)
    }
    let isSpared = row.isOfLines && text?.contains(UInt8(ascii: "\n")) != true
    return VerdictEffect(
      row.words, text.flatMap { Int(String(decoding: $0.prefix(3), as: UTF8.self)) },
      danger: isSpared ? nil : row.danger)
  }

  /// REPLYCODE, by what the MTA makes of its text.
  private static func reply(
    _ text: ArraySlice<UInt8>, _ uptake: ReplyAcceptance, _ stage: Stage, _ rules: MeasuredMTA
  ) -> VerdictEffect {
    switch (uptake, rules) {
    case (.taken(let but), _):
      var effect = refusal(stage, rules, .own(text))
      // Sendmail shows no text of CONNECT, and a client that is dropped reads no further.
      let isShown = !(stage == .connect && rules == .sendmail)
      if isShown { effect.danger = but ?? effect.danger }
      return effect
    case (.refused(let why), .sendmail):
      var effect = refusal(stage, .sendmail, .reject)
      // Unlike a REJECT there (`milter_headers`, `milter_eoh` in milter.c; seen with 8.17).
      if stage == .header || stage == .eoh {
        effect = VerdictEffect("after the final dot the client gets 550 5.7.1 Command rejected", 550)
      }
      effect.words = "Sendmail does not take the text, \(why), and uses its own: \(effect.words)"
      if text.first == UInt8(ascii: "4") { effect.danger = "the 4xx becomes a 5xx" }
      return effect
    case (.refused(let why), .postfix):
      var effect = refusal(stage, .postfix, .misconfigured)
      effect.words = "Postfix does not take the text, \(why): \(effect.words)"
      effect.danger =
        "the milter's connection is closed; milter_default_action decides for the rest of the session"
      return effect
    }
  }

  private enum Refusal {
    case reject, tempfail
    /// Postfix, for a text that it does not take.
    case misconfigured
    case own(ArraySlice<UInt8>)

    var isPermanent: Bool {
      switch self {
      case .reject: true
      case .tempfail, .misconfigured: false
      case .own(let text): text.first != UInt8(ascii: "4")
      }
    }
    /// 421 also ends the session of the client. Postfix looks at the digits; Sendmail wants a blank or a hyphen behind them, at
    /// CONNECT a blank (protocol.md 4.2).
    func disconnects(_ rules: MeasuredMTA, at stage: Stage) -> Bool {
      guard case .own(let text) = self, text.starts(with: "421".utf8) else { return false }
      switch rules {
      case .postfix: return true
      case .sendmail:
        return text.starts(with: "421 ".utf8) || stage != .connect && text.starts(with: "421-".utf8)
      }
    }
    /// The three digits of a text of the milter's own.
    var ownCode: Int? {
      guard case .own(let text) = self, text.count >= 3 else { return nil }
      return Int(String(decoding: text.prefix(3), as: UTF8.self))
    }
  }

  private static func refusal(_ stage: Stage, _ rules: MeasuredMTA, _ refusal: Refusal) -> VerdictEffect {
    switch stage {
    case .connect: atConnect(rules, refusal)
    case .helo: atHelo(rules, refusal)
    case .mail, .rcpt, .data: atCommand(stage, rules, refusal)
    case .header, .eoh, .body, .bodyEOB: atContent(stage, rules, refusal)
    case .unknown where refusal.disconnects(rules, at: .unknown):
      VerdictEffect("the client gets the text and is disconnected", 421)
    case .unknown:
      rules == .postfix && refusal.isPermanent
        ? VerdictEffect(
          "only the text changes, and from 3.10 on not even that: the command fails anyway", refusal.ownCode)
        : VerdictEffect("only the text changes: the command fails anyway", refusal.ownCode)
    case .negotiation: VerdictEffect("the negotiation fails")
    }
  }

  private static func atConnect(_ rules: MeasuredMTA, _ refusal: Refusal) -> VerdictEffect {
    if refusal.disconnects(rules, at: .connect) {
      return VerdictEffect(
        rules == .postfix
          ? "the client gets 421 as banner, without the text, and is disconnected"
          : "the client gets 421 4.7.0 host closing connection", 421)
    }
    switch (rules, refusal) {
    case (.postfix, .reject):
      return VerdictEffect(
        "the banner is 554 not accepting connections; later commands get 550 5.7.1 Command rejected", 554)
    case (.postfix, .tempfail):
      return VerdictEffect("the banner is 220; later commands get 451 4.7.1 Service unavailable", 451)
    case (.postfix, .misconfigured):
      return VerdictEffect("the banner is 220; later commands get 451 4.3.5", 451)
    case (.postfix, .own):
      return VerdictEffect(
        refusal.isPermanent
          ? "the banner is a general 554; later commands get the text"
          : "the banner is 220; later commands get the text", refusal.isPermanent ? 554 : refusal.ownCode)
    case (.sendmail, .reject):
      return VerdictEffect("the banner is 554; later commands get 550 5.0.0 Command rejected", 554)
    case (.sendmail, .tempfail), (.sendmail, .misconfigured):
      return VerdictEffect("commands get 451 4.3.2", 451)
    case (.sendmail, .own):
      return VerdictEffect(
        refusal.isPermanent
          ? "Sendmail ignores the text: as a reject, the banner is 554"
          : "Sendmail ignores the text: as a tempfail, commands get 451 4.3.2",
        refusal.isPermanent ? 554 : 451)
    }
  }

  private static func atHelo(_ rules: MeasuredMTA, _ refusal: Refusal) -> VerdictEffect {
    if refusal.disconnects(rules, at: .helo) {
      return VerdictEffect("the client gets 421 and is disconnected", 421)
    }
    let later: String =
      switch (rules, refusal) {
      case (.postfix, .reject): "MAIL, VRFY, AUTH and STARTTLS get 550 5.7.1"
      case (.postfix, .tempfail): "MAIL, VRFY, AUTH and STARTTLS get 451 4.7.1"
      case (.sendmail, .reject): "later commands get 550 5.0.0 Command rejected"
      case (.sendmail, .tempfail): "later commands get 451"
      case (_, .misconfigured): "later commands get 451 4.3.5"
      case (_, .own): "later commands get the text"
      }
    return VerdictEffect(
      "HELO itself gets 250; for the rest of the session \(later)",
      refusal.ownCode ?? (refusal.isPermanent ? 550 : 451))
  }

  private static func atCommand(_ stage: Stage, _ rules: MeasuredMTA, _ refusal: Refusal) -> VerdictEffect {
    let subject =
      switch stage {
      case .rcpt: "this recipient is refused with"
      case .data: "DATA is refused with"
      case _: "the sender is refused with"
      }
    let disconnects = refusal.disconnects(rules, at: stage)
    let after =
      switch stage {
      case _ where disconnects: " and the client is disconnected: nobody gets this message"
      case .rcpt: "; the message goes on for others"
      case .data: "; further RCPT and DATA may follow"
      case _: ""
      }
    switch refusal {
    case .reject:
      return VerdictEffect("\(subject) 550 5.7.1 Command rejected\(after)", 550)
    case .tempfail:
      let text = rules == .postfix ? "451 4.7.1 Service unavailable" : "451 4.3.2 Please try again later"
      return VerdictEffect("\(subject) \(text)\(after)", 451)
    case .misconfigured: return VerdictEffect("\(subject) 451 4.3.5, and so is what comes after it", 451)
    case .own: return VerdictEffect("\(subject) the text\(after)", refusal.ownCode)
    }
  }

  private static func atContent(_ stage: Stage, _ rules: MeasuredMTA, _ refusal: Refusal) -> VerdictEffect {
    let end = refusal.disconnects(rules, at: stage) ? "; the client is disconnected" : ""
    switch (rules, refusal) {
    case (.postfix, .reject):
      return VerdictEffect("after the final dot the client gets 550 5.7.1 Command rejected", 550)
    case (.sendmail, .reject):
      return VerdictEffect("after the final dot the client gets 554 5.7.1 Command rejected", 554)
    case (.postfix, .tempfail):
      return VerdictEffect("after the final dot the client gets 451 4.7.1 Service unavailable", 451)
    case (.sendmail, .tempfail):
      return VerdictEffect("after the final dot the client gets 451 4.3.2 Please try again later", 451)
    case (_, .misconfigured):
      return VerdictEffect("after the final dot the client gets 451 4.3.5", 451)
    case (_, .own):
      return VerdictEffect("after the final dot the client gets the text\(end)", refusal.ownCode)
    }
  }

  private static func accept(_ stage: Stage, _ rules: MeasuredMTA) -> VerdictEffect {
    switch stage {
    case .connect, .helo: VerdictEffect("nothing more of this session is shown to the milter; mail flows")
    case .mail, .rcpt, .data, .header, .eoh, .body:
      VerdictEffect(
        "the rest of this message is not shown to the milter; it is delivered, for all recipients")
    case .bodyEOB: VerdictEffect("the message is taken, as with continue")
    case .unknown:
      switch rules {
      case .postfix:
        VerdictEffect(
          "smtpd panics at the next MAIL: the client is dropped", nil,
          danger: "outside a message it kills smtpd: milter8_mail_event, bad state 7 (3.7 to 3.12)")
      case .sendmail: VerdictEffect("no effect")
      }
    case .negotiation: VerdictEffect("the negotiation fails")
    }
  }

  private static func discard(_ stage: Stage, _ rules: MeasuredMTA) -> VerdictEffect {
    switch (stage, rules) {
    case (.connect, .postfix), (.helo, .postfix): VerdictEffect("a warning in the log, else as continue")
    case (.connect, .sendmail): VerdictEffect("the session goes on without this milter")
    case (.helo, .sendmail): VerdictEffect("no effect")
    case (.unknown, .postfix):
      VerdictEffect(
        "the next message is taken, not filtered and lost; smtpd panics at the MAIL after it", nil,
        danger:
          "the next message is lost in Postfix 3.7; from 3.10 on smtpd panics at its MAIL, as with accept")
    case (.unknown, .sendmail):
      VerdictEffect(
        "the next message is lost", nil,
        danger: "the next message is taken, discarded and not filtered: the flag sits on the envelope")
    case (.mail, _), (.rcpt, _), (.data, _), (.header, _), (.eoh, _), (.body, _), (.bodyEOB, _):
      VerdictEffect("the client gets 250 and the message is dropped, for all recipients", 250)
    case (.negotiation, _): VerdictEffect("the negotiation fails")
    }
  }

  private static func skip(_ stage: Stage, _ rules: MeasuredMTA) -> VerdictEffect {
    switch (stage, rules) {
    case (.body, _): VerdictEffect("no more body chunks are sent; end of message follows")
    case (.header, .postfix): VerdictEffect("no more headers are sent; end of header follows")
    case (.header, .sendmail): VerdictEffect("headers still come, the body is left out")
    case (.rcpt, .postfix):
      VerdictEffect(
        "later recipients of this message are not shown, and taken", nil,
        danger: "later recipients are taken unseen")
    case (.bodyEOB, .postfix): VerdictEffect("the message is taken, as with continue")
    case (.bodyEOB, .sendmail):
      VerdictEffect(
        "the milter is in error state: F= decides at once about this message", nil,
        danger: "no verdict for Sendmail")
    case (.connect, .sendmail), (.helo, .sendmail), (.mail, .sendmail), (.rcpt, .sendmail),
      (.data, .sendmail),
      (.unknown, .sendmail):
      VerdictEffect(
        "the milter is ignored for the rest of the connection", nil, danger: "mail flows unfiltered")
    case (.eoh, _), (.connect, .postfix), (.helo, .postfix), (.mail, .postfix), (.data, .postfix),
      (.unknown, .postfix):
      VerdictEffect("as continue")
    case (.negotiation, _): VerdictEffect("the negotiation fails")
    }
  }

  private static func shutdown(_ stage: Stage, _ rules: MeasuredMTA) -> VerdictEffect {
    switch (stage, rules) {
    case (.bodyEOB, .sendmail):
      VerdictEffect(
        "no reply that Sendmail knows: the milter is in error state, F= decides at once about this message",
        nil, danger: "Postfix alone knows it")
    case (.connect, .sendmail), (.helo, .sendmail), (.mail, .sendmail), (.rcpt, .sendmail),
      (.data, .sendmail),
      (.header, .sendmail), (.eoh, .sendmail), (.body, .sendmail):
      VerdictEffect(
        "no reply that Sendmail knows: this command still succeeds, the milter is in error state, "
          + "F= decides from the next command on", nil, danger: "Postfix alone knows it")
    case (.unknown, .sendmail):
      VerdictEffect(
        "no reply that Sendmail knows: the milter is in error state, F= decides from the next command on",
        nil,
        danger: "Postfix alone knows it")
    case (.negotiation, .sendmail): VerdictEffect("the negotiation fails")
    case (.connect, .postfix): VerdictEffect("the banner is 421 and the client is disconnected", 421)
    case (.header, .postfix), (.eoh, .postfix), (.body, .postfix), (.bodyEOB, .postfix):
      VerdictEffect(
        "before 3.11 the client gets 250 and the message is lost, though the log says reject", 250,
        danger: "Postfix 3.7 and 3.10 take the message and throw it away")
    case (.negotiation, .postfix): VerdictEffect("the negotiation fails")
    case (.helo, .postfix), (.mail, .postfix), (.rcpt, .postfix), (.data, .postfix), (.unknown, .postfix):
      VerdictEffect("the client gets 421 4.7.0 Server closing connection and is disconnected", 421)
    }
  }
}
