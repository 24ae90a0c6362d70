import MilterProtocol

/// What OPTNEG settled on both legs: the packets of a connection, two that came in and two that left.
package struct Negotiation: Sendable {
  /// By the MTA, as it came.
  package private(set) var offered: OptNeg?
  /// What the milter was shown of it; equal to `offered` unless narrowed.
  package private(set) var shown: OptNeg?
  /// By the milter, as it came.
  package private(set) var answered: OptNeg?
  /// What the MTA was told; equal to `answered` unless widened.
  package private(set) var told: OptNeg?

  /// What the milter keeps to: which commands it expects and which of them it answers.
  package private(set) var milterFlags: ProtocolFlags = []
  /// What the MTA keeps to.
  package private(set) var mtaFlags: ProtocolFlags = []

  package init() {}

  /// Header values travel with the white space after the colon (HDR_LEADSPC on the MTA's leg).
  package var keepsLeadingSpace: Bool { mtaFlags.contains(.headerLeadingSpace) }

  /// What the milter may do to messages, by what the MTA was told.
  package var actions: ActionFlags { (told ?? answered)?.actions ?? [] }

  package func flags(on leg: Leg) -> ProtocolFlags { leg == .mta ? mtaFlags : milterFlags }

  /// What the milter offered to do, as far as the peer of that leg knows.
  package func answer(on leg: Leg) -> OptNeg? { leg == .mta ? told ?? answered : answered }

  package func mtaWaits(at stage: Stage) -> Bool { !mtaFlags.promisesNoReply(at: stage) }

  package func milterAnswers(at stage: Stage) -> Bool { !milterFlags.promisesNoReply(at: stage) }

  /// Whether the milter switched the command off.
  package func milterDeclines(_ stage: Stage) -> Bool { milterFlags.declines(stage) }

  /// Whether the milter gave a list of its own of the macros that it wants at a stage.
  package func requestsMacros(at stage: MacroStage) -> Bool {
    answered?.requestsMacros(at: stage) ?? false
  }

  mutating func offer(_ offer: OptNeg) {
    self = Negotiation()
    offered = offer
  }

  mutating func show(_ offer: OptNeg?) { shown = offer }

  mutating func answer(_ answer: OptNeg) {
    answered = answer
    milterFlags = answer.effectiveFlags
    if told == nil { mtaFlags = milterFlags }
  }

  mutating func tell(_ answer: OptNeg) {
    told = answer
    mtaFlags = answer.effectiveFlags
  }
}

extension ProtocolFlags {
  package func promisesNoReply(at stage: Stage) -> Bool { stage.noReplyFlag.map(contains) ?? false }

  /// Whether the command is switched off.
  package func declines(_ stage: Stage) -> Bool { stage.noCommandFlag.map(contains) ?? false }
}

extension OptNeg {
  /// How the dialogue runs by this answer: its flags, and the commands that its version does not know yet
  /// (`milter_negotiate` in Sendmail's milter.c, `milter8_connect` in Postfix's milter8.c).
  package var effectiveFlags: ProtocolFlags {
    var flags = protocolFlags
    if version < 4 { flags.insert(.noData) }
    if version < 3 { flags.insert(.noUnknown) }
    return flags
  }

  package func requestsMacros(at stage: MacroStage) -> Bool {
    symbolLists.contains { $0.stage == stage.rawValue && !$0.names.isEmpty }
  }

  /// The values of a dissected OPTNEG, as far as they can be read; nil where not even the fixed part is whole.
  package init?(_ shape: PacketShape, of packet: Packet) {
    guard case .optNeg(let shape) = shape, packet.payload.count >= Limits.optNegBytes else { return nil }
    self.init(version: shape.version, actions: shape.actions, protocolFlags: shape.protocolFlags)
    guard !shape.symbolLists.isEmpty else { return }
    symbolLists = SymbolLists(shape.symbolLists, of: packet).map {
      SymbolList(stage: $0.stage, names: Array(packet.bytes[$0.names]))
    }
  }
}
