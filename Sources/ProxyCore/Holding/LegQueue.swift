import Dialogue
import MilterProtocol
import TraceModel

/// Packets of one direction that have arrived and not left, in order. Nothing overtakes.
struct LegQueue: Sendable {
  struct Entry: Sendable {
    let number: Int
    let original: Packet
    /// What is to leave.
    var current: Packet
    /// What rules want, still to be done when its turn comes.
    var orders: [Order] = []
    var fate = Fate.forward
    /// What is wrong on purpose with what leaves for it.
    var faults: [Fault] = []
    /// It was put in front of another.
    var wasOvertaking = false
    /// What was changed, each as it was before, the last at the end.
    var changes: [Before] = []
    /// Set while it is held.
    var hold: Hold?
    /// Somebody let it go: a step does not stop it again.
    var wasReleased = false
    /// Not before this moment.
    var notBefore: Moment?
    /// Where it stood in the dialogue when it came.
    var placement = Placement()
    /// What was remarked on it when it came.
    var findings: [Finding] = []
    /// Whether it leaves in place of a SKIP that the MTA did not agree to: the milter then gets no more of that body.
    var skipsBody = false
    /// On whose behalf it is no longer what came, or never leaves.
    var cause: Cause?
    /// What came, dissected.
    let dissection: Dissection
    private(set) var passing: [UInt8]?

    init(number: Int, _ packet: Packet, _ dissection: Dissection) {
      self.number = number
      self.dissection = dissection
      original = packet
      current = packet
    }

    /// Bytes that make no packet and only keep their place.
    init(passing bytes: [UInt8], from sender: Leg) {
      let nothing = Packet(frame: [0, 0, 0, 0], from: sender)
      self.init(number: 0, nothing, Dissection(nothing))
      passing = bytes
    }

    var isMacro: Bool { original.kind == .command(.macro) }
    var isPassing: Bool { passing != nil }
    var isEdited: Bool { current != original }
    /// Something keeps it here, other than its turn.
    var isKept: Bool { hold != nil || notBefore != nil }

    /// An operator is to decide about it.
    var isForOperator: Bool { hold.map { !$0.isForQuestion } ?? false }

    /// Takes the operator's and the rules' changes back.
    mutating func revert() {
      current = original
      fate = .forward
      faults = []
      cause = nil
      skipsBody = false
      changes = []
    }

    /// Keeps in mind how it stands, for a change that is about to be made.
    var asItStands: Before { .packet(current, fate, cause, skipsBody: skipsBody, faults) }

    /// As it was before the change.
    mutating func restore(
      _ packet: Packet, _ fate: Fate, _ cause: Cause?, skipsBody: Bool, _ faults: [Fault]
    ) {
      (current, self.fate, self.cause, self.skipsBody) = (packet, fate, cause, skipsBody)
      if self.faults.contains(.reorder), !faults.contains(.reorder) { notBefore = nil }
      self.faults = faults
    }

    /// What it costs to keep it: its bytes, and so much for the entry itself.
    var cost: Int { (passing ?? original.bytes).count + Self.ownCost }
    private static let ownCost = 256
  }

  /// What a change takes the place of, for whoever takes it back.
  enum Before: Sendable {
    case packet(Packet, Fate, Cause?, skipsBody: Bool, [Fault])
    /// Of the macro set of that number, which travels with the packet.
    case macros(Int, Packet, Cause?)
    /// A modification is kept for the end of the message.
    case noModification
  }

  struct Order: Sendable {
    var asked: Asked
    var cause: Cause
    /// Of the rule that only stops what the operator wants to look at.
    var isOfBreakpoint = false
  }

  struct Hold: Sendable {
    var cause: Cause
    var since: Moment
    /// What somebody is asked about it, and did not answer so far.
    var question: Asking?
    /// It is held for the answer to that alone, and not for an operator.
    var isForQuestion = false
  }

  /// A question that is under way; elsewhere, for few packets have one, and all have room for it.
  indirect enum Asking: Sendable {
    /// The cause of the instruction to ask is that of what is answered; the fallback is the verdict where no answer comes, nil
    /// where the packet goes on.
    case about(id: Int, cause: Cause, fallback: Answer?)
  }

  enum Fate: Sendable {
    case forward
    case drop
    case answer(Answer)
    /// Where we are the milter: these bytes, also where no answer is due.
    case answerRaw(Packet)
    /// A rule of the findings is provoked in its place.
    indirect case provoked(Provoked)
  }

  /// A slice, so that taking the first of many moves none of the others.
  var entries: ArraySlice<Entry> = []
  /// What all entries cost together.
  private(set) var cost = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    cost += entry.cost
  }

  mutating func insert(_ entry: Entry, at offset: Int) {
    entries.insert(entry, at: entries.startIndex + offset)
    cost += entry.cost
  }

  /// Bytes at the front that make no packet.
  var pieces: Int { entries.prefix { $0.isPassing }.count }

  /// Puts the packet at `index`, with its macros, behind the next one with its own. Returns whether there is one.
  mutating func putBehindNext(_ index: Int) -> Bool {
    guard let next = entries[(index + 1)...].firstIndex(where: { !$0.isMacro }) else { return false }
    entries[index].faults.removeAll { $0 == .reorder }
    entries[index].notBefore = nil
    entries[next].wasOvertaking = true
    let first = Array(entries[...index])
    entries.replaceSubrange(...next, with: Array(entries[(index + 1)...next]) + first)
    return true
  }

  mutating func removeFirst() -> Entry {
    let entry = entries.removeFirst()
    cost -= entry.cost
    if entries.isEmpty { entries = [] }
    return entry
  }

  mutating func removeAll() -> [Entry] {
    defer {
      entries = []
      cost = 0
    }
    return Array(entries)
  }

  /// Takes away what stands behind the last verdict.
  mutating func removeBehindVerdicts() -> [Entry] {
    let start = entries.lastIndex { $0.settles }.map { $0 + 1 } ?? entries.startIndex
    let removed = Array(entries[start...])
    entries.removeSubrange(start...)
    cost -= removed.reduce(0) { $0 + $1.cost }
    return removed
  }

  func index(of number: Int) -> Int? { entries.firstIndex { $0.number == number } }

  /// The entry whose turn it is: behind macro packets that travel with it; nil while only macros wait.
  var turn: Int? { entries.firstIndex { !$0.isMacro } }

  /// What keeps the front from leaving.
  var kept: Int? {
    guard let turn else { return nil }
    return entries[...turn].firstIndex { $0.isKept }
  }
}

extension LegQueue.Entry {
  /// A verdict or OPTNEG, which answers the oldest command that the milter was asked about, if there is one.
  var settles: Bool {
    guard case .reply(let kind) = original.kind else { return false }
    return kind.settles
  }
}

extension LegQueue.Entry {
  /// ABORT and QUIT as they came, or as somebody edited them: a milter makes sense of them behind anything.
  var isFarewell: Bool {
    guard case .forward = fate else { return false }
    return original.kind == .command(.abort) || original.kind == .command(.quit)
  }
}

extension LegQueue.Fate {
  /// Whether somebody has decided what becomes of the packet.
  var isDecided: Bool { if case .forward = self { false } else { true } }
  var isDrop: Bool { if case .drop = self { true } else { false } }
}
