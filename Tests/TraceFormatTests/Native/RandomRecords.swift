import MilterProtocol
import TestSupport
import TraceModel

extension Record {
  /// Any record that the types allow, the sensible ones no more often than the others.
  static func random(using generator: inout SeededGenerator) -> Record {
    let events: [(inout SeededGenerator) -> Event] = [
      { g in
        .opened(
          Opened(
            peer: .random(using: &g), local: .random(using: &g), milter: g.maybe(String.random),
            tap: g.maybe(String.random), patience: g.maybe { $0.patience() }))
      },
      { g in .received(Received(number: g.anyInt(), packet: g.anyPacket(), forwarded: .random(using: &g))) },
      { g in
        .passed(Passed(sender: g.leg(), bytes: g.anyBytes(), reason: g.one(of: Passed.Reason.allCases)))
      },
      { g in
        .sent(
          Sent(
            leg: g.leg(), original: g.maybe { $0.anyInt() }, number: g.maybe { $0.anyInt() },
            packet: g.maybe { $0.anyPacket() }, cause: g.cause()))
      },
      { g in
        .held(
          Held(
            number: g.anyInt(), cause: g.cause(), deadline: g.maybe { $0.moment() },
            client: g.maybe { $0.moment() }))
      },
      { g in
        .released(
          Released(number: g.anyInt(), outcome: g.one(of: Released.Outcome.allCases), cause: g.cause()))
      },
      { g in
        .instructed(
          Instructed(
            text: .random(using: &g), cause: g.cause(), packet: g.maybe { $0.anyInt() },
            refusal: g.maybe(Sentence.random)))
      },
      { g in
        let rule = FindingRule(
          id: .random(using: &g), severity: g.one(of: Finding.Severity.allCases), title: .random(using: &g),
          consequence: "", source: "")
        let cause = g.maybe {
          Finding.Cause($0.one(of: FindingRule.all), packet: $0.maybe { $0.anyInt() })
        }
        return .found(Finding(rule, packet: g.maybe { $0.anyInt() }, .random(using: &g), cause: cause))
      },
      { g in .noted(text: .random(using: &g), packet: g.maybe { $0.anyInt() }) },
      { g in .marked(packet: g.anyInt(), on: .random(using: &g)) },
      { g in .closed(Closed(leg: g.leg(), how: g.ending())) },
    ]
    let connection = Bool.random(using: &generator) ? 1 : generator.anyInt()
    let time = generator.moment()
    let event = generator.one(of: events)(&generator)
    return Record(time: time, connection: connection, event: event)
  }
}

extension TraceHead {
  static func random(using generator: inout SeededGenerator) -> TraceHead {
    TraceHead(
      program: .random(using: &generator), startedAt: generator.moment().microseconds,
      command: (0..<Int.random(in: 0...4, using: &generator)).map { _ in .random(using: &generator) },
      listen: generator.maybe(String.random), milter: generator.maybe(String.random),
      taps: (0..<Int.random(in: 0...3, using: &generator)).map {
        Tap(name: "tap-\($0).a", listen: "inet:\($0)@127.0.0.1", milter: "unix:/run/a,b=\($0)")
      },
      negotiation: generator.maybe(String.random), isOneOfSeveral: .random(using: &generator),
      isRedacted: .random(using: &generator))
  }
}

extension Sentence {
  static func random(using generator: inout SeededGenerator) -> Sentence {
    Sentence(
      (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        switch generator.next() % 4 {
        case 0: .packet(generator.anyInt())
        case 1: .wire(generator.anyBytes())
        case 2: .others(.random(using: &generator))
        default: .words(.random(using: &generator))
        }
      })
  }
}

extension String {
  static func random(using generator: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...24, using: &generator) {
      let limit: UInt32 = generator.one(of: [0x80, 0x80, 0x100, 0x1_0000, 0x11_0000])
      let value = UInt32.random(in: 0..<limit, using: &generator)
      text.unicodeScalars.append(Unicode.Scalar(value) ?? "\"")
    }
    return text
  }
}

extension SeededGenerator {
  mutating func one<T>(of choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &self)] }

  mutating func maybe<T>(_ make: (inout SeededGenerator) -> T) -> T? {
    Bool.random(using: &self) ? make(&self) : nil
  }

  mutating func anyInt() -> Int {
    switch next() % 8 {
    case 0: .max
    case 1: .min
    case 2: 0
    case 3: -Int.random(in: 1...100, using: &self)
    default: Int.random(in: 1...1_000_000, using: &self)
    }
  }

  mutating func patience() -> MTAPatience {
    var patience = MTAPatience()
    patience.mta = one(of: MTAChoice.allCases)
    patience.timeouts = maybe { $0.timeouts() }
    for mta in [KnownMTA.postfix, .sendmail, nil] { patience[gaveUp: mta] = maybe { $0.timeouts() } }
    return patience
  }

  private mutating func timeouts() -> MTATimeouts {
    MTATimeouts(
      command: .milliseconds(.random(in: 0...9_000_000, using: &self)),
      content: .seconds(.random(in: 0...9_000_000, using: &self)))
  }

  mutating func moment() -> Moment {
    let micro: Int64 =
      switch next() % 8 {
      case 0: .max
      case 1: .min
      case 2: -Int64.random(in: 1...2_000_000, using: &self)
      default: Int64.random(in: 0...100_000_000_000, using: &self)
      }
    return Moment(microseconds: micro)
  }

  /// Text, binary, or both, of sizes around those at which the writer changes its step.
  mutating func anyBytes() -> [UInt8] {
    let size =
      next() % 50 == 0
      ? Int.random(in: 16_000...50_000, using: &self) : Int.random(in: 0...70, using: &self)
    let printable = Bool.random(using: &self)
    return (0..<size).map { _ in
      printable && next() % 16 != 0
        ? UInt8.random(in: 0x20...0x7E, using: &self) : UInt8(truncatingIfNeeded: next())
    }
  }

  mutating func anyPacket() -> Packet {
    next() % 4 == 0
      ? Packet(frame: anyBytes() + [0, 0, 0, 1], from: leg())
      : Packet(code: UInt8(truncatingIfNeeded: next()), payload: anyBytes(), from: leg())
  }

  mutating func leg() -> Leg { one(of: Leg.allCases) }

  mutating func cause() -> Cause {
    switch next() % 4 {
    case 0: .operator
    case 1: .rule(.random(using: &self))
    case 2: .policy(.random(using: &self))
    default: .timeout
    }
  }

  mutating func ending() -> Closed.Ending {
    switch next() % 4 {
    case 0: .peer
    case 1: .error(.random(using: &self))
    case 2: .unreachable(.random(using: &self))
    default: .ours(.random(using: &self))
    }
  }
}
