import CommandLanguage
import MilterProtocol
import TraceModel

/// A trace that somebody wrote by hand: every number in it may be any number.
package struct NumberStorm {
  private var generator: SeededGenerator
  /// One number in so many is another one than was recorded.
  private let calm: Int

  package init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    calm = [1, 2, 5, 20][Int(seed % 4)]
  }

  package mutating func head() -> TraceHead {
    TraceHead(
      program: "0.1", startedAt: Int64(any(1_760_000_000_000_000)), command: ["mitmilter", "proxy"],
      listen: "inet:8891@127.0.0.1", milter: "inet:8892@127.0.0.1", negotiation: "widen")
  }

  package mutating func trace() -> MemoryRecords {
    let records = Self.play.map { any($0) }
    return MemoryRecords(records, head: head())
  }

  /// Two connections with all that a record can tell of.
  private static let play: [Record] = {
    var play = Recording()
    for connection in 1...2 {
      play.connection = connection
      play.greet()
      play.mail(headers: [("Subject", "test"), ("X-A", "1"), ("X-A", "2")], isHeld: true)
      let end = play.packet
      play.append(.held(Held(number: end, cause: .rule("hold"), deadline: play.now + .seconds(20))))
      for text in ["add-header X-Seen yes", "delete-header X-A[2]", "set macro[\"i\"] A", "delay 5s"] {
        let asked = Instructed(text: text, cause: .operator, packet: end)
        play.append(.instructed(asked))
      }
      play.append(
        .instructed(
          Instructed(text: "drop", cause: .operator, packet: end, refusal: "packet \(packet: end) has left")))
      play.append(.noted(text: "look at packet \(packet: end)", packet: end))
      play.append(.marked(packet: end, on: true))
      play.release(end)
      play.send(end, to: .milter)
      play.milter(Milter.progress)
      for index in [UInt32.max, 0x8000_0000, 0x7fff_ffff, 0, 2] {
        play.milter(Milter.insHeader(index, "X-I", "i"), Milter.chgHeader(index, "X-A", "c"))
      }
      let reply = play.hold(Milter.accept)
      play.append(.released(Released(number: reply, outcome: .answered, cause: .timeout)))
      play.inject(Milter.tempfail, to: .mta)
      play.append(
        .found(
          Finding(.noVerdict, packet: reply, "the reply to BODYEOB (packet \(packet: end)) is late")))
      play.ask(MTA.mail("<a@b>", "SIZE=99999999999999999999"))
      play.append(.passed(Passed(sender: .mta, bytes: bytes("QUIT\r\n"), reason: .foreign)))
      play.close()
      play.close(.milter)
    }
    return play.records
  }()

  // MARK: numbers

  private static let extremes: [Int] = [
    .max, .max - 1, .max - 100, .min, .min + 1, 0, -1, 1, 1 << 31, 1 << 32, -1 << 32, 1 << 53,
    1_000_000_000_000,
    .max / 1000, .max / 1_000_000, .min / 1000, .min / 1_000_000,
  ]

  private mutating func any(_ number: Int) -> Int {
    guard generator.chance(1, in: calm) else { return number }
    let extreme = generator.element(of: Self.extremes)
    return generator.chance(1, in: 3) ? extreme &+ (Int(generator.next() % 3) &- 1) : extreme
  }

  private mutating func any(_ moment: Moment) -> Moment {
    Moment(microseconds: Int64(any(Int(moment.microseconds))))
  }

  private mutating func any(_ sentence: Sentence) -> Sentence {
    Sentence(sentence.parts.map { if case .packet(let number) = $0 { .packet(any(number)) } else { $0 } })
  }

  private mutating func any(_ record: Record) -> Record {
    Record(time: any(record.time), connection: any(record.connection), event: any(record.event)).read
  }

  private mutating func any(_ event: Record.Event) -> Record.Event {
    switch event {
    case .opened, .passed, .closed: return event
    case .received(var received):
      received.number = any(received.number)
      return .received(received)
    case .sent(var sent):
      sent.original = sent.original.map { any($0) }
      sent.number = sent.number.map { any($0) }
      return .sent(sent)
    case .held(var held):
      held.number = any(held.number)
      held.deadline = held.deadline.map { any($0) }
      held.client = held.client.map { any($0) }
      return .held(held)
    case .released(var released):
      released.number = any(released.number)
      return .released(released)
    case .instructed(var instructed):
      instructed.packet = instructed.packet.map { any($0) }
      instructed.refusal = instructed.refusal.map { any($0) }
      return .instructed(instructed)
    case .found(var finding):
      finding.packet = finding.packet.map { any($0) }
      finding.sentence = any(finding.sentence)
      return .found(finding)
    case .noted(let text, let packet): return .noted(text: any(text), packet: packet.map { any($0) })
    case .marked(let packet, let on): return .marked(packet: any(packet), on: on)
    }
  }
}
