import Dialogue
import MilterProtocol
import Sending

/// Something that a milter does to an MTA, and what an MTA has to make of it.
package struct MTATrial: Sendable {
  package let id: String
  package let group: Group
  package let what: String
  package let bar: Bar
  /// What the milter answers to OPTNEG; nil for an answer without any wishes.
  let negotiation: [MilterMove]?
  /// Flags of that answer: where it promises no reply, it gives none.
  let flags: ProtocolFlags
  /// What it does the first time at a command, in place of CONTINUE.
  let moves: [Stage: [MilterMove]]
  /// At each such command, not at the first alone.
  var repeats = false

  package enum Group: String, Sendable, CaseIterable {
    case negotiation, verdicts, changes, broken, text, order

    package var title: String {
      switch self {
      case .negotiation: "What milters answer to OPTNEG"
      case .verdicts: "Verdicts and how they come"
      case .changes: "Modifications"
      case .broken: "What no milter should send"
      case .text: "Replies in words of its own"
      case .order: "Replies out of place"
      }
    }
  }

  /// What an MTA has to do.
  package enum Bar: Equatable, Sendable {
    case takes
    case refuses
    /// The client gets an answer to each command, whatever it is; what both MTAs do.
    case survives(both: String)

    package var words: String {
      switch self {
      case .takes: "the mail is taken"
      case .refuses: "the client is refused"
      case .survives(let both):
        "\(both); whatever it does, the client gets an answer, and the next mail is served"
      }
    }
  }

  /// Needs a client that says what nobody knows.
  package var asksTheUnknown: Bool { moves[.unknown] != nil }
}

/// The milter of a trial, on one connection: answers CONTINUE, but for the fault.
package struct TrialMilter: MilterScript {
  private let trial: MTATrial
  private var done: Set<Stage> = []
  private var flags: ProtocolFlags = []

  package init(_ trial: MTATrial) { self.trial = trial }

  /// What it does about a packet of the MTA.
  package mutating func moves(on packet: Packet) -> [MilterMove] {
    guard case .command(let kind) = packet.kind else { return [] }
    if kind == .quit { return [.close] }
    guard let stage = kind.stage else { return [] }
    if stage == .negotiation { return negotiate(packet) }
    if let moves = trial.moves[stage], done.insert(stage).inserted || trial.repeats { return moves }
    return flags.promisesNoReply(at: stage) ? [] : [.say(Packet(encoding: Reply.verdict(.continue)))]
  }

  private mutating func negotiate(_ packet: Packet) -> [MilterMove] {
    if let moves = trial.negotiation { return moves }
    guard case .command(.optNeg(let offer)) = PacketValue(decoding: packet) else { return [.close] }
    flags = trial.flags.intersection(offer.protocolFlags)
    let answer = OptNeg(
      version: min(offer.version, Limits.newestVersion), actions: offer.actions.intersection(.current),
      protocolFlags: flags)
    return [.say(Packet(encoding: Reply.optNeg(answer)))]
  }
}
