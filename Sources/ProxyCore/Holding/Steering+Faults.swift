import Mail
import MilterProtocol
import TraceModel

/// Faults on purpose (``Fault``): what a broken peer does, where somebody asked for it.
///
/// They happen to what leaves for a packet: the packet itself, or the answer where we give one. A faulty answer is the
/// answer: nothing follows it by itself, whatever the MTA makes of it.
extension Steering {
  /// For a packet that waits here.
  mutating func plan(
    _ fault: Fault, _ leg: Leg, _ index: Int, _ cause: Cause, _ turn: inout Turn
  ) -> Refusal? {
    let entry = queues[leg].entries[index]
    let goal = goal(of: entry, leg)
    switch fault {
    case .silence(let named): return silence(named ?? goal)
    case .breakOff(let named, let resets, nil): return breakOff(named, resets: resets)
    case .provoke(let id): return provoke(id, toward: goal, cause)
    case .breakOff(let named, _, _) where named != goal:
      return Refusal("what leaves for packet \(packet: entry.number) does not go to the \(named.noun)")
    case .extra(_, to: .milter?) where isMilter: return .noMilter
    case .reorder where entry.isMacro:
      return Refusal("macros travel with their command: reorder that")
    case .reorder where entry.wasOvertaking: return Refusal("another packet has been put behind this one")
    case .reorder: queues[leg].entries[index].notBefore = turn.now + Fault.patience
    case .extra, .duplicate, .truncate, .shorten, .append, .corrupt, .split, .coalesce, .storm, .breakOff:
      break
    }
    queues[leg].entries[index].faults.append(fault)
    queues[leg].entries[index].cause = cause
    return nil
  }

  /// For the connection, and packets that have passed.
  mutating func carryOut(
    _ fault: Fault, ofPassed number: Int?, _ cause: Cause, _ turn: inout Turn
  ) -> Refusal? {
    switch fault {
    case .silence(let leg):
      return (leg ?? onlyLeg).map { silence($0) } ?? Refusal("say for whom: silence mta")
    case .breakOff(let leg, let resets, nil): return breakOff(leg, resets: resets)
    case .storm(let count): sendStorm(count, cause, &turn)
    case .provoke(let id): return provoke(id, toward: nil, cause)
    case .extra(let extra, let leg):
      guard let leg = leg ?? extra.goal ?? onlyLeg else {
        return Refusal("say to whom: extra mta, or extra milter")
      }
      if leg == .milter, isMilter { return .noMilter }
      sendExtra(extra, to: leg, cause, &turn)
    case .duplicate, .truncate, .shorten, .append, .corrupt, .split, .coalesce, .reorder, .breakOff:
      guard let number else { return Refusal("no packet is chosen") }
      return .hasLeft(number)
    }
    return nil
  }

  /// Where all that leaves goes.
  private var onlyLeg: Leg? { isMilter ? .mta : nil }

  /// Where what leaves for a packet goes.
  private func goal(of entry: LegQueue.Entry, _ leg: Leg) -> Leg {
    if case .forward = entry.fate, leg == .mta, !isMilter { return .milter }
    return .mta
  }

  private mutating func silence(_ leg: Leg) -> Refusal? {
    if leg == .milter, isMilter { return .noMilter }
    faulty.mute(leg)
    return nil
  }

  private mutating func breakOff(_ leg: Leg, resets: Bool) -> Refusal? {
    if leg == .milter, isMilter { return .noMilter }
    close(leg, because: resets ? "an instruction broke it" : "an instruction closed it", resets: resets)
    return nil
  }

  // MARK: - Leaving

  /// - Parameters:
  ///   - original: what came, unless it is an answer of ours.
  ///   - leg: where it goes.
  mutating func leave(
    _ packet: Packet, of original: LegQueue.Entry?, to leg: Leg, with faults: [Fault], _ cause: Cause,
    _ turn: inout Turn
  ) {
    for fault in faults { sendInFront(fault, leg, cause, &turn) }
    var frame = packet.bytes
    for fault in faults { frame = fault.edited(frame) }
    var broken: Fault?
    for case .breakOff(_, _, let count?) in faults { frame = Array(frame.prefix(count)) }
    for fault in faults { if case .breakOff = fault { broken = fault } }
    if faults.contains(.reorder) {
      record(
        .noted(
          text: "nothing came within \(Fault.patience.words) that it could leave behind",
          packet: original?.number), &turn)
    }
    if frame.count < Limits.lengthBytes {
      leavePart(frame, of: original, to: leg, cause, &turn)
    } else if !mutes(leg, original, &turn) {
      let whole = frame == packet.bytes ? packet : Packet(frame: frame, from: packet.sender)
      let number = original == nil ? turn.effects.takePacketNumber() : nil
      let sent = Sent(
        leg: leg, original: original?.number, number: number,
        packet: whole == original?.original ? nil : whole,
        cause: cause)
      announce(sent, whole, Dissection(whole), original?.findings ?? [], &turn)
      put(frame, on: leg, faults, &turn)
      for _ in faults.filter({ $0 == .duplicate }) { sendOurs(whole, to: leg, cause, &turn) }
    }
    for fault in faults { sendBehind(fault, leg, cause, &turn) }
    if case .breakOff(let leg, let resets, _)? = broken { _ = breakOff(leg, resets: resets) }
  }

  /// Less than a length field makes no packet.
  private mutating func leavePart(
    _ bytes: [UInt8], of original: LegQueue.Entry?, to leg: Leg, _ cause: Cause, _ turn: inout Turn
  ) {
    if let original { drop(original, cause, &turn) }
    let words: Sentence = "\(bytes.count) bytes of it leave for the \(leg.noun)"
    record(.noted(text: words, packet: original?.number), &turn)
    if !faulty.muted.contains(leg), !bytes.isEmpty { put(bytes, on: leg, [], &turn) }
  }

  /// What was asked of an answer that nobody gave.
  mutating func leaveNothing(_ turn: inout Turn) {
    guard let asked = faulty.ofAnswer else { return }
    faulty.ofAnswer = nil
    for fault in asked.faults {
      sendInFront(fault, .mta, asked.cause, &turn)
      sendBehind(fault, .mta, asked.cause, &turn)
      if case .breakOff(let leg, let resets, _) = fault { _ = breakOff(leg, resets: resets) }
    }
  }

  private mutating func sendInFront(_ fault: Fault, _ leg: Leg, _ cause: Cause, _ turn: inout Turn) {
    switch fault {
    case .storm(let count): sendStorm(count, cause, &turn)
    case .extra(let extra, let named) where extra.isInFront:
      sendExtra(extra, to: named ?? extra.goal ?? leg, cause, &turn)
    case .extra, .duplicate, .truncate, .shorten, .append, .corrupt, .split, .coalesce, .reorder, .silence,
      .breakOff, .provoke:
      break
    }
  }

  private mutating func sendBehind(_ fault: Fault, _ leg: Leg, _ cause: Cause, _ turn: inout Turn) {
    guard case .extra(let extra, let named) = fault, !extra.isInFront else { return }
    sendExtra(extra, to: named ?? extra.goal ?? leg, cause, &turn)
  }

  private mutating func sendStorm(_ count: Int, _ cause: Cause, _ turn: inout Turn) {
    for _ in 0..<count { sendOurs(Packet(encoding: Reply.progress), to: .mta, cause, &turn) }
  }

  private mutating func sendExtra(_ extra: Fault.Extra, to leg: Leg, _ cause: Cause, _ turn: inout Turn) {
    for packet in packets(of: extra) {
      sendOurs(Packet(frame: packet.bytes, from: leg.other), to: leg, cause, &turn)
    }
  }

  private func packets(of extra: Fault.Extra) -> [Packet] {
    switch extra {
    case .frame(let bytes): [Packet(frame: bytes, from: .milter)]
    case .answer(let answer): [Packet(encoding: answer.reply)]
    case .progress: [Packet(encoding: Reply.progress)]
    case .change(let change): PendingModifications.packets(of: change, facts)
    }
  }

  // MARK: - Bytes

  /// Whether nothing leaves there any more; what was to leave is dropped.
  mutating func mutes(_ leg: Leg, _ original: LegQueue.Entry?, _ turn: inout Turn) -> Bool {
    guard faulty.isUnderWay, faulty.muted.contains(leg) else { return false }
    if let original { drop(original, .policy("nothing leaves for the \(leg.noun): silence"), &turn) }
    return true
  }

  /// Lets bytes out that were told of, in the way that was asked for, behind those that wait to leave.
  mutating func put(_ bytes: [UInt8], on leg: Leg, _ faults: [Fault], _ turn: inout Turn) {
    if faults.contains(.coalesce) {
      return faulty.join(bytes, on: leg, until: turn.now + Fault.patience)
    }
    let bytes = faulty.takeJoined(leg) + bytes
    var pieces = 1
    var pause = Moment.Span.milliseconds(0)
    for case .split(let count, let between) in faults { (pieces, pause) = (count, between) }
    let size = max(1, (bytes.count + pieces - 1) / pieces)
    var due = turn.now
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      let waiting = queues[leg.other].pieces
      if waiting == 0, due <= turn.now {
        turn.act(.sendBytes(piece, to: leg))
      } else {
        faulty.sentInPieces()
        var entry = LegQueue.Entry(passing: piece, from: leg.other)
        if due > turn.now { entry.notBefore = due }
        queues[leg.other].insert(entry, at: waiting)
      }
      due = due + pause
    }
  }

  /// What waited for a packet to leave with goes on alone.
  mutating func letJoinedGo(_ turn: inout Turn, all: Bool = false) {
    guard faulty.isUnderWay else { return }
    for leg in Leg.allCases {
      if let joined = faulty.joined(leg), all || joined.until <= turn.now { put([], on: leg, [], &turn) }
    }
  }

  /// Puts the packet at the front behind the next one, if that is to be and there is one. Returns whether it did.
  mutating func reorders(_ leg: Leg, _ index: Int) -> Bool {
    guard queues[leg].entries[index].faults.contains(.reorder), queues[leg].putBehindNext(index) else {
      return false
    }
    return true
  }
}

extension Fault.Extra {
  /// Verdicts and modifications are for the MTA.
  fileprivate var goal: Leg? {
    switch self {
    case .frame: nil
    case .answer, .progress, .change: .mta
    }
  }

  /// Whether it goes in front of what it is asked for with: what belongs before a verdict.
  fileprivate var isInFront: Bool {
    switch self {
    case .frame, .answer: false
    case .progress, .change: true
    }
  }
}

extension Refusal {
  fileprivate static let noMilter = Refusal("there is no milter here but us")

  static func hasLeft(_ number: Int) -> Refusal {
    Refusal("packet \(packet: number) has left already: only held packets can be changed")
  }
}
