import CLinux
import Glibc
import MTAConfiguration
import MilterProtocol
import ProxyCore
import Sending
import TraceModel

/// Plays milters to the MTA that connects, on the thread that asks for it, and may submit a mail to that MTA meanwhile.
package struct MilterStage: ~Copyable {
  private let listener: Listener
  private let clock: Clock
  private var journal: Journal
  private var turn = Turn()
  private var count = 0

  package var address: MilterAddress { listener.address }

  package init(on address: MilterAddress, access: SocketAccess, clock: Clock, journal: consuming Journal)
    throws(Listener.Failure)
  {
    listener = try Listener(on: address, access: access)
    self.clock = clock
    self.journal = journal
  }

  /// Who submits the mail.
  package struct Submission {
    package var talk: SMTPTalk
    package var target: MilterTarget
    /// How long an answer is waited for.
    package var patience: Moment.Span

    package init(_ talk: SMTPTalk, to target: MilterTarget, patience: Moment.Span) {
      (self.talk, self.target, self.patience) = (talk, target, patience)
    }
  }

  /// How long an MTA may leave its connection to the milter open once its client has gone.
  private static let lingering = Moment.Span.seconds(2)

  /// Plays one milter, until the client has what it came for and the MTA has closed; where nobody submits a mail, until the first
  /// connection that was made is over.
  ///
  /// - Returns: what the client came to, and the records of all connections.
  package mutating func play<Script: MilterScript>(
    _ script: Script, _ submission: Submission? = nil, title: String
  ) -> (SMTPTalk.Ending?, [Record]) {
    var connections: [StagedConnection<Script>] = []
    var records: [Record] = []
    var client = submission.map { SubmittingClient($0, at: clock.now) }
    var closesBy: Moment?
    turn.now = clock.now
    while true {
      client?.goOn(at: turn.now)
      for connection in connections where connection.isOpen { connection.goOn(&turn) }
      if !turn.effects.records.isEmpty {
        records += turn.effects.records
        journal.append(&turn.effects.records)
      }
      let isPlayed = connections.allSatisfy { !$0.isOpen }
      if client?.isOver ?? !connections.isEmpty {
        if isPlayed { break }
        closesBy = closesBy ?? turn.now + Self.lingering
        if let closesBy, client != nil, turn.now >= closesBy { break }
      }
      var waited = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      if let client { waited.append(client.waited) }
      let open = connections.filter(\.isOpen)
      waited += open.map(\.waited)
      let due = (open.compactMap(\.due) + [client?.due, closesBy].compactMap { $0 }).min { $0 < $1 }
      let milliseconds =
        due.map { Int32(max(0, min(($0 - clock.now).microseconds / 1000 + 1, 60_000))) } ?? -1
      _ = poll(&waited, nfds_t(waited.count), milliseconds)
      turn.now = clock.now
      if waited[0].revents != 0 { accept(into: &connections, script, title: title) }
      var place = 1
      if client != nil {
        if waited[place].revents != 0 { client?.look(at: turn.now) }
        place += 1
      }
      for connection in open {
        if waited[place].revents != 0 { connection.look(&turn) }
        place += 1
      }
    }
    for connection in connections where connection.isOpen {
      connection.end(.ours("the trial is over"), &turn)
    }
    records += turn.effects.records
    journal.append(&turn.effects.records)
    journal.catchUp()
    client?.hangUp()
    return (client?.talk.ending, records)
  }

  package mutating func finish() { journal.finish() }

  private mutating func accept<Script: MilterScript>(
    into connections: inout [StagedConnection<Script>], _ script: Script, title: String
  ) {
    let socket = accept4(listener.descriptor, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
    guard socket >= 0 else { return }
    count += 1
    let opened = Opened(peer: "unix:", local: address.description, milter: nil)
    let session = StagedSession(connection: count, opened, &turn)
    session.note(title, &turn)
    connections.append(StagedConnection(socket, session, script))
  }
}

/// One connection of an MTA, and what the milter still has to say on it.
private final class StagedConnection<Script: MilterScript> {
  private var descriptor: Int32
  private var session: StagedSession
  private var script: Script
  private var inbox: [UInt8] = []
  private var outbox: [UInt8] = []
  private var moves: ArraySlice<MilterMove> = []
  /// What of a packet is still to leave, piece by piece.
  private var pieces: ArraySlice<UInt8> = []
  private var pacing = (bytes: 1, pause: Moment.Span.milliseconds(0))
  /// Nothing more is said before then.
  private(set) var due: Moment?

  init(_ descriptor: Int32, _ session: StagedSession, _ script: Script) {
    self.descriptor = descriptor
    self.session = session
    self.script = script
  }

  deinit { if isOpen { close(descriptor) } }

  var isOpen: Bool { descriptor >= 0 }
  /// The MTA has said its last, and something is still to be said to it.
  private var hasLeft = false

  var waited: pollfd {
    let events = (hasLeft ? 0 : POLLIN) | (outbox.isEmpty ? 0 : POLLOUT)
    // A hang-up is reported whatever is waited for.
    return pollfd(fd: events == 0 ? -1 : descriptor, events: Int16(events), revents: 0)
  }

  /// Says what is to be said by now.
  func goOn(_ turn: inout Turn) {
    if let due, turn.now < due { return }
    due = nil
    while due == nil, isOpen, flush(&turn) {
      if !pieces.isEmpty {
        outbox += pieces.prefix(pacing.bytes)
        pieces = pieces.dropFirst(pacing.bytes)
        due = turn.now + pacing.pause
        _ = flush(&turn)
        continue
      }
      guard let move = moves.popFirst() else {
        if hasLeft { leave(.peer, &turn) }
        return
      }
      switch move {
      case .say(let packet):
        session.travelled(packet, &turn)
        outbox += packet.bytes
      case .sayPiecewise(let packet, let size, let pause):
        session.travelled(packet, &turn)
        pieces = packet.bytes[...]
        pacing = (max(1, size), pause)
      case .sayBytes(let bytes):
        session.passed(bytes, from: .milter, &turn)
        outbox += bytes
      case .pause(let span): due = turn.now + span
      case .close: end(.ours("the milter closed"), &turn)
      case .reset:
        _ = linux_reset_on_close(descriptor)
        end(.error("ECONNRESET"), &turn)
      }
    }
  }

  /// What the MTA says.
  func look(_ turn: inout Turn) {
    guard flush(&turn), !hasLeft else { return }
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &piece, piece.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      if count == 0, !moves.isEmpty || due != nil {
        // It may still hear what was to be said.
        hasLeft = true
        return
      }
      return leave(count == 0 ? .peer : .error(Endpoint.name(of: errno)), &turn)
    }
    inbox += piece[..<count]
    while true {
      // A span may not outlast an access to a stored property.
      let came = inbox
      switch Framing.next(in: came.span) {
      case .complete(let bytes):
        let packet = Packet(frame: Array(inbox[..<bytes]), from: .mta)
        inbox.removeFirst(bytes)
        session.travelled(packet, &turn)
        moves += script.moves(on: packet)
      case .oversized:
        session.passed(inbox, from: .mta, &turn)
        return end(.ours("this is no milter protocol"), &turn)
      case .incomplete: return
      }
    }
  }

  /// False where the MTA does not take all of it for now.
  private func flush(_ turn: inout Turn) -> Bool {
    while !outbox.isEmpty {
      let count = outbox.withUnsafeBytes { buffer in
        buffer.baseAddress.map { linux_send(descriptor, $0, buffer.count) } ?? 0
      }
      if count > 0 {
        outbox.removeFirst(count)
      } else if errno == EAGAIN {
        return false
      } else if errno != EINTR {
        // Nothing more is taken; what it said is still to be read.
        outbox = []
        moves = []
      }
    }
    return true
  }

  private func leave(_ how: Closed.Ending, _ turn: inout Turn) {
    session.ended(.mta, how, &turn)
    session.ended(.milter, .ours("the MTA left"), &turn)
    close(descriptor)
    descriptor = -1
  }

  func end(_ how: Closed.Ending, _ turn: inout Turn) {
    session.ended(.milter, how, &turn)
    session.ended(.mta, .ours("the milter left"), &turn)
    close(descriptor)
    descriptor = -1
  }
}

/// The SMTP client that submits the mail of a trial.
private struct SubmittingClient {
  var talk: SMTPTalk
  private let patience: Moment.Span
  private var descriptor: Int32 = -1
  private var outbox: [UInt8] = []
  private var answersBy: Moment
  private let endpoint = Endpoint()
  private var candidates: ArraySlice<SocketAddress>

  init(_ submission: MilterStage.Submission, at now: Moment) {
    talk = submission.talk
    patience = submission.patience
    answersBy = now + patience
    candidates = submission.target.candidates[...]
    take(endpoint.dial(&candidates))
  }

  var isOver: Bool { talk.isOver }
  var due: Moment? { isOver ? nil : answersBy }

  var waited: pollfd {
    let events = endpoint.isConnecting || !outbox.isEmpty ? POLLIN | POLLOUT : POLLIN
    return pollfd(fd: isOver ? -1 : endpoint.descriptor, events: Int16(events), revents: 0)
  }

  private mutating func take(_ dialing: Endpoint.Dialing) {
    if case .failed(let why) = dialing { talk.failed(why) }
    if case .full = dialing { talk.failed("its queue is full") }
  }

  mutating func look(at now: Moment) {
    if endpoint.isConnecting { return take(endpoint.finishDialing(&candidates)) }
    var piece = [UInt8](repeating: 0, count: 16_384)
    let count = recv(endpoint.descriptor, &piece, piece.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return talk.closed() }
    answersBy = now + patience
    talk.received(piece[..<count])
  }

  mutating func goOn(at now: Moment) {
    guard !isOver, !endpoint.isConnecting else { return }
    if now >= answersBy { return talk.gaveUp() }
    outbox += talk.takeOutput()
    while !outbox.isEmpty {
      let count = outbox.withUnsafeBytes { buffer in
        buffer.baseAddress.map { linux_send(endpoint.descriptor, $0, buffer.count) } ?? 0
      }
      if count > 0 { outbox.removeFirst(count) } else if errno != EINTR { break }
    }
  }

  func hangUp() { endpoint.close() }
}
