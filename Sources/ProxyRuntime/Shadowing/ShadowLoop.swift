import Glibc
import MilterProtocol
import Sending
import TraceModel

/// The shadows' turn of their thread: plays what MTAs say to each of them, and hands back what is to be recorded.
///
/// `Sendable` is not checked: it is made by whoever starts the thread, handed over once, and touched by nobody else.
final class ShadowLoop: @unchecked Sendable {
  private let targets: [MilterTarget]
  private let orders: Mailbox<[Shadows.Order]>
  private let room: Mailbox<Void>
  private let flow: Shadows.Flow
  private let clock: Clock
  private let requests: Mailbox<Engine.Request>
  private let ledger: ShadowLedger
  /// Orders that have come, and the next of them.
  private var pending: ArraySlice<Shadows.Order> = []
  private var hasTaken = false

  init(
    _ targets: [MilterTarget], _ orders: Mailbox<[Shadows.Order]>, _ room: Mailbox<Void>,
    _ flow: Shadows.Flow, _ clock: Clock, _ requests: Mailbox<Engine.Request>
  ) {
    self.targets = targets
    self.orders = orders
    self.room = room
    self.flow = flow
    self.clock = clock
    self.requests = requests
    ledger = ShadowLedger(shadows: targets.count)
  }

  func run() {
    var player = MTAPlayer<ShadowedMTA>(
      most: .max, clock: clock, journal: Journal(file: nil, window: nil, report: { _ in }),
      bell: orders.descriptor, numbering: ShadowNumbers.first)
    player.run({ next(at: $0) }, took: { handOver($0) })
  }

  private func next(at now: Moment) -> MTAPlayer<ShadowedMTA>.Work {
    if let order = pending.popFirst() { return work(order) }
    if hasTaken {
      // The shadows have a turn before there is more to tell them.
      hasTaken = false
      return .later(now)
    }
    pending = orders.take().flatMap { $0 }[...]
    guard let order = pending.popFirst() else { return .uponRing }
    hasTaken = true
    return work(order)
  }

  private func work(_ order: Shadows.Order) -> MTAPlayer<ShadowedMTA>.Work {
    switch order {
    case .open(_, let shadow, let connection, let patience):
      return .call(
        .init(
          ShadowedMTA(shadow, of: ledger), to: targets[shadow], patience: patience, shadowOf: connection))
    case .happened(let conversation, let event, let moment):
      flow.toShadows.subtract(event.bytes, ordering: .relaxed)
      return .tell(conversation) { $0.happened(event, at: moment) }
    case .stop: return .stop("mitmilter ends")
    }
  }

  /// Waits where the trace does not keep up: for as long nothing more is taken from shadows.
  private func handOver(_ records: [Record]) {
    let bytes = records.reduce(0) { $0 + $1.wireBytes + ShadowLedger.overhead }
    flow.toTrace.add(bytes, ordering: .relaxed)
    requests.post(.shadowed(Shadows.Batch(records: records, tallies: ledger.tallies, bytes: bytes)))
    while flow.toTrace.load(ordering: .relaxed) > Shadows.Flow.mostToTrace,
      !flow.isStopped.load(ordering: .relaxed)
    {
      var polled = pollfd(fd: room.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&polled, 1, -1)
      _ = room.take()
    }
  }
}
