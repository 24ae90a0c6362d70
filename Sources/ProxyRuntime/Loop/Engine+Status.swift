import MilterProtocol
import ProxyCore
import Sending
import TraceFormat
import TraceModel

extension Engine {
  /// How a run stands, as values that another thread may keep.
  package struct Status: Sendable {
    /// Since the run began.
    package let time: Moment
    package let connections: Int
    /// So far, those that have ended included.
    package let accepted: Int
    package let packets: Int
    /// What waits for somebody.
    package let held: [Held]
    /// By name; empty where there is but one place.
    package let taps: [Tapped]
    /// In force, as text.
    package let rules: [String]
    package let isArmed: Bool
    package let findings: FindingTally
    /// Of what peers say, in bytes.
    package let keptBytes: Int
    /// Where shadows are, and what came of each.
    package let shadows: [(address: String, tally: ShadowTally)]

    package struct Held: Sendable {
      package let connection: Int
      package let tap: String?
      package let packet: Int
      package let since: Moment
    }

    package struct Tapped: Sendable {
      package let tap: Tap
      package let connections: Int
      /// So far, those that have ended included.
      package let accepted: Int
    }
  }

  var status: Status {
    mutating get {
      var held: [Status.Held] = []
      for connection in connections.all {
        let number = connection.machine.connection
        for one in connection.machine.held() {
          held.append(
            Status.Held(
              connection: number, tap: connection.gate.name, packet: one.packet, since: one.since))
        }
      }
      return Status(
        time: turn.now, connections: connections.count, accepted: accepted, packets: packets, held: held,
        taps: tapped,
        rules: turn.settings.rules.entries.map(\.rule.text), isArmed: turn.settings.rules.isArmed,
        findings: findings,
        keptBytes: memory.total, shadows: shadowTallies)
    }
  }

  private var tapped: [Status.Tapped] {
    gates.compactMap { gate in
      guard let tap = gate.tap else { return nil }
      return Status.Tapped(
        tap: tap, connections: connections.all.count { $0.gate === gate }, accepted: gate.accepted)
    }
  }
}
