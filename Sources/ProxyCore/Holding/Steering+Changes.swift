import CommandLanguage
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
      let others = changes.filter { $0.change.replacesBody }
      changes.removeAll { $0.change.replacesBody }
      for other in others { refuseLost(other, "another new body took its place", at: now, into: &effects) }
    }
    changes.append(PendingChange(change: change, cause: cause, packet: number, message: message.number))
    return nil
  }

  mutating func inject(at now: Moment, into effects: inout Effects) {
    var headers = facts.message?.headers.map { Header(name: $0.name.bytes, value: $0.value.bytes) } ?? []
    for pending in changes {
      for modification in pending.change.modifications(on: headers) {
        if case .chgHeader(let index, let header) = modification { headers.change(header, index) }
        let spaced = facts.negotiation.keepsLeadingSpace ? modification.withLeadingSpace : modification
        sendOurs(
          Packet(encoding: Reply.modification(spaced)), to: .mta, pending.cause, at: now, into: &effects)
      }
    }
    changes = []
  }

  /// No end of message comes for what was kept.
  mutating func endMessage(_ why: String, at now: Moment, into effects: inout Effects) {
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
    _ lost: PendingChange, _ why: String, at now: Moment, into effects: inout Effects
  ) {
    let text = Instruction.change(lost.change).text
    record(
      .instructed(Instructed(text: text, cause: lost.cause, packet: lost.packet, refusal: why)), at: now,
      into: &effects)
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

  /// Why it cannot be turned into packets here.
  fileprivate var refusalOfContent: Refusal? {
    switch self {
    case .replaceBody(.file(let path)): Refusal("the contents of '\(path)' are not there")
    case .deletePart, .replacePart:
      Refusal("parts of a body cannot be changed in passing: give the whole body, by replace-body")
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom,
      .replaceBody(.text), .quarantine:
      nil
    }
  }

  /// The action that the MTA has to have agreed to.
  fileprivate var requiredAction: ActionFlags {
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

extension [Header] {
  /// What a later change starts from; deletions leave their header, for MTAs count on in different ways.
  fileprivate mutating func change(_ header: Header, _ index: UInt32) {
    guard !header.value.isEmpty else { return }
    let named = indices.filter { sameHeaderName(self[$0].name, header.name) }
    if let place = named.dropFirst(Swift.max(Int(index), 1) - 1).first { self[place].value = header.value }
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
