/// What one OPTNEG packet says: u32 version, u32 actions, u32 protocol; in a reply, symbol lists up to its end.
package struct OptNeg: Equatable, Sendable {
  package var version: UInt32
  package var actions: ActionFlags
  package var protocolFlags: ProtocolFlags
  /// Macros that a milter asks for by stage; only replies have them.
  package var symbolLists: [SymbolList] = []

  package init(
    version: UInt32, actions: ActionFlags, protocolFlags: ProtocolFlags, symbolLists: [SymbolList] = []
  ) {
    self.version = version
    self.actions = actions
    self.protocolFlags = protocolFlags
    self.symbolLists = symbolLists
  }

  /// u32 stage, then one string of macro names separated by spaces and a NUL.
  package struct SymbolList: Equatable, Sendable {
    /// `SMFIM_*`: 0 connect, 1 helo, 2 envfrom, 3 envrcpt, 4 data, 5 end of message, 6 end of header. Others are kept.
    package var stage: UInt32
    package var names: [UInt8]

    package init(stage: UInt32, names: [UInt8]) {
      self.stage = stage
      self.names = names
    }
  }
}
