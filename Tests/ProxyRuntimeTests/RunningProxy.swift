import Glibc
import MTAConfiguration
import MilterProtocol
import ProxyCore
import ProxyRuntime
import Synchronization
import TestSupport
import TraceFormat
import TraceModel

/// The engine on a thread of its own, between whoever connects and a milter address.
final class RunningProxy: Sendable {
  let address: MilterAddress
  let window = RecordWindow(limit: 1_000_000)
  private let requests: Mailbox<Engine.Request>
  private let work: Background<Void>
  private let said: Mailbox<String>
  private let collected = Mutex<[Record]>([])

  /// - Parameter trace: the path of a trace to write.
  init(
    listen: MilterAddress = .inet(host: "127.0.0.1", port: 0, family: .any), milter: MilterAddress,
    trace: String? = nil, grace: Moment.Span = .seconds(0), controls: ProxySettings = ProxySettings(),
    lingering: Lingering = Lingering(), openFiles: Int64? = nil, shadows: [UInt16] = [], rate: Double = 1
  ) throws {
    let started = Mailbox<Result<MilterAddress, any Error>>()
    let requests = Mailbox<Engine.Request>()
    let said = Mailbox<String>()
    let window = window
    self.requests = requests
    self.said = said
    work = Background {
      do {
        let clock = Clock()
        let listener = try Listener(on: listen)
        let head = TraceHead(program: "test", startedAt: clock.startedAt, command: [])
        let file: TraceFileWriter? =
          if let trace { try TraceFileWriter(path: trace, head: head) } else { nil }
        let address = listener.address
        var configuration = Engine.Configuration()
        configuration.grace = grace
        configuration.settings = controls
        configuration.lingering = lingering
        if let openFiles { configuration.openFiles = openFiles }
        if !shadows.isEmpty {
          let targets = try shadows.map {
            try MilterTarget(.inet(host: "127.0.0.1", port: $0, family: .any))
          }
          configuration.shadows = Shadows.Plan(targets, rate: rate)
        }
        var engine = Engine(
          configuration, gates: [Gate(listener, milter: try MilterTarget(milter))], clock: clock,
          journal: Journal(file: file, window: window, report: { said.post($0) }), requests: requests,
          signals: nil, report: { said.post($0) })
        started.post(.success(address))
        engine.run()
      } catch {
        started.post(.failure(error))
      }
    }
    Self.wait(for: started.descriptor)
    guard let first = started.take().first else { throw Silence() }
    address = try first.get()
  }

  convenience init(milterPort: UInt16, trace: String? = nil, grace: Moment.Span = .seconds(0)) throws {
    try self.init(
      milter: .inet(host: "127.0.0.1", port: milterPort, family: .any), trace: trace, grace: grace)
  }

  /// Ten seconds went by without what a test waits for.
  struct Silence: Error {}

  var port: UInt16 {
    switch address {
    case .inet(_, let port, _): port
    case .unix: 0
    }
  }

  func ask(_ request: Engine.Request) { requests.post(request) }

  /// Waits for the end of the loop.
  func join() throws { try work.result() }

  /// Stops at once and waits; what was recorded.
  @discardableResult
  func stopped() throws -> [Record] {
    ask(.stopAtOnce)
    try join()
    return records()
  }

  /// What was recorded so far.
  func records() -> [Record] {
    let more = window.take().records
    return collected.withLock { collected in
      collected += more
      return collected
    }
  }

  /// Waits until a record of that kind is there.
  func awaitRecord(where matches: (Record.Event) -> Bool) throws {
    while !records().contains(where: { matches($0.event) }) {
      guard Self.wait(for: window.descriptor) else { throw Silence() }
    }
  }

  /// The next message for the operator.
  func message() throws -> String {
    guard Self.wait(for: said.descriptor), let message = said.take().first else { throw Silence() }
    return message
  }

  @discardableResult
  private static func wait(for descriptor: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 10_000) == 1
  }
}

extension [Record] {
  /// All bytes that came from a peer, as the trace has them.
  func bytes(from leg: Leg, connection: Int = 1) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in self where record.connection == connection {
      switch record.event {
      case .received(let received) where received.packet.sender == leg: bytes += received.packet.bytes
      case .passed(let passed) where passed.sender == leg: bytes += passed.bytes
      default: break
      }
    }
    return bytes
  }

  func endings(connection: Int = 1) -> [Leg: Closed.Ending] {
    var endings: [Leg: Closed.Ending] = [:]
    for case .closed(let closed) in filter({ $0.connection == connection }).map(\.event) {
      endings[closed.leg] = closed.how
    }
    return endings
  }
}
