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
  package mutating func play(
    _ script: some MilterScript, _ submission: Submission? = nil, title: Sentence
  ) -> (SMTPTalk.Ending?, [Record]) {
    var cast = EachAlone(script)
    var records: [Record] = []
    let ending = run(&cast, submission, title: title) { _, new in records += new }
    return (ending, records)
  }

  /// Plays milters to whoever connects, until a signal comes.
  ///
  /// - Parameter took: gets the records of each turn, in order.
  package mutating func serve<Cast: MilterCast>(
    _ cast: inout Cast, title: Sentence, until signals: borrowing Signals,
    took: (inout Cast, [Record]) -> Void
  ) {
    _ = run(&cast, nil, title: title, until: signals.descriptor, took)
  }

  private mutating func run<Cast: MilterCast>(
    _ cast: inout Cast, _ submission: Submission?, title: Sentence, until signal: Int32? = nil,
    _ took: (inout Cast, [Record]) -> Void
  ) -> SMTPTalk.Ending? {
    var connections: [StagedConnection] = []
    var hasServed = false
    var client = submission.map { SubmittingClient($0, at: clock.now) }
    var closesBy: Moment?
    turn.now = clock.now
    while true {
      client?.goOn(at: turn.now)
      for connection in connections { connection.goOn(&turn) }
      for connection in connections where !connection.isOpen { cast.ended(connection.number) }
      connections.removeAll { !$0.isOpen }
      keep(&cast, took)
      if client?.isOver ?? (signal == nil && hasServed) {
        if connections.isEmpty { break }
        closesBy = closesBy ?? turn.now + Self.lingering
        if let closesBy, client != nil, turn.now >= closesBy { break }
      }
      var waited = [
        pollfd(fd: signal ?? -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      if let client { waited.append(client.waited) }
      waited += connections.map(\.waited)
      let due = (connections.compactMap(\.due) + [client?.due, closesBy].compactMap { $0 }).min { $0 < $1 }
      let milliseconds =
        due.map { Int32(max(0, min(($0 - clock.now).microseconds / 1000 + 1, 60_000))) } ?? -1
      _ = poll(&waited, nfds_t(waited.count), milliseconds)
      turn.now = clock.now
      if waited[0].revents != 0 { break }
      var place = 2
      if client != nil {
        if waited[place].revents != 0 { client?.look(at: turn.now) }
        place += 1
      }
      for connection in connections {
        if waited[place].revents != 0 { connection.look(&cast, &turn) }
        place += 1
      }
      if waited[1].revents != 0, let connection = accept(title: title) {
        connections.append(connection)
        hasServed = true
      }
    }
    for connection in connections where connection.isOpen {
      connection.end(.ours(signal == nil ? "the trial is over" : "this program was ended"), &turn)
    }
    keep(&cast, took)
    journal.catchUp()
    client?.hangUp()
    return client?.talk.ending
  }

  /// Keeps the records of a turn.
  private mutating func keep<Cast: MilterCast>(_ cast: inout Cast, _ took: (inout Cast, [Record]) -> Void) {
    guard !turn.effects.records.isEmpty else { return }
    took(&cast, turn.effects.records)
    journal.append(&turn.effects.records)
  }

  package mutating func finish() { journal.finish() }

  private mutating func accept(title: Sentence) -> StagedConnection? {
    let socket = accept4(listener.descriptor, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
    guard socket >= 0 else { return nil }
    count += 1
    let opened = Opened(peer: "unix:", local: address.description, milter: nil)
    let session = StagedSession(connection: count, opened, &turn)
    session.note(title, &turn)
    return StagedConnection(socket, session)
  }
}

/// One connection of an MTA, and what the milter still has to say on it.
private final class StagedConnection {
  private var descriptor: Int32
  private var session: StagedSession
  private var inbox: [UInt8] = []
  private var outbox: [UInt8] = []
  private var moves: ArraySlice<MilterMove> = []
  /// What of a packet is still to leave, piece by piece.
  private var pieces: ArraySlice<UInt8> = []
  private var pacing = (bytes: 1, pause: Moment.Span.milliseconds(0))
  /// Nothing more is said before then.
  private(set) var due: Moment?

  init(_ descriptor: Int32, _ session: StagedSession) {
    self.descriptor = descriptor
    self.session = session
  }

  deinit { if isOpen { close(descriptor) } }

  var isOpen: Bool { descriptor >= 0 }
  var number: Int { session.connection }
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
      case .note(let text): session.note(text, &turn)
      case .pause(let span): due = turn.now + span
      case .close: end(.ours("the milter closed"), &turn)
      case .reset:
        _ = linux_reset_on_close(descriptor)
        end(.error("ECONNRESET"), &turn)
      }
    }
  }

  /// What the MTA says.
  func look<Cast: MilterCast>(_ cast: inout Cast, _ turn: inout Turn) {
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
        moves += cast.moves(on: packet, of: number)
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
