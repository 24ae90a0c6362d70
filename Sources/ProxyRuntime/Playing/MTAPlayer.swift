import CLinux
import Dialogue
import Glibc
import MilterProtocol
import ProxyCore
import TraceModel

/// Plays MTAs towards milters, several at once, on the thread that calls ``run(_:took:)``.
///
/// Each connection is a ``PlayedSession``: a script, and the socket of a milter. As in the ``Engine``, the records of a turn are
/// kept before anything of it leaves, and packets have one count over all connections.
package struct MTAPlayer<Script: MTAScript>: ~Copyable {
  /// A connection to be made.
  package struct Call {
    package var script: Script
    package var target: MilterTarget
    /// What is known of the MTA that is played.
    package var patience: MTAPatience
    /// The connection that is played again meanwhile; nil for none.
    package var shadowOf: Int?

    package init(
      _ script: Script, to target: MilterTarget, patience: MTAPatience = MTAPatience(), shadowOf: Int? = nil
    ) {
      self.shadowOf = shadowOf
      self.script = script
      self.target = target
      self.patience = patience
    }
  }

  /// What there is to do where another connection may begin.
  package enum Work {
    case call(Call)
    /// The script of a connection, by its number, hears of something; nothing where that has ended.
    case tell(Int, (inout Script) -> Void)
    /// Nothing before then.
    case later(Moment)
    /// Nothing before the bell rings.
    case uponRing
    /// Nothing any more.
    case done
    /// Nothing any more, and all connections end.
    case stop(Sentence)
  }

  private let clock: Clock
  private let most: Int
  private let poller = Poller()
  private var journal: Journal
  private var turn = Turn()
  private var timers = Timers()
  private var connections: [Int: PlayedConnection<Script>] = [:]
  private var count = 0
  private var startsAt: Moment?
  private var awaitsRing = false
  private var touched: [PlayedConnection<Script>] = []
  private var buffer = [UInt8](repeating: 0, count: 262_144)

  /// - Parameters:
  ///   - most: connections at once.
  ///   - bell: a descriptor that is readable once there is other work.
  ///   - numbering: packets are numbered from there on.
  package init(
    most: Int, clock: Clock, journal: consuming Journal, bell: Int32? = nil, numbering: Int = 1
  ) {
    self.most = max(1, most)
    self.clock = clock
    self.journal = journal
    turn.effects.nextPacket = numbering
    if let bell { poller.add(bell, .reading, tag: Self.bellTag) }
  }

  /// No connection has that number.
  private static var bellTag: UInt64 { 0 }

  /// Makes connections for as long as there is work, and returns once the last one is over.
  ///
  /// - Parameters:
  ///   - next: asked whenever there is room for another connection.
  ///   - took: gets the records of each turn, in order; a connection is over behind the ends of both its legs.
  package mutating func run(_ next: (Moment) -> Work, took: ([Record]) -> Void) {
    var hasWork = true
    while true {
      turn.now = clock.now
      while let timer = timers.due(at: turn.now) { wake(timer) }
      if hasWork, !awaitsRing, startsAt ?? turn.now <= turn.now { hasWork = begin(next) }
      endTurn(took)
      if hasWork, !awaitsRing, startsAt == nil, connections.count < most { continue }
      guard hasWork || !connections.isEmpty else { break }
      let ready = poller.wait(milliseconds: patience)
      turn.now = clock.now
      for index in 0..<ready { handle(poller[index]) }
      endTurn(took)
    }
    journal.finish()
  }

  /// How long the poller may wait, in milliseconds; -1 for ever.
  private var patience: Int32 {
    guard let next = earlier(timers.next, connections.count < most ? startsAt : nil) else { return -1 }
    return Int32(max(0, min((next - clock.now).microseconds / 1000 + 1, 60_000)))
  }

  /// Begins what there is room for. Returns whether there is more.
  private mutating func begin(_ next: (Moment) -> Work) -> Bool {
    startsAt = nil
    while connections.count < most {
      switch next(turn.now) {
      case .call(let call): open(call)
      case .tell(let number, let change):
        guard let connection = connections[number] else { continue }
        connection.session.tell(&turn, change)
        perform(connection)
      case .uponRing:
        awaitsRing = true
        return true
      case .later(let moment):
        startsAt = moment
        return true
      case .done: return false
      case .stop(let why):
        for connection in Array(connections.values) {
          connection.session.terminated(why, &turn)
          perform(connection)
        }
        return false
      }
    }
    return true
  }

  private mutating func open(_ call: Call) {
    count += 1
    var patience = Patience()
    patience.told = call.patience
    let address = call.target.address.description
    let opened = Opened(
      peer: "unix:", local: address, milter: address, patience: call.patience, shadowOf: call.shadowOf)
    let session = PlayedSession(connection: count, opened, call.script, patience: patience, &turn)
    let connection = PlayedConnection(session, call.target.candidates[...])
    connections[count] = connection
    perform(connection)
  }

  // MARK: - Events

  private mutating func handle(_ event: Poller.Event) {
    if event.tag == Self.bellTag { return awaitsRing = false }
    guard let connection = connections[Int(event.tag)] else { return }
    let milter = connection.milter
    if milter.isConnecting {
      dialed(milter.finishDialing(&connection.candidates), connection)
      return perform(connection)
    }
    if event.isWritable, !milter.outbox.isEmpty, milter.outbox.send(on: milter.descriptor) != nil {
      deafen(milter)
    }
    if event.isReadable, milter.wantsReading { read(connection) }
    perform(connection)
  }

  private mutating func wake(_ timer: Int) {
    guard let connection = connections[abs(timer)] else { return }
    if timer < 0 {
      dialed(connection.milter.dial(&connection.candidates), connection)
    } else {
      connection.session.tick(&turn)
    }
    perform(connection)
  }

  private mutating func dialed(_ dialing: Endpoint.Dialing, _ connection: PlayedConnection<Script>) {
    switch dialing {
    case .connected: connection.session.milterConnected(&turn)
    case .underWay: break
    // Timers below zero are for another attempt.
    case .full: timers.set(turn.now + connection.backoff.pause(), for: -connection.session.connection)
    case .failed(let why): connection.session.milterUnreachable(Sentence(words: why), &turn)
    }
  }

  private mutating func read(_ connection: PlayedConnection<Script>) {
    let milter = connection.milter
    var count = 0
    repeat { count = Glibc.read(milter.descriptor, &buffer, buffer.count) } while count < 0 && errno == EINTR
    let code = errno
    if count < 0, code == EAGAIN { return }
    guard count > 0 else {
      milter.hasEnded = true
      if !milter.inbox.isEmpty {
        let rest = Passed(sender: .milter, bytes: milter.inbox, reason: .incomplete)
        connection.session.passed(rest, start: nil, &turn)
      }
      return connection.session.closed(count == 0 ? .peer : .error(Endpoint.name(of: code)), &turn)
    }
    milter.owesAcknowledgement = true
    milter.inbox.append(contentsOf: buffer[..<count])
    cut(connection)
  }

  private mutating func cut(_ connection: PlayedConnection<Script>) {
    var bytes: [UInt8] = []
    swap(&bytes, &connection.milter.inbox)
    var offset = 0
    while offset < bytes.count {
      switch connection.milter.inflow.next(in: bytes.span, at: offset) {
      case .packet(let count):
        let packet = Packet(frame: Array(bytes[offset..<offset + count]), from: .milter)
        connection.session.received(packet, &turn)
        offset += count
      case .passing(let count, let reason, let start):
        let part = Array(bytes[offset..<offset + count])
        let passed = Passed(sender: .milter, bytes: part, reason: reason)
        connection.session.passed(passed, start: start, &turn)
        offset += count
      case .incomplete:
        connection.milter.inbox = Array(bytes[offset...])
        return
      }
    }
  }

  // MARK: - Acts

  /// Does what the session asks for, has its script go on, and does what comes of that. Bytes leave when the turn ends.
  private mutating func perform(_ connection: PlayedConnection<Script>) {
    if !connection.isTouched {
      connection.isTouched = true
      touched.append(connection)
    }
    act(for: connection)
    let room = Outbox.high - connection.milter.outbox.count - connection.leaving.count
    connection.hasMore = connection.session.goOn(room: room, &turn)
    act(for: connection)
  }

  private mutating func act(for connection: PlayedConnection<Script>) {
    var next = 0
    while next < turn.effects.acts.count {
      let act = turn.effects.acts[next]
      next += 1
      switch act {
      case .send(let packet, _): connection.leaving.append(contentsOf: packet.bytes)
      case .sendBytes(let bytes, _): connection.leaving.append(contentsOf: bytes)
      case .connectMilter: dialed(connection.milter.dial(&connection.candidates), connection)
      case .finish: connection.milter.ending = .finish
      case .close:
        connection.milter.outbox.clear()
        connection.milter.ending = .close
      case .reset: connection.milter.ending = .reset
      case .wake(let time): timers.set(time, for: connection.session.connection)
      case .forward, .stopReading, .resumeReading, .say, .ask:
        preconditionFailure("a played session asks for what only a relayed one needs")
      }
    }
    turn.effects.acts.drain()
  }

  // MARK: - The end of a turn

  private mutating func endTurn(_ took: ([Record]) -> Void) {
    while !touched.isEmpty {
      if !turn.effects.records.isEmpty {
        took(turn.effects.records)
        journal.append(&turn.effects.records)
      }
      var settling: [PlayedConnection<Script>] = []
      swap(&settling, &touched)
      for connection in settling { settle(connection) }
    }
    journal.catchUp()
  }

  private mutating func settle(_ connection: PlayedConnection<Script>) {
    connection.isTouched = false
    let milter = connection.milter
    if !connection.leaving.isEmpty, milter.isOpen { send(connection) }
    milter.acknowledge()
    milter.settle()
    if connection.session.isOver, !milter.isOpen {
      timers.set(nil, for: connection.session.connection)
      timers.set(nil, for: -connection.session.connection)
      connections[connection.session.connection] = nil
      return
    }
    milter.watch(poller, tag: UInt64(connection.session.connection))
    if connection.hasMore, milter.outbox.count < Outbox.low { perform(connection) }
  }

  private mutating func send(_ connection: PlayedConnection<Script>) {
    let milter = connection.milter
    var bytes: [UInt8] = []
    swap(&bytes, &connection.leaving)
    guard !milter.isDeaf else { return }
    guard milter.outbox.isEmpty, !milter.isConnecting else { return milter.outbox.append(bytes, from: 0) }
    let (sent, failed) = bytes.withUnsafeBytes { sendAll($0, on: milter.descriptor) }
    if failed != nil { return deafen(milter) }
    if sent < bytes.count { milter.outbox.append(bytes, from: sent) }
  }

  /// The milter takes nothing more; what it said before is still to be read.
  private func deafen(_ milter: Endpoint) {
    milter.isDeaf = true
    milter.outbox.clear()
  }
}

/// The runtime's side of one played session.
private final class PlayedConnection<Script: MTAScript> {
  var session: PlayedSession<Script>
  let milter = Endpoint()
  /// Addresses that are still to be tried.
  var candidates: ArraySlice<SocketAddress>
  /// To leave at the end of the turn.
  var leaving: [UInt8] = []
  var backoff = Backoff()
  /// The script has more to say than there was room for.
  var hasMore = false
  /// On the list of connections to look after at the end of the turn.
  var isTouched = false

  init(_ session: PlayedSession<Script>, _ candidates: ArraySlice<SocketAddress>) {
    self.session = session
    self.candidates = candidates
  }
}
