import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// Frames above 1 MiB (``Framing/ceiling``) go by piece by piece: rspamd sends a new body of any size in one REPLBODY.
///
/// Rules are asked once about how such a frame begins. It passes or it is dropped, as a stream; nothing else can be done to it, and
/// whoever asks for more is told so.
struct LongFrame: Sendable {
  /// Bytes that are still to come.
  var rest: Int
  var fate: Fate

  enum Fate: Sendable {
    /// What it is is not known: no more than these bytes have come.
    case begun([UInt8])
    case passes
    case dropped
  }
}

/// One a direction at most.
struct LongFrames: Sendable {
  private var mta: LongFrame?
  private var milter: LongFrame?

  subscript(sender: Leg) -> LongFrame? {
    get { sender == .mta ? mta : milter }
    set { if sender == .mta { mta = newValue } else { milter = newValue } }
  }
}

extension Steering {
  /// A piece of a frame above 1 MiB. Returns whether it leaves for nowhere, or is kept until more is known.
  mutating func keepsLong(_ passed: Passed, _ start: Inflow.Start?, _ turn: inout Turn) -> Bool {
    guard case .oversized = passed.reason else { return false }
    let leg = passed.sender
    if case .oversized(let length, _)? = start {
      longFrames[leg] = LongFrame(rest: Framing.frameBytes(length: length), fate: .begun([]))
    }
    guard var frame = longFrames[leg] else { return false }
    frame.rest -= passed.bytes.count
    defer { longFrames[leg] = frame.rest > 0 ? frame : nil }
    if case .begun(let earlier) = frame.fate {
      let beginning = earlier + passed.bytes
      guard beginning.count >= Limits.headerBytes || frame.rest <= 0 else {
        frame.fate = .begun(beginning)
        return true
      }
      frame.fate = drops(Packet(frame: beginning, from: leg), &turn) ? .dropped : .passes
      if case .passes = frame.fate, !earlier.isEmpty { letPass(earlier, from: leg, &turn) }
    }
    if case .dropped = frame.fate { return true }
    return false
  }

  /// Whether nothing has left of a long frame of the milter that is under way.
  package var withholdsLongFrame: Bool {
    switch longFrames[.milter]?.fate {
    case .begun, .dropped: true
    case .passes, nil: false
    }
  }

  /// The bytes that came before it was known what they are.
  private mutating func letPass(_ bytes: [UInt8], from leg: Leg, _ turn: inout Turn) {
    if queues[leg].isEmpty {
      turn.act(.sendBytes(bytes, to: leg.other))
    } else {
      queues[leg].append(LegQueue.Entry(passing: bytes, from: leg))
    }
  }

  /// - Parameter packet: of as much as has come.
  private mutating func drops(_ packet: Packet, _ turn: inout Turn) -> Bool {
    guard case .reply(let kind) = packet.kind else { return isDropped(byRulesOn: packet, &turn) }
    if case .told = pending.discussed?.mta {
      return noteDropped(kind, "the MTA has its answer", &turn)
    }
    if kind == .replBody, modifications.replacesBody {
      return noteDropped(kind, "our own new body takes its place", &turn)
    }
    if isDropped(byRulesOn: packet, &turn) { return true }
    modifications.milterSent(kind)
    return false
  }

  private mutating func noteDropped(_ kind: ReplyKind, _ why: Sentence, _ turn: inout Turn) -> Bool {
    record(.noted(text: "the long \(kind.name) goes nowhere: \(why)", packet: nil), &turn)
    return true
  }

  private mutating func isDropped(byRulesOn packet: Packet, _ turn: inout Turn) -> Bool {
    guard turn.settings.rules.mayMatch(packet.kind, from: packet.sender) else { return false }
    let placement = Placement(stage: pending.discussed?.stage, message: facts.message?.number ?? 0)
    let context = FactsContext(
      packet, number: 0, at: turn.now, connection: connection, placement: placement, facts: facts,
      startedAt: turn.startedAt, utcOffset: turn.utcOffset)
    let ruling = turn.settings.rules.ruling(on: context, &turn.effort)
    var isDropped = false
    for order in orders(by: ruling, packet.kind, nil, &turn) {
      var refusal: Refusal?
      switch order.asked.meaning {
      case .failure(let why): refusal = why
      case .success(.drop) where packet.kind.mayBeLeftOut: isDropped = true
      case .success(.note(let text)):
        record(.noted(text: Sentence(others: text), packet: nil), &turn)
        continue
      case .success(.mark), .success(.unmark), .success(.forward), .success(.forwardAll): continue
      case .success(.change), .success(.close), .success(.fault(.silence)), .success(.fault(.storm)),
        .success(.fault(.provoke)),
        .success(.fault(.breakOff(_, _, after: nil))):
        refusal = carryOutElsewhere(order.asked, nil, order.cause, &turn)
      case .success(.drop):
        refusal = Refusal("somebody waits for it, and a packet of more than 1 MiB cannot be answered here")
      case .success(.hold), .success(.ask), .success(.step), .success(.answer), .success(.progress),
        .success(.set),
        .success(.raw), .success(.fault),
        .success(.revert), .success(.delay):
        refusal = Refusal("a packet of more than 1 MiB goes by as it comes: it can pass, or be dropped")
      }
      record(
        .instructed(
          Instructed(order.asked.written, cause: order.cause, packet: nil, refusal: refusal?.sentence)), &turn
      )
    }
    return isDropped
  }
}

extension PacketKind {
  /// Whether nobody waits for it.
  fileprivate var mayBeLeftOut: Bool {
    switch self {
    case .reply(let kind): kind.role == .modification || kind == .progress
    case .unknown, .empty: true
    case .command: false
    }
  }
}
