import MilterProtocol

extension Record.Event {
  /// What it is where packets and connections have other numbers, in our own sentences, too.
  ///
  /// - Parameters:
  ///   - packets: the new number of a packet; nil where it has none.
  ///   - connections: that of a connection.
  package func renumbered(packets: (Int) -> Int?, connections: (Int) -> Int?) -> Record.Event {
    func new(_ old: Int) -> Int { packets(old) ?? 0 }
    func new(_ sentence: Sentence) -> Sentence {
      sentence.map { if case .packet(let old) = $0 { .packet(packets(old) ?? old) } else { $0 } }
    }
    func new(_ cause: Cause) -> Cause {
      if case .policy(let words) = cause { .policy(new(words)) } else { cause }
    }
    switch self {
    case .passed: return self
    case .opened(var opened):
      opened.shadowOf = opened.shadowOf.map { connections($0) ?? 0 }
      return .opened(opened)
    case .received(var received):
      received.number = new(received.number)
      return .received(received)
    case .sent(var sent):
      sent.original = sent.original.map(new)
      sent.number = sent.number.map(new)
      sent.cause = new(sent.cause)
      return .sent(sent)
    case .held(var held):
      held.number = new(held.number)
      held.cause = new(held.cause)
      return .held(held)
    case .released(var released):
      released.number = new(released.number)
      released.cause = new(released.cause)
      return .released(released)
    case .instructed(var instructed):
      instructed.packet = instructed.packet.map(new)
      instructed.cause = new(instructed.cause)
      instructed.refusal = instructed.refusal.map(new)
      return .instructed(instructed)
    case .found(var finding):
      finding.packet = finding.packet.map(new)
      finding.sentence = new(finding.sentence)
      if let packet = finding.cause?.packet { finding.cause?.packet = new(packet) }
      return .found(finding)
    case .noted(let text, let packet): return .noted(text: new(text), packet: packet.map(new))
    case .marked(let packet, let on): return .marked(packet: new(packet), on: on)
    case .closed(var closed):
      switch closed.how {
      case .peer, .error: break
      case .unreachable(let why): closed.how = .unreachable(new(why))
      case .ours(let why): closed.how = .ours(new(why))
      }
      return .closed(closed)
    }
  }
}
