import CLinux
import Glibc
import MilterProtocol
import ProxyCore
import TraceModel

/// From a socket to the machine and back.
extension Engine {
  mutating func handle(_ event: Poller.Event, _ connection: Connection, _ leg: Leg) {
    touch(connection)
    connection.moved = now
    if connection[leg].isConnecting {
      finishConnecting(connection)
      guard connection.milter.isOpen, !connection.milter.isConnecting else { return }
    }
    if event.isWritable, !connection[leg].outbox.isEmpty { drain(leg, of: connection) }
    if event.isReadable, connection[leg].wantsReading {
      read(leg, of: connection)
    } else if event.isBroken {
      noticeBreak(leg, of: connection)
    }
  }

  /// What the bytes that a machine just judged are, for `forward`.
  enum Current {
    case none
    case arena(UnsafeRawBufferPointer)
    case owned([UInt8])
  }

  // MARK: - Reading

  private mutating func read(_ leg: Leg, of connection: Connection) {
    if !arena.hasRoom { flush() }
    if leg == .milter {
      connection.milterMoved = now
      connection.milter.owesAcknowledgement = true
    }
    if connection[leg].inbox.count >= Limits.lengthBytes {
      completeFrame(leg, of: connection)
    } else {
      readIntoArena(leg, of: connection)
    }
  }

  /// The rest of a frame that has begun goes to its beginning, and what follows into the arena.
  private mutating func completeFrame(_ leg: Leg, of connection: Connection) {
    let missing = connection[leg].wanted - connection[leg].inbox.count
    let room = connection[leg].room
    guard room <= Endpoint.firstRoom || KeptMemory.isThere(for: room) else {
      return giveUp(connection, .system)
    }
    let rest = arena.base + arena.used
    let descriptor = connection[leg].descriptor
    // What follows the frame is read as well once there is room for all of that.
    let share = room == missing ? Arena.share : 0
    var count = 0
    connection[leg].inbox.append(addingCapacity: room) { output in
      output.withUnsafeMutableBufferPointer { target, filled in
        repeat {
          count = linux_read_two(descriptor, target.baseAddress, room, rest, share)
        } while count < 0 && errno == EINTR
        filled = min(max(count, 0), room)
      }
    }
    guard count > 0 else { return ended(leg, of: connection, count) }
    guard count >= missing else { return }
    var frame: [UInt8] = []
    swap(&frame, &connection[leg].inbox)
    receive(Packet(frame: frame, from: leg), .owned(frame), connection)
    cut(UnsafeRawBufferPointer(start: rest, count: count - missing), leg, of: connection)
  }

  private mutating func readIntoArena(_ leg: Leg, of connection: Connection) {
    let start = arena.base + arena.used
    let before = connection[leg].inbox.count
    connection[leg].inbox.withUnsafeBytes { if let begun = $0.baseAddress { memcpy(start, begun, before) } }
    var count = 0
    repeat {
      count = Glibc.read(connection[leg].descriptor, start + before, Arena.share - before)
    } while count < 0 && errno == EINTR
    guard count > 0 else { return ended(leg, of: connection, count) }
    connection[leg].inbox = []
    cut(UnsafeRawBufferPointer(start: start, count: before + count), leg, of: connection)
  }

  /// Hands over what lies in the arena; the beginning of an incomplete frame is put aside.
  private mutating func cut(_ bytes: UnsafeRawBufferPointer, _ leg: Leg, of connection: Connection) {
    arena.take(bytes.count)
    let span = Span<UInt8>(_unsafeBytes: bytes)
    var offset = 0
    while offset < bytes.count {
      let piece = connection[leg].inflow.next(in: span, at: offset)
      switch piece {
      case .packet(let count):
        let frame = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        receive(Packet(frame: Array(frame), from: leg), .arena(frame), connection)
        offset += count
      case .passing(let count, let reason, let start):
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        pass(Passed(sender: leg, bytes: Array(part), reason: reason), start, .arena(part), connection)
        offset += count
      case .incomplete(let wanted):
        var inbox: [UInt8] = []
        inbox.reserveCapacity(min(wanted, max(bytes.count - offset, Endpoint.firstRoom)))
        inbox.append(contentsOf: bytes[offset...])
        connection[leg].inbox = inbox
        connection[leg].wanted = wanted
        return
      }
    }
  }

  private mutating func receive(_ packet: Packet, _ current: Current, _ connection: Connection) {
    connection.machine.received(packet, &turn)
    perform(for: connection, current)
  }

  private mutating func pass(
    _ passed: Passed, _ start: Inflow.Start?, _ current: Current, _ connection: Connection
  ) {
    connection.machine.passed(passed, start: start, &turn)
    perform(for: connection, current)
  }

  /// Nothing more comes from this leg; or nothing came just now.
  private mutating func ended(_ leg: Leg, of connection: Connection, _ count: Int) {
    let code = errno
    if count < 0, code == EAGAIN { return }
    connection[leg].hasEnded = true
    if count < 0 {
      connection[leg].isDeaf = true
      connection[leg].outbox.clear()
    }
    handOverRest(of: leg, connection)
    connection.machine.closed(
      leg, count == 0 ? .peer : .error(Endpoint.name(of: code)), &turn)
    perform(for: connection, .none)
    if leg == .mta { watchForSilence(connection) }
  }

  /// What has come of a packet that will not be whole, before its leg ends.
  mutating func handOverRest(of leg: Leg, _ connection: Connection) {
    let rest = connection[leg].inbox
    guard !rest.isEmpty else { return }
    connection[leg].inbox = []
    pass(Passed(sender: leg, bytes: rest, reason: .incomplete), nil, .owned(rest), connection)
  }

  /// A hang-up on a leg from which nothing is read: after its end, or while it is throttled.
  private mutating func noticeBreak(_ leg: Leg, of connection: Connection) {
    guard connection[leg].isOpen else { return }
    if !connection[leg].outbox.isEmpty {
      drain(leg, of: connection)
    } else if connection[leg].hasEnded, linux_socket_error(connection[leg].descriptor) != 0 {
      deafen(leg, of: connection)
    }
    connection[leg].unwatch(poller)
  }

  // MARK: - Sending

  mutating func send(_ source: Outgoing.Source, on leg: Leg, of connection: Connection) {
    // A milter that is still to be reached gets it later.
    guard connection[leg].isOpen || leg == .milter && !connection.machine.isOver else { return }
    switch source {
    case .arena(let bytes): send(bytes, on: leg, of: connection)
    case .owned(let bytes):
      let sent = bytes.withUnsafeBytes { sendNow($0, on: leg, of: connection) }
      if let sent, sent < bytes.count { connection[leg].outbox.append(bytes, from: sent) }
    }
  }

  private mutating func send(_ bytes: UnsafeRawBufferPointer, on leg: Leg, of connection: Connection) {
    guard let sent = sendNow(bytes, on: leg, of: connection), sent < bytes.count else { return }
    connection[leg].outbox.append(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
  }

  /// How much leaves at once; nil where the peer takes nothing more.
  private mutating func sendNow(
    _ bytes: UnsafeRawBufferPointer, on leg: Leg, of connection: Connection
  ) -> Int? {
    guard !connection[leg].isDeaf else { return nil }
    guard connection[leg].outbox.isEmpty, connection[leg].isOpen, !connection[leg].isConnecting else {
      return 0
    }
    connection.moved = now
    let (sent, failed) = sendAll(bytes, on: connection[leg].descriptor)
    if failed == nil { return sent }
    deafen(leg, of: connection)
    return nil
  }

  private mutating func drain(_ leg: Leg, of connection: Connection) {
    if leg == .milter { connection.milterMoved = now }
    if connection[leg].outbox.send(on: connection[leg].descriptor) != nil { deafen(leg, of: connection) }
  }

  private mutating func deafen(_ leg: Leg, of connection: Connection) {
    connection[leg].isDeaf = true
    connection[leg].outbox.clear()
    touch(connection)
    connection.machine.deafened(leg, &turn)
    perform(for: connection, .none)
  }

  // MARK: - Acts

  /// Does what the machine asks for. Bytes leave when the turn ends.
  mutating func perform(for connection: Connection, _ current: Current) {
    touch(connection)
    var next = 0
    while next < turn.effects.acts.count {
      let act = turn.effects.acts[next]
      next += 1
      switch act {
      case .forward(let leg):
        switch current {
        case .arena(let bytes): outgoing.append(.arena(bytes), to: leg, of: connection.slot)
        case .owned(let bytes): outgoing.append(.owned(bytes), to: leg, of: connection.slot)
        case .none: preconditionFailure("a machine forwards a packet that it was not given")
        }
      case .sendBytes(let bytes, let leg): outgoing.append(.owned(bytes), to: leg, of: connection.slot)
      case .send(let packet, let leg): outgoing.append(.owned(packet.bytes), to: leg, of: connection.slot)
      case .connectMilter:
        connection.candidates = (connection.gate.target?.candidates ?? [])[...]
        connect(connection)
      case .finish(let leg): connection[leg].ending = .finish
      case .close(let leg): connection[leg].ending = .close
      case .reset(let leg): connection[leg].ending = .reset
      case .stopReading(let leg): connection[leg].isStopped = true
      case .resumeReading(let leg): connection[leg].isStopped = false
      case .wake(let time): timers.set(time, for: connection.slot)
      case .say(let words): (configuration.tell ?? report)(words)
      case .ask(let question): ask(question)
      }
    }
    turn.effects.acts.drain()
  }

  // MARK: - Connecting to the milter

  mutating func connectAgain(_ connection: Connection) {
    guard !connection.machine.isOver else { return }
    touch(connection)
    connect(connection)
    perform(for: connection, .none)
  }

  private mutating func connect(_ connection: Connection) {
    dialed(connection.milter.dial(&connection.candidates), connection)
  }

  private mutating func finishConnecting(_ connection: Connection) {
    dialed(connection.milter.finishDialing(&connection.candidates), connection)
    perform(for: connection, .none)
  }

  private mutating func dialed(_ dialing: Endpoint.Dialing, _ connection: Connection) {
    switch dialing {
    case .connected: connection.machine.milterConnected(&turn)
    case .underWay: break
    case .full: timers.set(turn.now + connection.backoff.pause(), for: connection.slot | Self.retries)
    case .failed(let why): unreachable(connection, why)
    }
  }

  private mutating func unreachable(_ connection: Connection, _ why: String) {
    complain(thatUnreachable: connection.gate, why)
    connection.machine.milterUnreachable(Sentence(words: why), &turn)
  }
}
