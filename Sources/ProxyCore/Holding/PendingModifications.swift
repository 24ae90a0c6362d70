import Dialogue
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// Modifications of the operator and of rules for the message in progress: kept until its final reply, and sent before it.
struct PendingModifications: Sendable {
  private(set) var changes: [PendingChange] = []
  /// The message's body, where a part of it may have to be rewritten.
  private(set) var body = MailBody()
  /// Body chunks of the milter's own have gone to the MTA in this message.
  private(set) var milterReplacedBody = false
  /// Changes of the milter's own to the message at its end have gone to the MTA.
  private(set) var milterChangedMail = false
  /// The packet for which a quarantine was refused and no verdict was asked since.
  private var unquarantined: Int?

  struct PendingChange: Sendable {
    let change: Change
    /// As it was asked for, its values still to come.
    let written: Instruction
    let cause: Cause
    /// The packet that it was given for.
    let packet: Int?
    /// Number of its message.
    let message: Int
    /// What gave way to it.
    var replaced: [PendingChange] = []
  }

  /// One that comes to nothing, and why.
  struct Lost {
    let change: PendingChange
    let why: Sentence
  }

  /// One that leaves.
  struct Leaving {
    let packet: Packet
    let cause: Cause
  }

  var isEmpty: Bool { changes.isEmpty }

  var replacesBody: Bool { changes.contains { $0.change.replacesBody } }

  // MARK: - The message

  mutating func note(_ packet: Packet, bodyFor use: MailBody.Use) { body.note(packet, for: use) }

  /// What whoever asks for a change has read back.
  mutating func supply(_ body: [UInt8]) { self.body.supply(body) }

  mutating func beganMessage() { milterReplacedBody = false }

  /// The end of the message went to the milter.
  mutating func cameToItsEnd() { milterChangedMail = false }

  /// A reply of the milter's own goes to the MTA.
  mutating func milterSent(_ kind: ReplyKind) {
    guard kind.role == .modification else { return }
    milterChangedMail = true
    if kind == .replBody { milterReplacedBody = true }
  }

  // MARK: - Keeping

  /// Keeps a change for the end of the message. Returns what gave way to it.
  ///
  /// - Parameter isOurRole: whether we are the milter, so that the MTA was asked by us.
  mutating func keep(
    _ change: Change, written: Instruction, for packet: Int?, _ cause: Cause, _ facts: SessionFacts,
    isOurRole: Bool
  ) throws(Refusal) -> [Lost] {
    guard let message = facts.message, message.phase == .open else {
      throw Refusal("no message is open: modifications belong to one")
    }
    if let refusal = change.refusalOfContent { throw refusal }
    try checkAction(change.requiredAction, facts.negotiation, isOurRole: isOurRole)
    if change.replacesBody, milterReplacedBody {
      throw Refusal("the milter's new body is on its way to the MTA already: this one would be added to it")
    }
    let given = changes.filter { change.replacesBody && $0.change.givesWay(to: change) }
    let kept = changes.filter { !(change.replacesBody && $0.change.givesWay(to: change)) }
    if change.rewritesPart, let refusal = refusal(ofPart: change, behind: kept, message) { throw refusal }
    changes = kept
    changes.append(
      PendingChange(
        change: change, written: written, cause: cause, packet: packet, message: message.number,
        replaced: given))
    return given.map { Lost(change: $0, why: "another new body took its place") }
  }

  /// Takes back the last change that was given for a packet; what had given way to it counts again.
  ///
  /// - Returns: what counts again; nil where nothing is kept for that packet.
  mutating func takeBack(for packet: Int) -> [PendingChange]? {
    guard let last = changes.lastIndex(where: { $0.packet == packet }) else { return nil }
    let change = changes.remove(at: last)
    let again = change.replaced.filter { $0.message == change.message }
    changes += again
    return again
  }

  private func checkAction(
    _ needed: ActionFlags, _ negotiation: Negotiation, isOurRole: Bool
  ) throws(Refusal) {
    if negotiation.actions.isSuperset(of: needed) { return }
    let name = needed.subtracting(negotiation.actions).names.joined(separator: " and ")
    throw Refusal(
      isOurRole
        ? "\(others: name) was not negotiated with the MTA: --actions leaves it out, or the MTA does not offer it"
        : "\(others: name) was not negotiated with the MTA: start with --negotiation widen")
  }

  /// Why a part of the body cannot be changed so, as far as that can be said by now.
  private func refusal(
    ofPart change: Change, behind others: [PendingChange], _ message: MessageFacts
  ) -> Refusal? {
    if body.isKept, body.whole == nil { return nil }
    let plan = ChangePlan(
      others.map(\.change) + [change], headers: Self.headers(of: message), body: body.whole)
    return plan.refused.first { $0.change == others.count }?.refusal
  }

  static func headers(of message: MessageFacts?) -> [Header] {
    message?.headers.map { Header(name: $0.name.bytes, value: $0.value.bytes) } ?? []
  }

  // MARK: - Leaving

  /// The end of the message has come: what is sent before its final reply, and what comes to nothing.
  mutating func leave(_ facts: SessionFacts) -> (lost: [Lost], leaving: [Leaving]) {
    guard !changes.isEmpty else { return ([], []) }
    let plan = ChangePlan(
      changes.map(\.change), headers: Self.headers(of: facts.message), body: body.whole)
    let lost = plan.refused.map { Lost(change: changes[$0.change], why: $0.refusal.sentence) }
    let isSpaced = facts.negotiation.keepsLeadingSpace
    let leaving = plan.steps.flatMap { step in
      step.modifications.map { modification in
        Leaving(
          packet: Packet(
            encoding: Reply.modification(isSpaced ? modification.withLeadingSpace : modification)),
          cause: changes[step.change].cause)
      }
    }
    changes = []
    return (lost, leaving)
  }

  /// A modification as it would leave now, whatever was negotiated.
  static func packets(of change: Change, _ facts: SessionFacts) -> [Packet] {
    let isSpaced = facts.negotiation.keepsLeadingSpace
    return ChangePlan([change], headers: headers(of: facts.message), body: nil).steps.flatMap(\.modifications)
      .map { Packet(encoding: Reply.modification(isSpaced ? $0.withLeadingSpace : $0)) }
  }

  /// No end of message comes for what was kept.
  mutating func giveUp(_ why: Sentence) -> [Lost] {
    defer { changes = [] }
    return changes.map { Lost(change: $0, why: why) }
  }

  /// A new message begins; what was kept for it by its macros stays.
  mutating func giveUp(butFor message: Int) -> [Lost] {
    guard !changes.isEmpty else { return [] }
    defer { changes.removeAll { $0.message != message } }
    return changes.filter { $0.message != message }.map { Lost(change: $0, why: "a new message began") }
  }

  // MARK: - Quarantine

  /// An instruction was done or refused.
  mutating func note(_ instruction: Instruction, _ packet: Int?, isRefused: Bool) {
    switch instruction {
    case .change(.quarantine): unquarantined = isRefused ? packet : nil
    case .answer: unquarantined = nil
    case .mark, .unmark, .note, .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .change, .set,
      .raw, .fault,
      .revert, .delay, .close:
      break
    }
  }

  /// Who said `quarantine; accept` and got no quarantine did not mean to deliver the mail.
  func refusal(toDeliver packet: Int?, _ answer: Answer) -> Refusal? {
    guard let packet, packet == unquarantined, answer == .accept || answer == .continue else { return nil }
    return Refusal("the mail would be delivered, as its quarantine was refused")
  }
}

extension Change {
  var replacesBody: Bool {
    switch self {
    case .replaceBody, .deletePart, .replacePart, .defang: true
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom,
      .quarantine:
      false
    }
  }

  /// Whether it is given up for a later one: a new body takes the place of any other, a new part of that part alone.
  fileprivate func givesWay(to later: Change) -> Bool {
    switch (self, later) {
    case (.deletePart(let a), .deletePart(let b)), (.deletePart(let a), .replacePart(let b, _)),
      (.replacePart(let a, _), .deletePart(let b)), (.replacePart(let a, _), .replacePart(let b, _)):
      a == b
    case (.defang(let a), .defang(let b)), (.defang(let a), .deletePart(let b)): a == b
    // What is in a part and what it is called are two things.
    case (.defang, .replacePart), (.replacePart, .defang), (.deletePart, .defang): false
    case (_, _): replacesBody && later.replacesBody
    }
  }

  /// Why it cannot be turned into packets here.
  fileprivate var refusalOfContent: Refusal? {
    switch self {
    case .replaceBody(.file(let path)), .replacePart(_, .file(let path)):
      Refusal("the contents of '\(others: path)' are not there")
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom,
      .replaceBody(.text), .replaceBody(.aboutPart), .quarantine, .deletePart, .defang,
      .replacePart(_, .text),
      .replacePart(_, .aboutPart):
      nil
    }
  }
}
