import MilterProtocol

/// The four OPTNEG packets of a connection: two that came in, two that left.
package struct NegotiationFacts: Hashable, Sendable {
  /// By the MTA, as it came.
  package internal(set) var offered: OptNeg?
  /// What the milter was shown of it; equal to `offered` unless narrowed.
  package internal(set) var shown: OptNeg?
  /// By the milter, as it came.
  package internal(set) var answered: OptNeg?
  /// What the MTA was told; equal to `answered` unless widened.
  package internal(set) var told: OptNeg?

  /// What the milter keeps to: which commands it expects and which of them it answers.
  package var milterFlags: ProtocolFlags { answered?.protocolFlags ?? [] }
  /// What the MTA keeps to.
  package var mtaFlags: ProtocolFlags { told?.protocolFlags ?? answered?.protocolFlags ?? [] }
  /// Header values travel with the white space after the colon (HDR_LEADSPC on the MTA's leg).
  package var keepsLeadingSpace: Bool { mtaFlags.contains(.headerLeadingSpace) }

  package init() {}

  /// Whether the milter gave a list of its own of the macros that it wants at a stage.
  func requestsMacros(at stage: MacroStage) -> Bool { answered?.requestsMacros(at: stage) ?? false }
}

extension OptNeg {
  /// What can be read of an OPTNEG payload; nil under 12 bytes. A last symbol list without its NUL is kept.
  init?(reading packet: Packet) {
    guard let version = packet.payloadNumber(at: 0, bytes: 4),
      let actions = packet.payloadNumber(at: 4, bytes: 4),
      let flags = packet.payloadNumber(at: 8, bytes: 4)
    else { return nil }
    self.init(
      version: version, actions: ActionFlags(rawValue: actions),
      protocolFlags: ProtocolFlags(rawValue: flags))
    var offset = Limits.optNegBytes
    while let stage = packet.payloadNumber(at: offset, bytes: 4) {
      var strings = WireStrings(packet, from: offset + 4)
      guard let names = strings.next() else { break }
      symbolLists.append(SymbolList(stage: stage, names: Array(names)))
      offset = strings.offset - packet.payload.lowerBound
    }
  }
}
