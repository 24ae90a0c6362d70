import MilterProtocol
import TraceModel

extension SessionFacts {
  /// Folds in a packet that passed as it came as what it is, without its content having been read.
  mutating func received(hollow entry: PacketEntry, number: Int, at time: Moment) {
    let hollow = entry.hollow
    received(
      hollow, Dissection(hollow).shape, number: number, at: time, forwarded: true,
      payloadBytes: entry.payloadBytes)
  }
}

extension PacketEntry {
  /// Whether it left in another way than as it came: then more counts than what it is.
  var isTouched: Bool { !flags.isDisjoint(with: Self.touches) }

  /// Made once: an option set from a list of options is a call for each of them.
  private static let touches: PacketFlags = [.held, .edited, .injected, .dropped, .answered]

  /// A packet of its kind without content, to stand in for it where nobody asks for more.
  var hollow: Packet { HollowPackets.packet(kind, from: sender, stage) }

  var payloadBytes: Int { max(0, Int(frameBytes) - Limits.headerBytes) }
}

/// Packets of each kind without content, to stand in for those that are not read.
private enum HollowPackets {
  static func packet(_ kind: PacketKind, from sender: Leg, _ stage: Stage?) -> Packet {
    switch kind {
    // Their letter decides where a message begins.
    case .command(.macro): macros[Int(stage?.rawValue ?? 0)]
    case .command(let command): commands[Int(command.rawValue)]
    case .reply(let reply): replies[Int(reply.rawValue)]
    case .unknown, .empty: nothing[Int(sender.rawValue)]
    }
  }

  private static let commands = (0...UInt8.max).map { Packet(code: $0, from: .mta) }
  private static let macros = (0...UInt8.max).map {
    Packet(code: CommandKind.macro.rawValue, payload: [$0], from: .mta)
  }
  private static let replies = (0...UInt8.max).map { Packet(code: $0, from: .milter) }
  private static let nothing = Leg.allCases.map { Packet(frame: [0, 0, 0, 0], from: $0) }
}
