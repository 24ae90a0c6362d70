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
    dialogue = Dialogue(patience: .told(session.mta))
    script = SendingMTA(session, mails)
    self.replies = replies[...]
    while ending == nil { step() }
  }

  private mutating func step() {
    switch script.next(dialogue, at: .zero) {
    case .say(let packet, _):
      said.append(packet)
      _ = travel(packet)
    case .wait:
      guard let reply = replies.popFirst() else {
        ending = .wait(until: nil)
        return
      }
      let place = travel(reply)
      script.heard(reply, place, dialogue, at: .zero)
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

  private func text(_ packet: Packet) -> String {
    let text = InertText.string(escaping: packet.bytes[4...])
    return text.count > 300
      ? "\(packet.bytes.count) bytes: \(text.prefix(300)) \(packet.bytes.hashValue)" : text
  }
}
