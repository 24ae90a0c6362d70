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
    case .action: actions[bit] ?? "no version of the protocol defines it"
    case .protocolFlag: flags[bit] ?? "no version of the protocol defines it"
    }
  }

  private static let actions: [UInt32: String] = [
    0x001: "may add and insert headers", 0x002: "may replace the body", 0x004: "may add recipients",
    0x008: "may remove recipients", 0x010: "may change and delete headers", 0x020: "may quarantine",
    0x040: "may change the sender", 0x080: "may add recipients with ESMTP parameters",
    0x100: "may say which macros it wants",
  ]

  private static let flags: [UInt32: String] = [
    0x0000_0001: "does not want CONNECT", 0x0000_0002: "does not want HELO",
    0x0000_0004: "does not want MAIL", 0x0000_0008: "does not want RCPT",
    0x0000_0010: "does not want the body", 0x0000_0020: "does not want headers",
    0x0000_0040: "does not want end of header", 0x0000_0080: "does not answer headers",
    0x0000_0100: "does not want unknown commands", 0x0000_0200: "does not want DATA",
    0x0000_0400: "may answer SKIP", 0x0000_0800: "wants recipients that the MTA refused, too",
    0x0000_1000: "does not answer CONNECT", 0x0000_2000: "does not answer HELO",
    0x0000_4000: "does not answer MAIL", 0x0000_8000: "does not answer RCPT",
    0x0001_0000: "does not answer DATA", 0x0002_0000: "does not answer unknown commands",
    0x0004_0000: "does not answer end of header", 0x0008_0000: "does not answer body chunks",
    0x0010_0000: "header values keep the white space behind the colon",
    0x1000_0000: "packets up to 256 KB (experimental)", 0x2000_0000: "packets up to 1 MB (experimental)",
    0x8000_0000: "for tests of the protocol (experimental)",
  ]
}
