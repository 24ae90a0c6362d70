import Dialogue
import MilterProtocol
import Sending
import TestSupport
import Testing

/// Plays an MTA against replies that are known.
private struct Play {
  private(set) var said: [Packet] = []
  private(set) var ending: MTAMove?
  private var dialogue: Dialogue
  private var script: SendingMTA
  private var replies: ArraySlice<Packet>
  private var number = 0

  init(_ session: SendingSession, _ mails: [SentMail], _ replies: [Packet]) {
    self.init(SendingMTA(session, mails), session.mta, replies)
  }

  init(_ script: SendingMTA, _ mta: MTAChoice, _ replies: [Packet]) {
    dialogue = Dialogue(patience: .told(mta))
    self.script = script
    self.replies = replies[...]
    while ending == nil { step() }
  }

  private mutating func step() {
    switch script.next(dialogue, at: .zero) {
    case .say(let packet, _):
      said.append(packet)
      _ = travel(packet)
    case .note: break
    case .wait:
      guard let reply = replies.popFirst() else {
        ending = .wait(until: nil)
        return
      }
      let place = travel(reply)
      script.heard(reply, number: number, place, dialogue, at: .zero)
    case let move: ending = move
    }
  }

  private mutating func travel(_ packet: Packet) -> Placement {
    number += 1
    return dialogue.travelled(packet, Dissection(packet).shape, number: number, .through, at: .zero)
  }
}

@Suite struct SendingMTATests {
  /// Byte for byte, but for what is the set-up's own: names, routes, ports, queue ids.
  @Test(arguments: RecordedSession.all)
  func saysWhatTheRealOneSays(_ recorded: RecordedSession) {
    let play = Play(recorded.session, recorded.mails, recorded.replies)
    let expected = recorded.commands.map { text($0) }
    let said = play.said.map { text($0) }
    guard said != expected else { return }
    let place =
      zip(said, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? min(said.count, expected.count)
    let (ours, theirs) = (
      said.dropFirst(place).first ?? "nothing", expected.dropFirst(place).first ?? "nothing"
    )
    Issue.record("packet \(place + 1): \(recorded.mta) says \(theirs), we say \(ours)")
  }

  /// As Postfix 3.7 and Sendmail 8.17 were seen to do with this client.
  @Test(arguments: [
    (
      MTAChoice.postfix,
      "O DC C DH H DM M DR R A DM M A DU U DU U DM M DR R DT T DL L DN N DB B DE E A DU U DH H A DM M DH H A A A Q"
    ),
    (.sendmail, "O DC C DH H DM M DR R A DM M U U DM M DR R T L N B DE E DH H DM M A DH H Q"),
  ])
  func whatIsTakenBackAndWhatNobodyKnowsIsToldAsTheRealOneTellsIt(_ mta: MTAChoice, _ expected: String) {
    let mail = SentMail(
      from: Envelope(address: bytes("<a@example.org>")), to: [Envelope(address: bytes("<b@example.net>"))],
      queueID: bytes("4X"), TakenMail(bytes("Subject: test\n\nbody\n"), as: mta))
    let refused: [SendingMTA.Step] = [
      .mail(0), .rcpt(0), .data, .rset, .mail(1), .rcpt(0), .unknown(bytes("XYZZY")), .rset,
    ]
    let rest: [SendingMTA.Step] = [
      .unknown(bytes("BAR baz")), .helo(bytes("again")), .mail(3), .helo(bytes("more")), .quit, .mail(3),
    ]
    let steps =
      [.connect, .helo(bytes("client.example.org")), .rset, .note("a word")] + refused + [
        .unknown(bytes("FOO bar"))
      ]
      + SendingMTA.steps(of: mail, 2) + [.rset] + rest
    // To CONNECT, HELO, MAIL, RCPT, MAIL, and whatever comes then.
    let replies =
      [Milter.continue, Milter.continue, Milter.continue, Milter.reject, Milter.reject]
      + Array(repeating: Milter.continue, count: 20)
    let script = SendingMTA(SendingSession(as: mta), [mail, mail, mail, mail], saying: steps)
    let play = Play(script, mta, [Milter.optNeg()] + replies)
    let said = play.said.map { packet -> String in
      let letter = String(decoding: [packet.bytes[4]], as: UTF8.self)
      return letter == "D" ? "D" + String(decoding: [packet.bytes[5]], as: UTF8.self) : letter
    }
    #expect(said.joined(separator: " ") == expected)
    #expect(play.ending == .hangUp)
    let lines = play.said.compactMap { packet -> String? in
      guard case .command(.unknown(let line)) = PacketValue(decoding: packet) else { return nil }
      return String(decoding: line, as: UTF8.self)
    }
    #expect(lines == (mta == .postfix ? ["XYZZY", "FOO", "BAR"] : ["XYZZY", "FOO bar"]))
  }

  private func text(_ packet: Packet) -> String {
    let text = InertText.string(escaping: packet.bytes[4...])
    return text.count > 300
      ? "\(packet.bytes.count) bytes: \(text.prefix(300)) \(packet.bytes.hashValue)" : text
  }
}
