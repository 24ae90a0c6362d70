import CLinux
import Dialogue
import Findings
import Glibc
import MTAConfiguration
import MilterProtocol

/// Asks a milter what an MTA would: negotiates, plays a mail and aborts it before its end. Nothing is delivered.
///
/// It never takes longer than ``limit``. Whoever does not speak milter is asked once more as a web browser would, to be named.
package struct MilterProbe {
  /// Of a whole probe, from looking up the name to the last word.
  package static let limit = Moment.Span.seconds(10)

  private let due: Due
  private let socket: ProbeSocket
  private var dialogue = Dialogue()
  private var remarks = Remarks()
  private var packets = 0
  private var probed: ProbedMilter
  private let start = linux_monotonic_microseconds()

  package static func run(
    _ address: MilterAddress, as mta: MeasuredMTA, within limit: Moment.Span = MilterProbe.limit
  ) -> ProbedMilter {
    let due = Due(within: limit)
    // The rest is for finding out who it is that says nothing or hangs up.
    let patience = limit / 4 + limit / 2
    var failed = ProbedMilter(as: mta)
    let addresses: [SocketAddress]
    do throws(Resolution.Failure) { addresses = try lookUp(address, until: due) } catch {
      failed.ending = .unresolved(error.message)
      return failed
    }
    do throws(ProbeSocket.Failure) {
      var probe = MilterProbe(
        as: mta, try ProbeSocket(addresses, until: due), until: due.orSooner(within: patience))
      probe.play()
      if let other = probe.stranger(at: addresses, until: due) { probe.probed.ending = .wrongPeer(other) }
      return probe.probed
    } catch {
      failed.ending = error.ending
      return failed
    }
  }

  /// A resolver may take longer than anybody wants to wait: it is asked on a thread of its own, and left alone then.
  private static func lookUp(_ address: MilterAddress, until due: Due) throws(Resolution.Failure)
    -> [SocketAddress]
  {
    if let literal = Resolution.literal(address) { return [literal] }
    let answers = Mailbox<Result<[SocketAddress], Resolution.Failure>>()
    Thread {
      do throws(Resolution.Failure) {
        answers.post(.success(try Resolution.addresses(of: address)))
      } catch {
        answers.post(.failure(error))
      }
    }.detach()
    guard due.wait(for: POLLIN, of: answers.descriptor), let answer = answers.take().first else {
      throw Resolution.Failure(message: "no answer from the resolver within \(limit.words)", hint: nil)
    }
    return try answer.get()
  }

  private init(as mta: MeasuredMTA, _ socket: ProbeSocket, until due: Due) {
    self.due = due
    self.socket = socket
    probed = ProbedMilter(as: mta)
    var patience = MTAPatience()
    patience.mta = MTAChoice(mta.known)
    dialogue.tell(patience)
  }

  private var now: Moment { Moment(microseconds: linux_monotonic_microseconds() - start) }

  // MARK: The mail

  private mutating func play() {
    guard negotiate() else { return }
    for question in ProbeMail(mta: probed.mta).questions {
      guard ask(question) else { break }
    }
    guard probed.ending == .finished else { return }
    hearRest(within: .milliseconds(100))
    _ = send([Packet(encoding: Command.abort), Packet(encoding: Command.quit)])
    hearRest(within: .milliseconds(250))
    remarks.remark(onEndOf: .milter, before: dialogue, at: now, into: &probed.findings)
  }

  private mutating func negotiate() -> Bool {
    guard send([Packet(encoding: Command.optNeg(ProbeMail.offer))]) else {
      probed.ending = .closed(at: .negotiation)
      return false
    }
    guard hear(.negotiation) == .replied(.optNeg) else { return false }
    return probed.isMilter
  }

  /// Asks one thing; whether the mail goes on behind it.
  private mutating func ask(_ question: ProbeMail.Question) -> Bool {
    let stage = question.stage
    let isFurther = probed.steps.last?.stage == stage
    if dialogue.negotiation.milterDeclines(stage) {
      if !isFurther { probed.steps.append(ProbedMilter.Step(stage, .switchedOff)) }
      return true
    }
    if isFurther, case .replied(.skip)? = probed.steps.last?.outcome { return true }
    guard send(question.packets) else {
      probed.ending = .closed(at: stage)
      return false
    }
    guard dialogue.negotiation.milterAnswers(at: stage) else {
      if !isFurther { probed.steps.append(ProbedMilter.Step(stage, .noReply)) }
      return true
    }
    switch hear(stage) {
    case .replied(.continue), .replied(.skip): return true
    case .replied, .refused, .switchedOff, .noReply, nil: return false
    }
  }

  /// Waits for the verdict of a stage; nil where none comes.
  private mutating func hear(_ stage: Stage) -> ProbedMilter.Outcome? {
    let asked = now
    while true {
      switch socket.receive(until: due) {
      case .packet(let packet):
        take(packet, .milter)
        guard case .reply(let kind) = packet.kind else {
          if stage == .negotiation { probed.ending = .notMilter(begins: packet.bytes) }
          return nil
        }
        guard kind.settles else { continue }
        if stage == .negotiation { probed.answer = dialogue.negotiation.answered }
        return note(Self.outcome(of: packet, kind), at: stage, took: now - asked)
      case .late:
        probed.ending = .silent(at: stage)
        return nil
      case .closed:
        remarks.remark(onEndOf: .milter, before: dialogue, at: now, into: &probed.findings)
        probed.ending = .closed(at: stage)
        return nil
      case .strange(let bytes):
        probed.ending =
          WrongPeer.recognized(in: bytes.span).map { .wrongPeer($0) } ?? .notMilter(begins: bytes)
        return nil
      }
    }
  }

  /// The first of several headers stands for all, unless a later one took longer or settled it.
  private mutating func note(_ outcome: ProbedMilter.Outcome, at stage: Stage, took: Moment.Span)
    -> ProbedMilter.Outcome
  {
    let step = ProbedMilter.Step(stage, outcome, took: took)
    if let last = probed.steps.last, last.stage == stage {
      if took > last.took ?? .seconds(0) || outcome != last.outcome {
        probed.steps[probed.steps.count - 1] = step
      }
    } else {
      probed.steps.append(step)
    }
    return outcome
  }

  private static func outcome(of packet: Packet, _ kind: ReplyKind) -> ProbedMilter.Outcome {
    if case .reply(.verdict(.replyCode(let text))) = PacketValue(decoding: packet) { return .refused(text) }
    return .replied(kind)
  }

  /// What it still says: nothing is due any more, so each reply is one too many.
  private mutating func hearRest(within span: Moment.Span) {
    let rest = due.orSooner(within: span)
    while case .packet(let packet) = socket.receive(until: rest) { take(packet, .milter) }
  }

  // MARK: What travels

  private mutating func send(_ packets: [Packet]) -> Bool {
    for packet in packets { take(packet, .mta) }
    return socket.send(packets.flatMap(\.bytes), until: due)
  }

  private mutating func take(_ packet: Packet, _ sender: Leg) {
    packets += 1
    let dissection = Dissection(packet)
    remarks.remark(
      on: packet, dissection, number: packets, .through, before: dialogue, now, into: &probed.findings)
    dialogue.travelled(packet, dissection.shape, number: packets, .through, at: now)
  }

  // MARK: Strangers

  /// Who it is that neither spoke milter nor anything known; nil where it is one, or says nothing.
  private func stranger(at addresses: [SocketAddress], until due: Due) -> WrongPeer? {
    switch probed.ending {
    case .silent(at: .negotiation), .closed(at: .negotiation): break
    case .finished, .unresolved, .unreachable, .silent, .closed, .wrongPeer, .notMilter: return nil
    }
    // A server that serves one client at a time is free for the next then.
    socket.hangUp()
    guard let socket = try? ProbeSocket(addresses, until: due),
      socket.send(bytes("GET / HTTP/1.0\r\n\r\n"), until: due)
    else { return nil }
    let words = socket.text(until: due)
    return words.isEmpty ? nil : WrongPeer.recognized(in: words.span)
  }
}
