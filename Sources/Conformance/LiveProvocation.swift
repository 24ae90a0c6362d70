import MilterProtocol
import Sending

/// How a rule is provoked on a connection under way: what is done at the next packets that fit.
package struct LiveProvocation: Sendable {
  package let id: String
  /// What the milter hears, one after the other; empty for a rule of the milter's.
  package let toMilter: [Spot]
  /// What the MTA hears.
  package let toMTA: [Spot]

  /// A packet that fits, and what is done in its place.
  package struct Spot: Equatable, Sendable {
    /// The stage of the command; nil for any behind OPTNEG.
    package var stage: Stage?
    /// The name of a header that is to be.
    package var header: [UInt8]?
    package var steps: [Step]
    /// Flags that the milter's answer to OPTNEG is to have as well.
    package var flags: ProtocolFlags = []
    /// At each such packet, as long as the connection lasts.
    package var repeats = false

    package init(
      _ stage: Stage?, header: String? = nil, _ steps: [Step], flags: ProtocolFlags = [],
      repeats: Bool = false
    ) {
      self.stage = stage
      self.header = header.map { Array($0.utf8) }
      self.steps = steps
      self.flags = flags
      self.repeats = repeats
    }
  }

  package enum Step: Equatable, Sendable {
    /// The packet that fits.
    case itself
    case packet(Packet)
    /// No packet.
    case bytes([UInt8])
    case pause(Moment.Span)
    case close
    case reset
  }
}

extension Provocation {
  package var live: LiveProvocation {
    // Where it takes both, each has its part, and the MTA's is whatever it says.
    LiveProvocation(id: id, toMilter: takesBoth ? [] : spots, toMTA: milter?.spots ?? [])
  }
}

extension MTATrial {
  fileprivate var spots: [LiveProvocation.Spot] {
    var spots: [LiveProvocation.Spot] = []
    if let negotiation {
      spots.append(LiveProvocation.Spot(.negotiation, negotiation.flatMap(\.steps)))
    } else if !flags.isEmpty {
      spots.append(LiveProvocation.Spot(.negotiation, [.itself], flags: flags))
    }
    return spots
      + moves.map { LiveProvocation.Spot($0.key, $0.value.flatMap(\.steps), repeats: repeats) }
  }
}

extension MilterMove {
  fileprivate var steps: [LiveProvocation.Step] {
    switch self {
    case .say(let packet), .sayPiecewise(let packet, _, _): [.packet(packet)]
    case .sayBytes(let bytes): [.bytes(bytes)]
    case .note: []
    case .pause(let span): [.pause(span)]
    case .close: [.close]
    case .reset: [.reset]
    }
  }
}

extension [TrialStep] {
  /// What an MTA does in the place of a command, as far as it is the fault.
  var live: [LiveProvocation.Step] {
    compactMap { step in
      switch step {
      case .odd(let packet): .packet(packet)
      case .oddBytes(let bytes): .bytes(bytes)
      case .hangUp: .close
      case .reset: .reset
      case .negotiate, .say, .bare, .trickle, .run, .listen, .hold: nil
      }
    }
  }

  /// Whether nothing can follow.
  var ends: Bool {
    contains { step in
      switch step {
      case .hangUp, .reset: true
      case .negotiate, .say, .bare, .trickle, .run, .odd, .oddBytes, .listen, .hold: false
      }
    }
  }
}
