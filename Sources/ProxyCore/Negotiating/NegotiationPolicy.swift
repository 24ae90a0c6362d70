import MilterProtocol

/// What becomes of the milter's OPTNEG reply on its way to the MTA.
///
/// The MTA's own packet is never lengthened, and no bit is set that the MTA did not offer: Postfix and Sendmail both
/// fail the negotiation for that (`milter8_connect`, `milter_negotiate`).
package enum NegotiationPolicy: String, Sendable, Equatable, CaseIterable {
  /// As it came.
  case transparent
  /// With every action that the MTA offered, so that modifications can be injected. Neither MTA minds declared
  /// actions that go unused (seen with Postfix 3.7 and Sendmail 8.17).
  case widen
  /// Also without the bits by which the milter declines commands and promises no replies: every stage is seen and
  /// can be held. What the milter does not want is then answered in its place.
  case all

  /// The reply as the MTA is to see it.
  package func told(_ answered: OptNeg, offered: OptNeg) -> OptNeg {
    var told = answered
    switch self {
    case .transparent: break
    case .widen: told.actions.formUnion(Self.injectable.intersection(offered.actions))
    case .all:
      told.actions.formUnion(Self.injectable.intersection(offered.actions))
      told.protocolFlags.subtract([.allNoCommand, .allNoReply])
    }
    return told
  }

  /// The actions that an operator can want; a symbol list nobody wrote is not one.
  private static let injectable = ActionFlags.current.subtracting(.setSymbolList)
}

/// What the milter is offered of what the MTA offers (`--offer`): an older or poorer MTA in simulation.
package struct Offer: Sendable, Equatable {
  package var version: UInt32
  package var actions: ActionFlags
  package var protocolFlags: ProtocolFlags

  package init(version: UInt32, actions: ActionFlags, protocolFlags: ProtocolFlags) {
    self.version = version
    self.actions = actions
    self.protocolFlags = protocolFlags
  }

  /// Never more than the MTA offered, nor more than an MTA of that version knows.
  package func narrowed(_ offered: OptNeg) -> OptNeg {
    var shown = offered
    shown.version = min(offered.version, version)
    shown.actions.formIntersection(actions)
    shown.protocolFlags.formIntersection(protocolFlags)
    if shown.version < 6 {
      // libmilter may refuse what its version does not know.
      shown.actions.formIntersection(Self.actionsBefore6)
      shown.protocolFlags.formIntersection(Self.flagsBefore6)
    }
    if shown.version < 4 { shown.protocolFlags.remove(.noData) }
    if shown.version < 3 { shown.protocolFlags.remove(.noUnknown) }
    return shown
  }

  /// What versions 2 to 5 know (protocol.md 2.2).
  package static let actionsBefore6: ActionFlags = [
    .addHeaders, .changeBody, .addRcpt, .deleteRcpt, .changeHeaders, .quarantine,
  ]
  /// What versions 2 to 5 know (protocol.md 2.3).
  package static let flagsBefore6: ProtocolFlags = [
    .noConnect, .noHelo, .noMail, .noRcpt, .noBody, .noHeaders, .noEOH, .noUnknown, .noData,
  ]
}
