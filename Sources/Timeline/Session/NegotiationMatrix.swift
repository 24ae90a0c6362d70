import Dialogue
import MilterProtocol
import TraceModel

/// What was negotiated, bit by bit and in words.
package struct NegotiationMatrix: Equatable, Sendable {
  package let rows: [Row]

  package struct Row: Hashable, Sendable {
    package var group: Group
    package var bit: UInt32
    /// `ADDHDRS`, `NR_HDR`, …; in hexadecimal for a bit that has no name.
    package var name: String
    package var offered: Bool
    /// By the milter; nil before its answer.
    package var requested: Bool?
    /// What the MTA was told; nil before it was.
    package var effective: Bool?
    /// What it means where it is in force.
    package var meaning: String

    /// The MTA was told something else than the milter said.
    package var isOurs: Bool { requested != nil && effective != nil && requested != effective }
    /// The milter asked for what it was not offered: Sendmail fails the negotiation, Postfix does for actions.
    package var isUnoffered: Bool { !offered && requested == true }
  }

  package enum Group: Equatable, Sendable { case action, protocolFlag }

  /// Empty before the MTA's offer.
  package init(_ facts: Negotiation) {
    guard let offered = facts.offered else {
      rows = []
      return
    }
    let told = facts.told
    func table(_ group: Group, _ bits: (OptNeg) -> UInt32, _ names: [(UInt32, String)]) -> [Row] {
      let seen = [offered, facts.answered, told].compactMap { $0 }.reduce(0) { $0 | bits($1) }
      let known = names.reduce(0) { $0 | $1.0 }
      let others = (0..<32).map { UInt32(1) << $0 }.filter { seen & ~known & $0 != 0 }
      let all = names + others.map { ($0, "0x" + String($0, radix: 16)) }
      // The last bits of the protocol word are of experimental builds: shown where somebody uses them.
      return all.filter { group == .action || $0.0 <= 0x10_0000 || seen & $0.0 != 0 }.map { bit, name in
        Row(
          group: group, bit: bit, name: name, offered: bits(offered) & bit != 0,
          requested: facts.answered.map { bits($0) & bit != 0 }, effective: told.map { bits($0) & bit != 0 },
          meaning: Self.meaning(group, bit))
      }
    }
    self.rows =
      table(.action, { $0.actions.rawValue }, ActionFlags.table.map { ($0.flag.rawValue, $0.name) })
      + table(
        .protocolFlag, { $0.protocolFlags.rawValue },
        ProtocolFlags.table.map { ($0.flag.rawValue, $0.name) })
  }

  package static func meaning(_ group: Group, _ bit: UInt32) -> String {
    switch group {
    case .action: FlagMeanings.action(bit)
    case .protocolFlag: FlagMeanings.protocolFlag(bit)
    }
  }
}
