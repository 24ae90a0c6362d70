import MilterProtocol
import ProxyCore
import Sending
import Synchronization
import TraceModel

/// Other milters that get what MTAs say to theirs, each in conversations of its own: the engine's end.
///
/// The engine looks at the records of a turn, hands copies over and goes on: the sockets of shadows, what they say and what is made
/// of it are on a thread of their own (``ShadowLoop``), and what comes back are records to be kept. Neither side waits for the other. What
/// is on its way is bounded: beyond that a conversation's shadow is given up, or the shadows' thread waits.
package final class Shadows {
  package struct Plan: Sendable {
    package let targets: [MilterTarget]
    /// Of how many connections, from 0 to 1.
    package let rate: Double

    package init(_ targets: [MilterTarget], rate: Double) {
      self.targets = targets
      self.rate = rate
    }

    /// Conversations at a time; each takes a descriptor, and those are wanted for mail.
    func most(openFiles: Int64) -> Int {
      openFiles < 0 ? Self.most : min(Self.most, max(targets.count, Int(openFiles) / 4))
    }

    private static let most = 1000
  }

  enum Order: Sendable {
    /// The conversation of that number begins, with the shadow of that place, about that connection.
    case open(Int, shadow: Int, of: Int, MTAPatience)
    case happened(Int, ShadowedMTA.Event, at: Moment)
    case stop
  }

  /// Records of a turn of the shadows' thread, and how things stand behind them.
  package struct Batch: Sendable {
    let records: [Record]
    let tallies: [ShadowTally]
    let bytes: Int
  }

  /// Bytes on their way between the two threads.
  final class Flow: Sendable {
    let toShadows = Atomic(0)
    let toTrace = Atomic(0)
    let isStopped = Atomic(false)

    static let mostToShadows = 32 << 20
    static let mostToTrace = 4 << 20
  }

  /// What is kept of a connection that has shadows.
  private struct Feed {
    let conversations: [Int]
    /// What the MTA said and has not left, in order.
    var here: [(number: Int, packet: Packet)] = []
  }

  let plan: Plan
  /// What came of them, in the order of the plan.
  private(set) var tallies: [ShadowTally]
  /// Connections that had no shadow for want of room.
  private(set) var missed = 0
  private let most: Int
  private let orders = Mailbox<[Order]>()
  private let room = Mailbox<Void>()
  private let flow = Flow()
  private let thread: Thread
  private var feeds: [Int: Feed] = [:]
  private var numbers = ShadowNumbers()
  private var conversations = 0
  private var share = 0.0
  private var complaints: [Complaint]
  private var leaving: [Order] = []

  /// How long shadows may go on behind the last mail of the run.
  static let lastPatience = Moment.Span.seconds(2)

  init(_ plan: Plan, most: Int, _ clock: Clock, answering requests: Mailbox<Engine.Request>) {
    self.plan = plan
    self.most = most
    tallies = plan.targets.map { _ in ShadowTally() }
    complaints = plan.targets.map { _ in Complaint() }
    let loop = ShadowLoop(plan.targets, orders, room, flow, clock, requests)
    thread = Thread { loop.run() }
  }

  /// Conversations that are open.
  var open: Int { numbers.open }
  /// Of those in the trace, the one that began first; nil for none.
  var oldest: Int? { numbers.oldest }

  /// Nothing more is handed over, and what there is ends.
  func stop() {
    flow.isStopped.store(true, ordering: .relaxed)
    orders.post([.stop])
    room.post(())
    thread.join()
  }

  // MARK: - To the shadows

  /// The records of a turn, before anything that they tell of has left.
  func take(_ records: borrowing [Record]) {
    let all = records.span
    for place in all.indices { take(all[place]) }
    guard !leaving.isEmpty else { return }
    orders.post(leaving)
    leaving.removeAll(keepingCapacity: true)
  }

  private func take(_ record: borrowing Record) {
    let (connection, now) = (record.connection, record.time)
    if case .opened(let opened) = record.event { return open(connection, opened) }
    guard feeds[connection] != nil else { return }
    switch record.event {
    case .received(let received) where received.packet.sender == .milter:
      happened(.heard(received.packet, number: received.number), connection, now)
    case .received(let received):
      if received.forwarded {
        keptBack(upTo: received.number, connection, now)
        happened(.said(received.packet, number: received.number), connection, now)
      } else {
        feeds[connection]?.here.append((received.number, received.packet))
      }
    case .sent(let sent): self.sent(sent, connection, now)
    case .released(let released) where released.outcome == .dropped || released.outcome == .answered:
      // Of a reply it tells nothing about the commands in front of it.
      guard feeds[connection]?.here.contains(where: { $0.number == released.number }) ?? false else { return }
      keptBack(upTo: released.number + 1, connection, now)
    case .passed(let passed):
      happened(.lost("what the \(passed.sender.noun) says is no packet"), connection, now)
      feeds[connection] = nil
    case .closed(let closed) where closed.leg == .mta:
      keptBack(upTo: .max, connection, now)
      happened(.ended, connection, now)
      feeds[connection] = nil
    case .released, .closed, .opened, .held, .instructed, .found, .noted, .marked: break
    }
  }

  private func open(_ connection: Int, _ opened: Opened) {
    guard opened.shadowOf == nil else { return }
    share += plan.rate
    guard share >= 1 - 1e-9 else { return }
    share -= 1
    guard numbers.open + plan.targets.count <= most else {
      missed += 1
      return
    }
    var begun: [Int] = []
    for shadow in plan.targets.indices {
      conversations += 1
      numbers.open += 1
      begun.append(conversations)
      leaving.append(
        .open(conversations, shadow: shadow, of: connection, opened.patience ?? MTAPatience()))
    }
    feeds[connection] = Feed(conversations: begun)
  }

  private func sent(_ sent: Sent, _ connection: Int, _ now: Moment) {
    switch sent.leg {
    case .milter:
      guard let original = sent.original else {
        if let packet = sent.packet, let number = sent.number {
          happened(.made(packet, number: number), connection, now)
        }
        return
      }
      keptBack(upTo: original, connection, now)
      guard let first = feeds[connection]?.here.first, first.number == original else { return }
      feeds[connection]?.here.removeFirst()
      happened(.said(sent.packet ?? first.packet, number: original), connection, now)
    case .mta:
      if let packet = sent.packet, packet.kind == .reply(.optNeg) { happened(.told(packet), connection, now) }
    }
  }

  /// What came before that packet, and has not left by now, does not reach the milter.
  private func keptBack(upTo number: Int, _ connection: Int, _ now: Moment) {
    while let first = feeds[connection]?.here.first, first.number < number {
      feeds[connection]?.here.removeFirst()
      happened(.keptBack(first.packet), connection, now)
    }
  }

  private func happened(_ event: ShadowedMTA.Event, _ connection: Int, _ now: Moment) {
    guard let feed = feeds[connection] else { return }
    let bytes = event.bytes * feed.conversations.count
    let (_, total) = flow.toShadows.add(bytes, ordering: .relaxed)
    var event = event
    if total > Flow.mostToShadows {
      flow.toShadows.subtract(bytes, ordering: .relaxed)
      event = .lost("more than is kept waits for the shadows")
      feeds[connection] = nil
    }
    for conversation in feed.conversations { leaving.append(.happened(conversation, event, at: now)) }
  }

  // MARK: - From the shadows

  /// Takes their records in, with numbers of this trace.
  ///
  /// - Parameter report: takes a message for the operator, one line.
  func adopt(
    _ batch: Batch, _ turn: inout Turn, _ connections: inout ConnectionTable, _ report: (String) -> Void
  ) {
    let (total, _) = flow.toTrace.subtract(batch.bytes, ordering: .relaxed)
    if total > Flow.mostToTrace { room.post(()) }
    tallies = batch.tallies
    for record in batch.records {
      if case .closed(let closed) = record.event { complain(closed, record.connection, turn.now, report) }
      turn.effects.records.append(numbers.record(record, &turn, &connections))
    }
    numbers.sweep()
  }

  private func complain(_ closed: Closed, _ own: Int, _ now: Moment, _ report: (String) -> Void) {
    // Conversations of one connection begin side by side.
    let shadow = (own - 1) % plan.targets.count
    let address = plan.targets[shadow].address.description
    let words: String
    switch closed.how {
    case .unreachable(let why):
      words = "cannot reach the shadow at \(address): \(why.text)"
      plan.targets[shadow].lookUpAgain()
    case .ours(let why) where closed.leg == .mta && why.isOurs && !flow.isStopped.load(ordering: .relaxed):
      words = "gave the shadow at \(address) up for a connection: \(why.text)"
    case .ours, .peer, .error: return
    }
    if closed.leg == .mta, numbers.isUnreachable(own) { return }
    guard let suffix = complaints[shadow].due(at: now) else { return }
    report("\(words); mail goes on\(suffix)")
  }
}
