import Dialogue
import MilterProtocol
import TraceModel

/// One connection to a milter whose MTA is a script: numbered, recorded, followed and remarked on as where a real MTA is.
///
/// ```
///                  reached                   the script is over          the milter closed
///   connecting ────────────▶ talking ───────────────────────▶ leaving ─────────────────────▶ over
///        │                      │ the milter closed, or broke            or said nothing more ▲
///        └──── unreachable ─────┴─────────────────────────────────────────────────────────────┘
/// ```
///
/// What stays true: a packet is recorded before it leaves; the script is asked with the dialogue as it stands; what the milter
/// says behind the last word of the MTA is still heard, for it may be one reply too many.
package struct PlayedSession<Script: MTAScript>: Sendable {
  private enum State {
    case connecting(by: Moment)
    case talking(until: Moment?)
    case leaving(by: Moment)
    case over
  }

  package let connection: Int
  package private(set) var script: Script
  private var passing: Passing
  private var state: State
  private var wakesAt: Moment?
  /// Bytes of the incomplete packet behind which the milter is about to end.
  private var unfinished = 0
  private var isForeign = false
  /// A packet of which not every piece has left.
  private var pacing: Pacing?

  private struct Pacing {
    var rest: ArraySlice<UInt8>
    let bytes: Int
    let pause: Moment.Span
    var due: Moment
  }

  /// How long a milter may go on after the last word of the MTA.
  package static var lastPatience: Moment.Span { .milliseconds(500) }

  /// - Parameters:
  ///   - patience: of the MTA that is played.
  ///   - connecting: how long the milter may take to accept the connection.
  package init(
    connection: Int, _ opened: Opened, _ script: Script, patience: Patience,
    connecting: Moment.Span = SessionMachine.connectPatience, _ turn: inout Turn
  ) {
    self.connection = connection
    self.script = script
    passing = Passing(patience: patience)
    state = .connecting(by: turn.now + connecting)
    turn.record(.opened(opened), of: connection)
    turn.act(.connectMilter)
    wake(&turn)
  }

  package var isOver: Bool { if case .over = state { true } else { false } }

  /// The script hears of something from elsewhere; ``goOn(room:_:)`` is to follow.
  package mutating func tell(_ turn: inout Turn, _ change: (inout Script) -> Void) {
    change(&script)
    recordRemarks(&turn)
  }

  private mutating func recordRemarks(_ turn: inout Turn) {
    for finding in script.remarks() { turn.record(.found(finding), of: connection) }
  }

  // MARK: - Events

  package mutating func milterConnected(_ turn: inout Turn) {
    guard case .connecting = state else { return }
    state = .talking(until: nil)
  }

  package mutating func milterUnreachable(_ why: Sentence, _ turn: inout Turn) {
    guard case .connecting = state else { return }
    turn.record(.closed(Closed(leg: .milter, how: .unreachable(why))), of: connection)
    turn.record(.found(Finding(.unreachable, packet: nil, why)), of: connection)
    turn.record(
      .closed(Closed(leg: .mta, how: .ours("the milter is unreachable"))), of: connection)
    end(&turn)
  }

  /// A whole packet of the milter.
  package mutating func received(_ packet: Packet, _ turn: inout Turn) {
    let number = turn.effects.nextPacket
    let place = passing.follow(packet, of: connection, &turn)
    guard case .talking = state else { return }
    script.heard(packet, number: number, place, passing.dialogue, at: turn.now)
    recordRemarks(&turn)
  }

  /// Bytes of the milter that make no packet.
  package mutating func passed(_ passed: Passed, start: Inflow.Start?, _ turn: inout Turn) {
    turn.record(.passed(passed), of: connection)
    if case .incomplete = passed.reason { unfinished = passed.bytes.count }
    guard let start else { return }
    turn.record(.found(start.finding(about: passed)), of: connection)
    guard start.isForeign, !isForeign else { return }
    isForeign = true
    if case .talking = state { leave(.ours("the peer does not speak milter"), &turn) }
  }

  /// The milter said its last.
  package mutating func closed(_ how: Closed.Ending, _ turn: inout Turn) {
    guard !isOver else { return }
    noteEnd(of: .milter, how, &turn)
    if case .talking = state {
      noteEnd(of: .mta, .ours("the connection to the milter ended"), &turn)
    }
    end(&turn)
  }

  /// It is not gone on with.
  package mutating func terminated(_ why: Sentence, _ turn: inout Turn) {
    guard !isOver else { return }
    if case .leaving = state {} else { noteEnd(of: .mta, .ours(why), &turn) }
    noteEnd(of: .milter, .ours(why), &turn)
    end(&turn)
  }

  package mutating func tick(_ turn: inout Turn) {
    wakesAt = nil
    switch state {
    case .connecting(let by) where by <= turn.now:
      milterUnreachable("no answer within \(SessionMachine.connectPatience.words)", &turn)
    case .talking(let until?) where until <= turn.now: state = .talking(until: nil)
    case .leaving(let by) where by <= turn.now:
      noteEnd(of: .milter, .ours("the milter did not close behind the MTA"), &turn)
      end(&turn)
    case .connecting, .talking, .leaving, .over: break
    }
    wake(&turn)
  }

  /// Has the script go on, for as long as it has something to say and there is room for it. Returns whether it may have more to say.
  ///
  /// - Parameter room: bytes; what is said may go beyond it by one packet.
  package mutating func goOn(room: Int, _ turn: inout Turn) -> Bool {
    var room = room
    while case .talking = state {
      guard room > 0 else { return true }
      if let pacing {
        guard pacing.due <= turn.now else {
          state = .talking(until: pacing.due)
          wake(&turn)
          return false
        }
        sendPiece(of: pacing, &turn)
        continue
      }
      switch script.next(passing.dialogue, at: turn.now) {
      case .say(let packet, let note):
        let number = turn.effects.nextPacket
        passing.follow(packet, of: connection, &turn)
        script.said(packet, number: number)
        if let note { turn.record(.noted(text: note, packet: number), of: connection) }
        turn.act(.send(packet, to: .milter))
        room -= packet.bytes.count
      case .sayPiecewise(let packet, let bytes, let pause):
        passing.follow(packet, of: connection, &turn)
        pacing = Pacing(rest: packet.bytes[...], bytes: max(1, bytes), pause: pause, due: turn.now)
      case .sayBytes(let bytes):
        turn.record(
          .passed(Passed(sender: .mta, bytes: bytes, reason: Self.reason(of: bytes))), of: connection)
        turn.act(.sendBytes(bytes, to: .milter))
        room -= bytes.count
      case .note(let words): turn.record(.noted(text: words, packet: nil), of: connection)
      case .wait(let until):
        state = .talking(until: until)
        wake(&turn)
        return false
      case .hangUp: leave(.peer, &turn)
      case .reset:
        noteEnd(of: .mta, .error("ECONNRESET"), &turn)
        noteEnd(of: .milter, .ours("the MTA broke the connection off"), &turn)
        end(&turn, by: .reset(.milter))
      case .giveUp(let why): leave(.ours(why), &turn)
      }
    }
    wake(&turn)
    return false
  }

  private mutating func sendPiece(of pacing: Pacing, _ turn: inout Turn) {
    turn.act(.sendBytes(Array(pacing.rest.prefix(pacing.bytes)), to: .milter))
    let rest = pacing.rest.dropFirst(pacing.bytes)
    self.pacing =
      rest.isEmpty
      ? nil : Pacing(rest: rest, bytes: pacing.bytes, pause: pacing.pause, due: turn.now + pacing.pause)
  }

  /// Why bytes are no packet.
  private static func reason(of bytes: [UInt8]) -> Passed.Reason {
    guard case .oversized = Framing.next(in: bytes.span) else { return .incomplete }
    return WrongPeer.recognized(in: bytes.span) == nil ? .oversized : .foreign
  }

  // MARK: - Ends

  private mutating func leave(_ how: Closed.Ending, _ turn: inout Turn) {
    noteEnd(of: .mta, how, &turn)
    state = .leaving(by: turn.now + Self.lastPatience)
    turn.act(.finish(.milter))
  }

  private mutating func end(_ turn: inout Turn, by act: Effects.Act = .close(.milter)) {
    state = .over
    script.ended()
    turn.act(act)
    wake(&turn)
  }

  private mutating func noteEnd(of leg: Leg, _ how: Closed.Ending, _ turn: inout Turn) {
    guard !isForeign else { return turn.record(.closed(Closed(leg: leg, how: how)), of: connection) }
    passing.noteEnd(
      of: leg, how, unfinished: leg == .milter ? unfinished : 0, of: connection, &turn)
  }

  private mutating func wake(_ turn: inout Turn) {
    let due: Moment? =
      switch state {
      case .connecting(let by), .leaving(let by): by
      case .talking(let until): until
      case .over: nil
      }
    guard due != wakesAt else { return }
    wakesAt = due
    turn.act(.wake(at: due))
  }
}
