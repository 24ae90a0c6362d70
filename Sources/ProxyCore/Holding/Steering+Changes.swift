import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

/// Modifications of the operator and of rules: kept through the message, sent before its final reply.
extension Steering {
  mutating func keep(
    _ change: Change, _ number: Int?, _ cause: Cause, at now: Moment, into effects: inout Effects
  )
    -> Refusal?
  {
    guard let message = facts.message, message.phase == .open else {
      return Refusal("no message is open: modifications belong to one")
    }
    if let refusal = change.refusalOfContent { return refusal }
    let needed = change.requiredAction
    let agreed = facts.negotiation.told?.actions ?? facts.negotiation.answered?.actions ?? []
    guard agreed.isSuperset(of: needed) else {
      let name = ActionFlags.table.first { $0.flag == needed }?.name ?? "the action"
      return Refusal(
        hasStandIn
          ? "\(name) was not negotiated with the MTA: --actions leaves it out, or the MTA does not offer it"
          : "\(name) was not negotiated with the MTA: start with --negotiation widen")
    }
    if change.replacesBody {
      guard !milter.replacedBody else {
        return Refusal(
          "the milter's new body is on its way to the MTA already: this one would be added to it")
      }
      let others = changes.filter { $0.change.givesWay(to: change) }
      changes.removeAll { $0.change.givesWay(to: change) }
      for other in others { refuseLost(other, "another new body took its place", at: now, into: &effects) }
    }
    if change.rewritesPart, let refusal = refusalOfPart(change) { return refusal }
    changes.append(PendingChange(change: change, cause: cause, packet: number, message: message.number))
    return nil
  }

  /// Why a part of the body cannot be changed so, as far as that can be said by now.
  private func refusalOfPart(_ change: Change) -> Refusal? {
    if body.isKept, body.whole == nil { return nil }
    let plan = ChangePlan(changes.map(\.change) + [change], headers: headers, body: body.whole)
    return plan.refused.first { $0.change == changes.count }?.refusal
  }

  private var headers: [Header] {
    facts.message?.headers.map { Header(name: $0.name.bytes, value: $0.value.bytes) } ?? []
  }

  mutating func inject(at now: Moment, into effects: inout Effects) {
    let plan = ChangePlan(changes.map(\.change), headers: headers, body: body.whole)
    for lost in plan.refused {
      refuseLost(changes[lost.change], lost.refusal.sentence, at: now, into: &effects)
    }
    for step in plan.steps {
      for modification in step.modifications {
        let spaced = facts.negotiation.keepsLeadingSpace ? modification.withLeadingSpace : modification
        sendOurs(
          Packet(encoding: Reply.modification(spaced)), to: .mta, changes[step.change].cause, at: now,
          into: &effects)
      }
    }
    changes = []
  }

  /// No end of message comes for what was kept.
  mutating func endMessage(_ why: Sentence, at now: Moment, into effects: inout Effects) {
    for lost in changes { refuseLost(lost, why, at: now, into: &effects) }
    changes = []
  }

  /// A new message begins; what was kept for it by its macros stays.
  mutating func endEarlierMessage(at now: Moment, into effects: inout Effects) {
    guard !changes.isEmpty, let current = facts.message?.number else { return }
    for lost in changes where lost.message != current {
      refuseLost(lost, "a new message began", at: now, into: &effects)
    }
    changes.removeAll { $0.message != current }
  }

  private mutating func refuseLost(
    _ lost: PendingChange, _ why: Sentence, at now: Moment, into effects: inout Effects
  ) {
    let refused = Instructed(.change(lost.change), cause: lost.cause, packet: lost.packet, refusal: why)
    record(.instructed(refused), at: now, into: &effects)
  }
}

extension Change {
  var replacesBody: Bool {
    switch self {
    case .replaceBody, .deletePart, .replacePart: true
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
      .replaceBody(.text), .quarantine, .deletePart, .replacePart(_, .text):
      nil
    }
  }

  /// The action that the MTA has to have agreed to.
  var requiredAction: ActionFlags {
    switch self {
    case .addHeader, .insertHeader: .addHeaders
    case .changeHeader, .prefixHeader, .deleteHeader: .changeHeaders
    case .addRcpt(_, nil): .addRcpt
    case .addRcpt: .addRcptWithParameters
    case .deleteRcpt: .deleteRcpt
    case .changeFrom: .changeFrom
    case .replaceBody, .deletePart, .replacePart: .changeBody
    case .quarantine: .quarantine
    }
  }
}

extension Modification {
  /// With HDR_LEADSPC the MTA puts no space after the colon: the value has to bring it.
  fileprivate var withLeadingSpace: Modification {
    func spaced(_ header: Header) -> Header {
      let isWhite = header.value.first.map { $0 == 0x20 || $0 == 0x09 } ?? true
      return isWhite ? header : Header(name: header.name, value: [0x20] + header.value)
    }
    return switch self {
    case .addHeader(let header): .addHeader(spaced(header))
    case .insHeader(let index, let header): .insHeader(index: index, spaced(header))
    case .chgHeader(let index, let header): .chgHeader(index: index, spaced(header))
    case .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine: self
    }
  }
}
