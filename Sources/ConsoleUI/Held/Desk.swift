import CommandLanguage
import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// The mail that waits for a person in a milter's place: what may be said about it, and what its MTA makes of that.
struct Desk: Equatable, Sendable {
  let row: Int
  let number: Int
  let stage: Stage
  let rules: KnownMTA
  /// As the client typed it; nil before MAIL.
  let sender: [UInt8]?
  /// As the MTA logs it; nil where it has told none, or what it told is no name that could be typed.
  let queueID: String?
  /// The recipient that waits; nil at another stage.
  let recipient: [UInt8]?
  let choices: [Choice]
  /// The rule that has decided already, though the packet waits, and what it said.
  let ruled: RulesWord?
  /// How many records are about the packet: more may change what rules have said.
  let recordCount: Int

  /// A way to settle it, one key each.
  enum Verdict: Equatable, Sendable { case take, reject, tempfail, discard, quarantine, ownReply }

  struct Choice: Equatable, Sendable {
    var act: Act
    var word: String
    /// What the client gets.
    var code: Int?
    var effect: String
    var danger: String?
  }

  /// What was said about which mail, for a rule that says it again.
  struct Decision: Equatable, Sendable {
    var stage: Stage
    var sender: [UInt8]?
    var recipient: [UInt8]?
    var instructions: [Instruction]

    /// `mail and message.from == "a@example.org" do reject`, for what `apply` and `on` take.
    var text: String {
      var words = [stage.name.lowercased()]
      if let recipient {
        words.append("rcpt.address == \(Quoting.string(recipient))")
      } else if let sender {
        words.append("message.from == \(Quoting.string(sender))")
      }
      let acts = instructions.map(\.text).joined(separator: "; ")
      return words.joined(separator: " and ") + " do " + acts
    }
  }

  /// nil where the packet is no command that is answered.
  init?(_ detail: PacketDetail, _ rules: KnownMTA) {
    guard case .command(let kind) = detail.packet.kind, let stage = kind.stage, stage != .negotiation else {
      return nil
    }
    row = detail.row
    number = detail.number
    self.stage = stage
    self.rules = rules
    let mail = stage == .connect || stage == .helo ? nil : detail.facts.message
    sender = mail?.sender?.address.bytes
    recipient =
      if case .rcpt(let address, _) = Dissection(detail.packet).shape {
        Array(detail.packet.bytes[address])
      } else {
        nil
      }
    queueID = mail?.queueID.flatMap { Desk.name($0.bytes) }
    let negotiation = detail.facts.negotiation
    mayQuarantine = (negotiation.told ?? negotiation.answered)?.actions.contains(.quarantine) ?? false
    choices = Desk.choices(at: stage, rules, queueID, mayQuarantine)
    ruled = RulesWord(in: detail.remarks)
    recordCount = detail.remarks.count
  }

  /// What takes it: at the end of a mail ACCEPT; before, where ACCEPT would wave the rest through, CONTINUE.
  var taking: Answer { stage == .bodyEOB ? .accept : .continue }

  /// Whether there is a mail to be quarantined.
  var hasMail: Bool { sender != nil }

  /// Whether QUARANTINE was negotiated: without, a mail would be taken and delivered.
  let mayQuarantine: Bool

  /// Queue ids are letters and digits; what else comes in macro `i` is not put into a command.
  static func name(_ bytes: [UInt8]) -> String? {
    let isName = bytes.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains(lowercased($0) & 0xDF)
    }
    return isName && (1...40).contains(bytes.count) ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private static func choices(
    at stage: Stage, _ rules: KnownMTA, _ queueID: String?, _ mayQuarantine: Bool
  ) -> [Choice] {
    let take: Choice
    if stage == .bodyEOB {
      take = Choice(
        act: .accept, word: "accept", code: 250, effect: "the client gets 250, the mail is delivered")
    } else {
      take = Choice(act: .accept, word: "go on", effect: "the dialogue goes on")
    }
    var choices = [take]
    for (act, answer) in [(Act.reject, Answer.reject), (.tempfail, .tempfail), (.discard, .discard)] {
      let effect = VerdictEffect(of: answer.reply.kind, at: stage, under: rules)
      choices.append(
        Choice(
          act: act, word: answer.name, code: effect.clientCode, effect: effect.words, danger: effect.danger))
    }
    if stage.isInMail, mayQuarantine {
      choices.append(
        Choice(
          act: .quarantine, word: "quarantine", code: 250,
          effect: rules.quarantineWords(queueID ?? "QUEUEID")))
    }
    choices.append(
      Choice(act: .ownReply, word: "own", effect: "your code and words: 550 5.7.1 \"not here\""))
    return choices
  }
}

extension Stage {
  /// From MAIL to the end of the message.
  fileprivate var isInMail: Bool {
    switch self {
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB: true
    case .negotiation, .connect, .helo, .unknown: false
    }
  }
}

extension KnownMTA {
  /// What becomes of a mail that is quarantined.
  fileprivate func quarantineWords(_ queueID: String) -> String {
    switch quarantine {
    case .queue(let head, let end):
      "the client gets 250, the mail stays in the queue until \(head)\(queueID)\(end)"
    case .header(let name): "the client gets 250, the mail goes on with a header \(name)"
    case .told(let words): "the client gets 250; \(words)"
    }
  }
}
