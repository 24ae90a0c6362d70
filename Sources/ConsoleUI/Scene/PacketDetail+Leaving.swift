import MilterProtocol
import TraceModel

extension PacketDetail {
  /// What left, or would leave now, where that is not what came.
  var leaving: Packet? { PacketDetail.leaving(packet, remarks) }

  /// - Parameter remarks: the records about the packet.
  static func leaving(_ original: Packet, _ remarks: [Record]) -> Packet? {
    var packet = original
    for change in [Instructed](in: remarks).standing {
      if let instruction = change.instruction { packet = edited(packet, by: instruction) }
    }
    for case .sent(let sent) in remarks.map(\.event) { packet = sent.packet ?? packet }
    return packet == original ? nil : packet
  }

  static func edited(_ packet: Packet, by instruction: Instruction) -> Packet {
    switch instruction {
    case .set(let assignment):
      guard let value = try? assignment.applied(to: PacketValue(decoding: packet)) else { return packet }
      return Packet(encoding: value, from: packet.sender)
    case .raw(let bytes): return Packet(frame: bytes, from: packet.sender)
    case .answer(let answer): return packet.sender == .milter ? Packet(encoding: answer.reply) : packet
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .change, .revert, .delay, .close,
      .fault, .mark, .unmark, .note:
      return packet
    }
  }

  /// The macros that travel with a command, with what was set in them.
  func macros(_ macros: Packet) -> Packet {
    var value = PacketValue(decoding: macros)
    for change in [Instructed](in: remarks).standing {
      guard case .set(let assignment)? = change.instruction else { continue }
      // What is of the command itself, a macro set does not have.
      value = (try? assignment.applied(to: value)) ?? value
    }
    return Packet(encoding: value, from: macros.sender)
  }
}
