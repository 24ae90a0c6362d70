import CommandLanguage
import Conformance
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// `provoke` on a connection under way: a second mitmilter, between the faulty one and the peer, sees the rule.
@Suite struct ProvokingTests {
  /// What it takes more than a mail: an MTA that goes on where it should not, or another mail.
  private static let needMore: Set<String> = [
    "D01", "D02", "D03", "D04", "D05", "D06", "L01", "R12", "R17", "R18", "S02", "S14",
  ]

  private static let byMilter = Provocation.table.filter {
    !$0.live.toMTA.isEmpty && !needMore.contains($0.id)
  }
  .map(\.id)
  private static let byMTA = Provocation.table.filter { !$0.live.toMilter.isEmpty }.map(\.id)

  @Test(arguments: byMilter) func theMilterThatWeAreBreaksTheRule(id: String) throws {
    var controls = ProxySettings()
    controls.role = ProxySettings.MilterRole(verdict: .accept, protocolFlags: [])
    controls.rules = RuleBook([try Rule(parsing: "on optneg do provoke \(id)")])
    var play = Watched(controls, faultyIs: .milter)
    play.mail(Self.mta(for: id))
    #expect(play.found.contains(id), "\(play.told)")
  }

  @Test(arguments: byMilter) func aProxyBreaksTheRuleForTheMTA(id: String) throws {
    var play = Watched(
      try Self.proxy("on optneg and from == milter do provoke \(id)"), faultyIs: .proxyTowardMTA)
    play.mail(Self.mta(for: id))
    #expect(play.found.contains(id), "\(play.told)")
  }

  @Test(arguments: byMTA) func aProxyBreaksTheRuleForTheMilter(id: String) throws {
    var play = Watched(try Self.proxy("on optneg do provoke \(id)"), faultyIs: .proxyTowardMilter)
    play.mail(Self.mta(for: id))
    #expect(play.found.contains(id), "\(play.told)")
  }

  /// What is remarked on of one MTA alone.
  private static func mta(for id: String) -> String {
    ["R06", "S05", "S07"].contains(id) ? "8.17.1" : "Postfix 3.7.11"
  }

  @Test func whatCannotBeIsRefusedWithTheReason() throws {
    let book = Playbook(controls: Beginnings.watched())
    for (id, why) in [
      ("W08", "W08 cannot be provoked: it is about a milter that cannot be reached"),
      ("N02", "N02 begins with OPTNEG, which this connection has behind it: on optneg do provoke N02"),
      ("R01", "R01 begins with OPTNEG"),
    ] {
      let play = try book.performed("say provoke \(id)", after: Beginnings.upTo("HELO"))
      #expect(play.contains(why), "\(play)")
    }
    var controls = ProxySettings()
    controls.role = ProxySettings.MilterRole(verdict: .accept)
    let play = try Playbook(controls: controls).performed("say provoke S04", after: "opened\nmta OPTNEG")
    #expect(play.contains("S04 is what an MTA does, and there is no milter here but us"))
  }

  @Test func itIsDoneOnceAtTheNextPacketThatFits() throws {
    let acts = try Playbook(controls: Beginnings.watched()).acts(
      "say provoke R02\nmta RCPT\nmilter CONTINUE\nmta RCPT\nmilter CONTINUE", after: Beginnings.upTo("MAIL"))
    let verdicts = acts.filter { act in
      if case .sendBytes(Milter.continue.bytes, .mta) = act { true } else { false }
    }
    #expect(verdicts.count == 3)
  }

  private static func proxy(_ rule: String) throws -> ProxySettings {
    var controls = ProxySettings()
    controls.rules = RuleBook([try Rule(parsing: rule)])
    return controls
  }
}

/// An MTA, a faulty mitmilter, another one that watches what it does, and a milter that answers all.
private struct Watched {
  enum Faulty { case milter, proxyTowardMTA, proxyTowardMilter }

  let kind: Faulty
  private var faulty: SessionMachine
  private var faultyTurn: Turn
  private var watcher: SessionMachine
  private var watching = Turn()
  private var wakesAt: Moment?
  private var cuts: [Leg: (inflow: Inflow, rest: [UInt8])] = [.mta: (Inflow(), []), .milter: (Inflow(), [])]
  private var closed: Set<Leg> = []
  /// What the milter behind a proxy has got in this turn.
  private var unanswered: [Packet] = []

  init(_ controls: ProxySettings, faultyIs kind: Faulty) {
    self.kind = kind
    faultyTurn = Turn(controls)
    let opened = Opened(peer: "unix:", local: "unix:/run/a", milter: "unix:/run/b")
    faulty = SessionMachine(connection: 1, opened, &faultyTurn)
    watcher = SessionMachine(connection: 1, opened, &watching)
    faulty.milterConnected(&faultyTurn)
    watcher.milterConnected(&watching)
    faultyTurn.effects.acts.removeAll()
  }

  var found: Set<String> {
    Set(
      watching.effects.records.compactMap {
        if case .found(let finding) = $0.event { finding.rule.id } else { nil }
      })
  }

  var told: [String] {
    watching.effects.records.map { record in
      switch record.event {
      case .received(let received): "\(received.packet.sender.name) \(received.packet.kind.name)"
      case .found(let finding): "  \(finding.rule.id)"
      default: "\(record.event)".prefix(60).description
      }
    }
  }

  /// Headers and recipients about which there is something to be said.
  ///
  /// - Parameter version: of the MTA, as it tells it.
  mutating func mail(_ version: String) {
    let macros = MTA.macro("C", ["j": "mx.example.net", "v": version])
    let packets =
      [MTA.optNeg(), macros, MTA.connect(), MTA.helo(), MTA.unknown(), MTA.macro("M", ["i": "4Xy"])]
      + [MTA.mail("<a@example.org>")]
      + [MTA.rcpt("<b@example.net>"), MTA.data]
      + [("Received", "one"), ("Received", "two"), ("From", "a@example.org"), ("Subject", "one  subject")]
      .map { MTA.header($0, $1) } + [MTA.eoh, MTA.body("Hello.\r\n"), MTA.bodyEOB, MTA.quit]
    for packet in packets where closed.isEmpty {
      if kind != .proxyTowardMilter { watch(packet) }
      faulty.received(packet, &faultyTurn)
      perform(packet)
      wait()
    }
    for leg in Leg.allCases { end(leg) }
  }

  /// Until nothing more is due that somebody waits for.
  private mutating func wait() {
    while let due = wakesAt, closed.isEmpty, due <= faultyTurn.now + Moment.Span.seconds(20) {
      wakesAt = nil
      faultyTurn.now = due
      watching.now = due
      faulty.tick(&faultyTurn)
      perform(nil)
    }
  }

  private mutating func watch(_ packet: Packet) { watcher.received(packet, &watching) }

  private mutating func perform(_ current: Packet?) {
    let acts = faultyTurn.effects.acts
    faultyTurn.effects.acts.removeAll()
    faultyTurn.effects.records.removeAll()
    for act in acts {
      switch act {
      case .forward(let leg): if let current { leaves(current.bytes, to: leg) }
      case .send(let packet, let leg): leaves(packet.bytes, to: leg)
      case .sendBytes(let bytes, let leg): leaves(bytes, to: leg)
      case .wake(let time): wakesAt = time
      case .close(let leg): end(leg)
      case .reset(let leg): end(leg, .error("ECONNRESET"))
      case .finish, .connectMilter, .stopReading, .resumeReading, .say, .ask: break
      }
    }
    while closed.isEmpty, !unanswered.isEmpty { answer(unanswered.removeFirst()) }
  }

  private mutating func end(_ leg: Leg, _ how: Closed.Ending = .peer) {
    closed.insert(leg)
    let seen = kind == .proxyTowardMilter ? Leg.mta : .milter
    guard leg == (seen == .mta ? .milter : .mta) else { return }
    if let rest = cuts[seen]?.rest, !rest.isEmpty {
      watcher.passed(Passed(sender: seen, bytes: rest, reason: .incomplete), start: nil, &watching)
      cuts[seen]?.rest = []
    }
    watcher.closed(seen, how, &watching)
  }

  /// What the faulty one says.
  private mutating func leaves(_ bytes: [UInt8], to leg: Leg) {
    let isWatched = (kind == .proxyTowardMilter) == (leg == .milter)
    for packet in cut(bytes, from: leg.other, isWatched) {
      if isWatched { watch(packet) }
      if leg == .milter { unanswered.append(packet) }
    }
  }

  /// The milter behind a proxy.
  private mutating func answer(_ packet: Packet) {
    guard case .command(let kind) = packet.kind, let stage = kind.stage else { return }
    let reply = stage == .negotiation ? Milter.optNeg() : stage == .bodyEOB ? Milter.accept : Milter.continue
    if self.kind == .proxyTowardMilter { watch(reply) }
    faulty.received(reply, &faultyTurn)
    perform(reply)
  }

  private mutating func cut(_ bytes: [UInt8], from leg: Leg, _ isWatched: Bool) -> [Packet] {
    guard var (inflow, rest) = cuts[leg] else { return [] }
    rest += bytes
    var packets: [Packet] = []
    var offset = 0
    cutting: while offset < rest.count {
      switch inflow.next(in: rest.span, at: offset) {
      case .packet(let count):
        packets.append(Packet(frame: Array(rest[offset..<offset + count]), from: leg))
        offset += count
      case .passing(let count, let reason, let start):
        let passed = Passed(sender: leg, bytes: Array(rest[offset..<offset + count]), reason: reason)
        if isWatched { watcher.passed(passed, start: start, &watching) }
        offset += count
      case .incomplete: break cutting
      }
    }
    cuts[leg] = (inflow, Array(rest[offset...]))
    return packets
  }
}
