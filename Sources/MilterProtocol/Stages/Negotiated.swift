/// What OPTNEG settled on one leg.
package struct Negotiated: Hashable, Sendable {
  /// What the MTA offered; nil before it did.
  package internal(set) var offered: OptNeg?
  /// What the milter answered; nil before it did.
  package internal(set) var answered: OptNeg?

  package init(offered: OptNeg? = nil, answered: OptNeg? = nil) {
    self.offered = offered
    self.answered = answered
  }

  /// What the milter may do to messages.
  package var actions: ActionFlags { answered?.actions ?? [] }

  /// How the dialogue runs: the milter's flags, and the commands that its version does not know yet
  /// (`milter_negotiate` in Sendmail's milter.c, `milter8_connect` in Postfix's milter8.c).
  package var flags: ProtocolFlags {
    guard let answered else { return [] }
    var flags = answered.protocolFlags
    if answered.version < 4 { flags.insert(.noData) }
    if answered.version < 3 { flags.insert(.noUnknown) }
    return flags
  }

  /// Whether the milter gave a list of its own of the macros that it wants at a stage.
  func requestsMacros(at stage: MacroStage) -> Bool { answered?.requestsMacros(at: stage) ?? false }
}

extension OptNeg {
  package func requestsMacros(at stage: MacroStage) -> Bool {
    symbolLists.contains { $0.stage == stage.rawValue && !$0.names.isEmpty }
  }
}

extension OptNeg {
  /// The values of a dissected OPTNEG; lists only where there are some.
  init(_ shape: OptNegShape, of packet: Packet) {
    self.init(version: shape.version, actions: shape.actions, protocolFlags: shape.protocolFlags)
    guard !shape.symbolLists.isEmpty else { return }
    symbolLists = SymbolLists(shape.symbolLists, of: packet).map {
      SymbolList(stage: $0.stage, names: Array(packet.bytes[$0.names]))
    }
  }
}
