import CommandLanguage
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// Random rules over random legal traffic: both conversations stay legal whatever is done to them.
@Suite struct RandomSteeringTests {
  @Test(arguments: 0..<3000) func bothLegsStayLegal(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var controls = ProxySettings()
    controls.rules = RuleBook(SteeringGenerator.rules(&generator))
    controls.negotiation = generator.element(of: NegotiationPolicy.allCases)
    controls.isAttended = generator.chance(1, in: 2)
    var bench = SteeringBench(
      controls: controls, declined: SteeringGenerator.declined(&generator), generator: generator)
    bench.play()
    #expect(
      bench.complaints == [], "rules:\n\(controls.rules.entries.map(\.rule.text).joined(separator: "\n"))")
  }

  /// A milter that fails at any moment is answered for: no reply is cut, none is missing, none comes twice.
  @Test(arguments: 0..<1000) func aMilterThatFailsIsAnsweredFor(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var controls = ProxySettings()
    if generator.chance(1, in: 2) { controls.rules = RuleBook(SteeringGenerator.rules(&generator)) }
    controls.onMilterFailure = generator.element(of: [.accept, .reject, .tempfail, .discard, .continue])
    controls.isAttended = generator.chance(1, in: 2)
    let end = (generator.element(of: BenchMilter.End.allCases), Int.random(in: 1...20, using: &generator))
    var bench = SteeringBench(
      controls: controls, declined: SteeringGenerator.declined(&generator), generator: generator, end: end)
    bench.play()
    #expect(bench.complaints == [], "\(end), rules:\n\(controls.rules.entries.map(\.rule.text))")
  }

  /// A trace that is judged anew says what was said while its mail passed, whatever was done to it.
  @Test(arguments: 0..<500) func aTraceIsJudgedAsItsMailWas(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var controls = ProxySettings()
    if generator.chance(3, in: 4) { controls.rules = RuleBook(SteeringGenerator.rules(&generator)) }
    controls.negotiation = generator.element(of: NegotiationPolicy.allCases)
    controls.isAttended = generator.chance(1, in: 2)
    var bench = SteeringBench(
      controls: controls, declined: SteeringGenerator.declined(&generator), generator: generator)
    bench.play()
    var judge = Judge()
    var judged: [String] = []
    for record in bench.records {
      let (stays, findings) = judge.take(record)
      if stays, case .found(let finding) = record.event { judged.append("\(finding)") }
      judged += findings.map { "\($0)" }
    }
    let said = bench.records.compactMap { record -> String? in
      guard case .found(let finding) = record.event else { return nil }
      return "\(finding)"
    }
    #expect(judged == said)
  }

  @Test(arguments: 0..<100) func withoutRulesEveryByteIsTheSame(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var controls = ProxySettings()
    controls.isAttended = true
    let declined = SteeringGenerator.declined(&generator)
    var bench = SteeringBench(controls: controls, declined: declined, generator: generator)
    bench.play()
    #expect(bench.complaints == [])
    #expect(bench.bytes(to: .milter) == bench.bytes(from: .mta))
    #expect(bench.bytes(to: .mta) == bench.bytes(from: .milter))
  }

  /// Whatever is held, it leaves in the order in which it came and none of it is lost.
  @Test(arguments: 0..<100) func whatIsHeldIsNotLost(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var controls = ProxySettings()
    controls.rules = RuleBook([
      try Rule(parsing: "on command do hold"), try Rule(parsing: "on reply every 2 do delay 1s"),
      try Rule(parsing: "on macro every 3 do hold"),
    ])
    let declined = SteeringGenerator.declined(&generator)
    var bench = SteeringBench(controls: controls, declined: declined, generator: generator)
    bench.play()
    #expect(bench.complaints == [])
    #expect(bench.bytes(to: .milter) == bench.bytes(from: .mta))
    #expect(bench.bytes(to: .mta).filter { $0.kind != .reply(.progress) } == bench.bytes(from: .milter))
  }
}

/// Rules that an operator might write, none of which forces an invalid packet.
enum SteeringGenerator {
  static func rules(_ generator: inout SeededGenerator) -> [Rule] {
    (0..<Int.random(in: 1...5, using: &generator)).compactMap { _ in
      let place = generator.element(of: places)
      let act = generator.element(of: acts)
      let frequency = generator.element(of: ["", " once", " every 2", " every 3"])
      return try? Rule(parsing: "on \(place)\(frequency) do \(act)")
    }
  }

  private static let places = [
    "connect", "helo", "mail", "rcpt", "data", "header", "eoh", "body", "bodyeob", "unknown", "abort",
    "reply", "reply and stage == connect", "reply and stage == mail", "reply and stage == rcpt",
    "reply and stage == data", "reply and stage == header", "reply and stage == eoh",
    "reply and stage == body", "reply and stage == bodyeob", "accept", "reject", "modification", "command",
    "macro",
  ]

  private static let acts = [
    "hold", "continue", "accept", "reject", "tempfail", "discard", "reply 550 5.7.1 \"no\"", "drop",
    "add-header X-Ours yes", "replace-body \"Ours.\"", "quarantine \"odd\"", "delete-header *", "delay 2s",
    "add-header X-Ours yes; continue", "hold; reject", "note seen", "step", "mark", "skip",
    "ask \"decide\"", "ask \"decide\"; reject", "ask \"decide\"; add-header X-Ours yes",
    "add-rcpt <x@example.net> NOTIFY=NEVER", "delete-rcpt <bob@example.net>", "change-from <y@example.net>",
  ]

  static func declined(_ generator: inout SeededGenerator) -> ProtocolFlags {
    guard generator.chance(1, in: 2) else { return [] }
    let flags: [ProtocolFlags] = [
      .noConnect, .noHelo, .noMail, .noUnknown, .noBody, .noEOH, .noReplyConnect, .noReplyHelo,
      .noReplyMail, .noReplyRcpt, .noReplyData, .noReplyHeaders, .noReplyEOH, .noReplyBody, .skip,
    ]
    return flags.reduce([]) { generator.chance(1, in: 4) ? $0.union($1) : $0 }
  }
}
