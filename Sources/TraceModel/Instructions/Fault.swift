import MilterProtocol

/// What a broken peer does, asked for on purpose. Nothing of it ever happens unasked.
package enum Fault: Equatable, Sendable {
  /// One more packet, whatever the dialogue makes of it; nil: to where the packet goes that it is asked for with.
  case extra(Extra, to: Leg?)
  /// The packet leaves twice.
  case duplicate
  /// So many bytes of the frame leave; its length field still says more.
  case truncate(Int)
  /// So many bytes at the end of the payload are missing, and the length field says so.
  case shorten(Int)
  /// These bytes follow the payload, and the length field counts them.
  case append([UInt8])
  /// These bytes stand in the frame from there on.
  case corrupt(offset: Int, [UInt8])
  /// It leaves in so many pieces, with a pause between two of them.
  case split(Int, pause: Moment.Span)
  /// It leaves in one piece with the next packet of its direction.
  case coalesce
  /// It leaves behind the next packet of its direction.
  case reorder
  /// Nothing more leaves on that leg, and it stays open; nil: that to which the packet goes.
  case silence(Leg?)
  /// So many PROGRESS, whether the MTA takes them or not.
  case storm(Int)
  /// That connection breaks (RST) or is closed, behind so many bytes of the packet; nil: at once.
  case breakOff(Leg, reset: Bool, after: Int?)
  /// What the rule of that id needs, at the next packets that fit.
  case provoke(String)

  package enum Extra: Equatable, Sendable {
    /// Length field and code included, right or wrong.
    case frame([UInt8])
    case answer(Answer)
    case progress
    case change(Change)
  }
}

extension Fault {
  package static let stormCount = 1000
  package static let splitPause = Moment.Span.milliseconds(10)
  /// How long a packet waits for another that it is to leave with, or behind.
  package static let patience = Moment.Span.seconds(1)

  /// Whether it changes how a packet leaves, so that it can be taken back while that waits.
  package var isOfPacket: Bool {
    switch self {
    case .duplicate, .truncate, .shorten, .append, .corrupt, .split, .coalesce, .reorder, .extra: true
    case .breakOff(_, _, let after): after != nil
    case .silence, .storm, .provoke: false
    }
  }

  /// The frame as it leaves.
  package func edited(_ frame: [UInt8]) -> [UInt8] {
    switch self {
    case .truncate(let count): return Array(frame.prefix(count))
    case .shorten(let count):
      let payload = max(0, frame.count - Limits.headerBytes)
      return Self.measured(Array(frame.dropLast(min(count, payload))))
    case .append(let bytes): return Self.measured(frame + bytes)
    case .corrupt(let offset, let bytes):
      var frame = frame
      for (place, byte) in zip(offset..., bytes) where frame.indices.contains(place) { frame[place] = byte }
      return frame
    case .extra, .duplicate, .split, .coalesce, .reorder, .silence, .storm, .breakOff, .provoke: return frame
    }
  }

  /// With a length field that is right.
  private static func measured(_ frame: [UInt8]) -> [UInt8] {
    guard frame.count >= Limits.lengthBytes else { return frame }
    let length = UInt32(truncatingIfNeeded: frame.count - Limits.lengthBytes)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> UInt32($0)) }
      + frame.dropFirst(Limits.lengthBytes)
  }
}

extension Instruction {
  /// The modification that it asks for, at the end of the message or now.
  package var change: Change? {
    if case .change(let change) = self { return change }
    if case .fault(.extra(.change(let change), _)) = self { return change }
    return nil
  }

  /// The same with another modification.
  package func changing(_ change: Change) -> Instruction {
    if case .fault(.extra(.change, let leg)) = self { return .fault(.extra(.change(change), to: leg)) }
    return .change(change)
  }
}
