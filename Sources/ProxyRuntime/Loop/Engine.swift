import CLinux
import CommandLanguage
import Glibc
import MilterProtocol
import ProxyCore
import Sending
import TraceFormat
import TraceModel

/// The one loop that relays all connections of a run, on whichever thread calls ``run()``.
///
/// A turn: take what is ready, read it into the arena, cut it, let each connection's machine decide; then write all
/// records with one `write`, and only then let the bytes out, a run of unedited packets as one `send`.
package struct Engine: ~Copyable {
  /// What another thread may ask for.
  package enum Request: Sendable {
    /// Take no new connections, and end when those there are have ended, at the latest when the grace is over.
    case stop
    /// Nobody watches any more: what is held goes on as it came, and nothing is held from now on. Take no new connections,
    /// and end when those there are have ended, however long that takes.
    case drain
    /// Close everything.
    case stopAtOnce
    /// An instruction for a connection by its number, and for one of its packets; with the mail's body where it is about
    /// a part of that.
    case instruct(Instruction, connection: Int, packet: Int?, body: [UInt8]? = nil, Cause)
    /// Everything that is held anywhere goes on, as it is by now.
    case forwardAll(Cause)
    /// Other rules, from now on; those of another process may not have programs asked that no rule had asked so far.
    case setRules([Rule], fromOutside: Bool = false)
    /// One more rule of another process, behind the others.
    case addRule(Rule)
    /// An operator watches, or the last one has left: then what is held goes on, unless it is to be kept.
    case attend(Bool)
    /// In a few words, for the trace.
    case note(Sentence)
    /// How things are, for whoever asks.
    case report(@Sendable (Status) -> Void)
    /// Shadows of the milter said something.
    case shadowed(Shadows.Batch)
    /// Somebody was asked about a packet, and this came of it.
    case answered(Question, Advice)
    /// A line for the operator.
    case tell(String)
    /// Rules act, or do not.
    case arm(Bool)
    /// Write each record to that trace, too.
    case record(LateTrace)
    case stopRecording
    /// Read the rules again from where they came from, and go on in new files where the old ones were moved away.
    case reload
  }

  package struct Configuration {
    /// How long connections may go on after a stop.
    package var grace = Moment.Span.seconds(10)
    /// How long a milter may go on after its MTA has gone.
    package var lingering = Lingering()
    /// What connections may take.
    package var ceilings = Ceilings()
    /// How many files the process may have open; negative where that is not known.
    package var openFiles = linux_raise_open_files()
    /// What the operator has set, with the rules to begin with.
    package var settings = ProxySettings()
    /// What is held stays so when the last operator leaves.
    package var keepsOnDetach = false
    /// Reads the rules' files again; nil where that went wrong, and everything stays as it was.
    package var rereadRules: (() -> [Rule]?)?
    /// Who wants to hear how we are.
    package var supervisor: Supervisor?
    /// Other milters that get what this one gets; nil for none.
    package var shadows: Shadows.Plan?
    /// Takes what rules want told, one line; nil: as other messages.
    package var tell: ((String) -> Void)?

    package init() {}
  }

  let configuration: Configuration
  /// Where MTAs connect.
  let gates: [Gate]
  let clock: Clock
  let report: (String) -> Void
  let poller = Poller()
  var arena = Arena()
  var outgoing = Outgoing()
  private var leaving = Outgoing()
  /// The time of this turn, what the operator has set, and what the machines want.
  var turn: Turn
  var now: Moment { turn.now }
  var timers = Timers()
  var connections = ConnectionTable()
  var touched: [Connection] = []
  var journal: Journal
  let requests: Mailbox<Request>
  private let signals: Signals?
  private var isListening = true
  private var acceptor: Acceptor
  /// About connections for which there was no memory.
  var short = Complaint()
  var memory: KeptMemory
  private var stopsAt: Moment?
  private var offsetChecked = Moment.zero
  private static let offsetInterval = Moment.Span.seconds(60)
  /// There once somebody is to be asked.
  var advisers: Advisers?
  private let shadows: Shadows?
  /// When nobody waits for shadows any more, behind the last connection.
  private var shadowsEnd: Moment?
  /// About those that gave no answer.
  var adviserComplaints: [Adviser: Complaint] = [:]
  /// Whether the trace knows of rules.
  var hasRecordedRules = false

  /// - Parameters:
  ///   - signals: where INT, TERM and HUP are read from, if this loop is the one to obey them.
  ///   - report: takes a message for the operator, one line.
  package init(
    _ configuration: Configuration, gates: [Gate], clock: Clock,
    journal: consuming Journal, requests: Mailbox<Request>, signals: consuming Signals?,
    report: @escaping (String) -> Void
  ) {
    self.configuration = configuration
    turn = Turn(configuration.settings)
    turn.startedAt = clock.startedAt
    turn.utcOffset = Clock.localOffset
    self.gates = gates
    self.clock = clock
    self.journal = journal
    self.requests = requests
    if let descriptor = signals?.descriptor { poller.add(descriptor, .reading, tag: Tag.signals) }
    self.signals = signals
    self.report = report
    let ofShadows = configuration.shadows?.most(openFiles: configuration.openFiles) ?? 0
    shadows = configuration.shadows.map { Shadows($0, most: ofShadows, clock, answering: requests) }
    acceptor = Acceptor(
      openFiles: configuration.openFiles < 0 ? -1 : configuration.openFiles - Int64(ofShadows),
      most: configuration.ceilings.connections)
    memory = KeptMemory(ceiling: configuration.ceilings.memory)
    poller.add(requests.descriptor, .reading, tag: Tag.requests)
    listen()
  }

  /// Packets that arrived so far.
  package var packets: Int { turn.effects.nextPacket - 1 }
  /// Connections so far.
  package var accepted: Int { connections.accepted }
  /// Of the file that is written; negative for none.
  package var traceDescriptor: Int32 { journal.descriptor }
  /// What was found so far.
  package var findings: FindingTally { journal.findings }

  /// Relays until it is told to stop.
  package mutating func run() {
    turn.now = clock.now
    recordRules()
    inspectTrace()
    configuration.supervisor?.isReady()
    showLife()
    while isListening || connections.count > 0 || waitsForShadows() {
      let ready = poller.wait(milliseconds: patience)
      turn.now = clock.now
      turn.effort = .ofTurn
      if offsetChecked + Self.offsetInterval <= turn.now { checkOffset() }
      for index in 0..<ready { handle(poller[index]) }
      while let slot = timers.due(at: turn.now) { wake(slot) }
      if let stopsAt, stopsAt <= turn.now { terminate() }
      endTurn()
      journal.catchUp()
    }
    advisers?.stop()
    endShadows()
    awaitReaders()
    journal.finish()
  }

  /// Whether shadows that are behind get a moment more, when all mail is through.
  private mutating func waitsForShadows() -> Bool {
    guard let shadows, shadows.open > 0 else { return false }
    if let stopsAt, stopsAt <= turn.now { return false }
    let end = shadowsEnd ?? turn.now + Shadows.lastPatience
    shadowsEnd = end
    return turn.now < end
  }

  private mutating func endShadows() {
    guard let shadows else { return }
    shadows.stop()
    for case .shadowed(let batch) in requests.take() { adopt(batch) }
    flush()
  }

  private mutating func adopt(_ batch: Shadows.Batch) {
    shadows?.adopt(batch, &turn, &connections, report)
  }

  /// Where shadows are, and what came of each.
  package var shadowTallies: [(address: String, tally: ShadowTally)] {
    guard let shadows else { return [] }
    return zip(shadows.plan.targets, shadows.tallies).map { ($0.address.description, $1) }
  }

  /// Connections that should have had shadows, and had none for want of room.
  package var unshadowed: Int { shadows?.missed ?? 0 }

  /// Twice a year clocks are set.
  private mutating func checkOffset() {
    offsetChecked = turn.now
    turn.utcOffset = Clock.localOffset
  }

  /// Whoever reads what was written gets the rest, for as long as they go on reading and nobody asks for the end once more.
  private mutating func awaitReaders() {
    if let stopsAt, stopsAt <= turn.now { return }
    stopsAt = nil
    var (left, since) = (journal.waiting, clock.now)
    while journal.waiting > 0, stopsAt == nil, turn.now - since < Self.lastPatience {
      let ready = poller.wait(milliseconds: Self.readerPatience)
      turn.now = clock.now
      for index in 0..<ready { handle(poller[index]) }
      journal.catchUp()
      if journal.waiting < left { (left, since) = (journal.waiting, turn.now) }
    }
  }

  /// For which a reader may take nothing, at the end.
  private static let lastPatience = Moment.Span.seconds(3)

  /// How long the poller may wait, in milliseconds; -1 for ever.
  private var patience: Int32 {
    let longest: Int32 = journal.waiting > 0 ? Self.readerPatience : -1
    guard let next = earlier(earlier(timers.next, stopsAt), shadowsEnd) else { return longest }
    let microseconds = max(0, (next - clock.now).microseconds)
    return min(Int32(min(microseconds / 1000 + 1, 60_000)), longest < 0 ? .max : longest)
  }

  /// Milliseconds between two looks at whether the reader of our output has room again.
  private static let readerPatience: Int32 = 5

  private mutating func handle(_ event: Poller.Event) {
    switch Tag.connection(event.tag) {
    case (let slot, let leg)?:
      if let connection = connections[slot] { handle(event, connection, leg) }
    case nil where event.tag == Tag.requests: for request in requests.take() { obey(request) }
    case nil where event.tag == Tag.signals: for signal in signals?.take() ?? [] { obey(signal) }
    case nil: acceptAll(at: gates[Tag.gate(event.tag)])
    }
  }

  private mutating func obey(_ signal: Signals.Signal) {
    switch signal {
    case .end: obey(.stop)
    case .hangUp: obey(.reload)
    case .resized, .suspend: break
    }
  }

  // MARK: - Starting and stopping

  private mutating func acceptAll(at gate: Gate) {
    guard let descriptor = gate.descriptor else { return }
    let before = acceptor.isPaused
    let arrived = acceptor.acceptAll(from: descriptor, alreadyOpen: connections.count)
    for (socket, peer) in arrived { open(socket, peer, at: gate) }
    guard acceptor.isPaused, !before else { return }
    makeRoom()
    for descriptor in gates.compactMap(\.descriptor) { poller.remove(descriptor) }
    timers.set(turn.now + Acceptor.pause, for: Self.listenerSlot)
    if let complaint = acceptor.complaint { report(complaint) }
  }

  private mutating func acceptAgain() {
    guard isListening, acceptor.isPaused else { return }
    acceptor.isPaused = false
    listen()
  }

  private func listen() {
    for (place, gate) in gates.enumerated() {
      if let descriptor = gate.descriptor { poller.add(descriptor, .reading, tag: Tag.listener(place)) }
    }
  }

  private static let listenerSlot = -1
  private static let traceSlot = -2
  private static let supervisorSlot = -3
  /// Between two looks at what others do to the trace.
  private static let inspectionPause = Moment.Span.milliseconds(700)

  private mutating func inspectTrace() {
    guard journal.hasFile else { return }
    journal.inspect()
    if journal.hasOlderFiles {
      let oldest = connections.all.lazy.map(\.machine.connection).min()
      journal.closeOlderFiles(before: [oldest, shadows?.oldest].compactMap { $0 }.min())
    }
    timers.set(turn.now + Self.inspectionPause, for: Self.traceSlot)
  }

  private mutating func showLife() {
    guard let supervisor = configuration.supervisor, let interval = supervisor.interval else { return }
    supervisor.isAlive()
    timers.set(turn.now + interval, for: Self.supervisorSlot)
  }

  private mutating func wake(_ timer: Int) {
    switch timer {
    case Self.listenerSlot: return acceptAgain()
    case Self.traceSlot: return inspectTrace()
    case Self.supervisorSlot: return showLife()
    default: break
    }
    guard let connection = connections[timer & Self.slots] else { return }
    switch timer & ~Self.slots {
    case Self.retries: connectAgain(connection)
    case Self.lingerers: endIfSilent(connection)
    case Self.idlers: endIfIdle(connection)
    default:
      if connection.machine.endsSilence(turn) { handOverRest(of: .milter, connection) }
      connection.machine.tick(&turn)
      perform(for: connection, .none)
    }
  }

  /// The connection's part of a timer's number. The bits above say what the timer is for: nothing is what the machine asked
  /// for, the others are the runtime's own.
  private static let slots = 1 << 32 - 1
  /// To try the milter again.
  static let retries = 1 << 32
  /// To look whether a milter is silent behind its MTA's end.
  static let lingerers = 1 << 33
  /// To look whether anybody uses the connection.
  static let idlers = 1 << 34

  private mutating func open(_ socket: Int32, _ peer: SocketAddress, at gate: Gate) {
    guard hasMemoryForAnother() else {
      close(socket)
      return
    }
    let local = SocketAddress { _ = getsockname(socket, $0, &$1) }
    let opened = Opened(
      peer: peer.canonical, local: local.canonical, milter: gate.target?.address.description,
      tap: gate.name, patience: turn.settings.patience.told)
    let (slot, number) = connections.reserve()
    gate.accepted += 1
    let connection = Connection(slot: slot, at: gate, SessionMachine(connection: number, opened, &turn))
    connections.insert(connection)
    Endpoint.prepare(socket, isUnix: peer.isUnix)
    connection.mta.open(socket, isUnix: peer.isUnix)
    watchForIdleness(connection)
    perform(for: connection, .none)
  }

  private mutating func obey(_ request: Request) {
    switch request {
    case .stop where stopsAt == nil:
      stopListening()
      letGo(.policy("mitmilter ends"))
      stopsAt = turn.now + configuration.grace
    case .stop, .stopAtOnce:
      stopListening()
      stopsAt = now
    case .instruct(let instruction, let number, let packet, let body, let cause):
      instruct(instruction, number, packet, body, cause)
    case .forwardAll(let cause):
      for connection in connections.all {
        instruct(.forwardAll, connection.machine.connection, nil, nil, cause)
      }
    case .setRules(let rules, false): setRules(rules)
    case .setRules(let rules, true): setRules(withoutStrangeAdvisers(rules))
    case .addRule(let rule):
      setRules(turn.settings.rules.entries.map(\.rule) + withoutStrangeAdvisers([rule]))
    case .attend(let isAttended): attend(isAttended)
    case .note(let words): recordForRun(.noted(text: words, packet: nil))
    case .report(let take): take(status)
    case .answered(let question, let advice): answered(question, advice)
    case .shadowed(let batch): adopt(batch)
    case .tell(let words): (configuration.tell ?? report)(words)
    case .arm(let isOn):
      turn.settings.rules.isArmed = isOn
      recordForRun(.instructed(Instructed(text: isOn ? "rules on" : "rules off", cause: .operator)))
    case .record(let trace):
      journal.record(to: trace)
      if hasRecordedRules { recordRules() }
    case .stopRecording: journal.stopRecording()
    case .drain:
      stopListening()
      letGo(.policy("nobody watches any more"))
    case .reload:
      configuration.supervisor?.isReloading()
      if let rules = configuration.rereadRules?() { setRules(rules) }
      if journal.reopen(), hasRecordedRules { recordRules() }
      configuration.supervisor?.isReady()
    }
  }

  private mutating func stopListening() {
    guard isListening else { return }
    isListening = false
    configuration.supervisor?.isStopping()
    for gate in gates {
      if let descriptor = gate.descriptor, !acceptor.isPaused { poller.remove(descriptor) }
      gate.shut()
    }
  }

  private mutating func terminate() {
    for connection in connections.all {
      connection.machine.terminated("mitmilter ends", &turn)
      perform(for: connection, .none)
    }
    flush()
    for connection in connections.all {
      connection.mta.close()
      connection.milter.close()
    }
  }

  // MARK: - The end of a turn

  mutating func touch(_ connection: Connection) {
    guard !connection.isTouched else { return }
    connection.isTouched = true
    touched.append(connection)
  }

  /// Keeps the records, then lets the bytes out. A peer that takes nothing more can make both again.
  mutating func flush() {
    repeat {
      shadows?.take(turn.effects.records)
      if journal.append(&turn.effects.records), hasRecordedRules { recordRules() }
      swap(&outgoing, &leaving)
      for place in 0..<leaving.count {
        let entry = leaving[place]
        if let connection = connections[entry.slot] { send(entry.source, on: entry.leg, of: connection) }
      }
      leaving.clear()
    } while !turn.effects.records.isEmpty || !outgoing.isEmpty
    arena.clear()
  }

  private mutating func endTurn() {
    flush()
    // Accounting may touch others.
    var next = 0
    while next < touched.count {
      let connection = touched[next]
      next += 1
      connection.isTouched = false
      connection.settle(poller)
      if connection.isOver { forget(connection) } else { account(for: connection) }
    }
    touched.drain()
    // What had to end for want of memory is touched once more, and told of.
    if !turn.effects.records.isEmpty { flush() }
  }

  private mutating func forget(_ connection: Connection) {
    guard connections.forget(connection) else { return }
    timers.set(nil, for: connection.slot)
    timers.set(nil, for: connection.slot | Self.retries)
    timers.set(nil, for: connection.slot | Self.lingerers)
    timers.set(nil, for: connection.slot | Self.idlers)
    memory.change(by: -connection.counted)
    if acceptor.isPaused { acceptAgain() }
  }

  /// Says that the milter is out of reach, but not for every connection.
  mutating func complain(thatUnreachable gate: Gate, _ why: String) {
    if let suffix = gate.unreachable.due(at: turn.now) {
      let seen = turn.settings.onMilterFailure.map { "is told \($0.name)" } ?? "sees a closed connection"
      report("cannot reach \(gate.milterWords): \(why); the MTA \(seen)\(suffix)")
    }
    gate.target?.lookUpAgain()
  }
}
