import MilterProtocol
import ProxyCore

extension Offer {
  /// `version=4,actions=ADDHDRS+CHGHDRS,protocol=none`: what is not named is offered as the MTA does. Flags are names
  /// joined by `+`, `all`, `none`, or a number.
  init(parsing text: String) throws {
    self.init(
      version: .max, actions: ActionFlags(rawValue: .max), protocolFlags: ProtocolFlags(rawValue: .max))
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2 else {
        throw Failure(
          "--offer: expected NAME=VALUE, there is '\(part)'", hint: "version=4,actions=ADDHDRS,protocol=none")
      }
      switch pair[0].lowercased() {
      case "version":
        guard let version = UInt32(pair[1]), version > 0 else {
          throw Failure("--offer: expected a version from 1 up, there is '\(pair[1])'", hint: "2, 3, 4 or 6")
        }
        self.version = version
      case "actions":
        let names = ActionFlags.table.map { ($0.name, $0.flag.rawValue) }
        actions = ActionFlags(rawValue: try Self.bits(pair[1], names))
      case "protocol":
        let names = ProtocolFlags.table.map { ($0.name, $0.flag.rawValue) }
        protocolFlags = ProtocolFlags(rawValue: try Self.bits(pair[1], names))
      default:
        throw Failure("--offer: '\(pair[0])' is not known", hint: "version, actions and protocol are")
      }
    }
  }

  private static func bits(_ text: String, _ names: [(name: String, bit: UInt32)]) throws -> UInt32 {
    switch text.lowercased() {
    case "all": return .max
    case "none": return 0
    case let digits where digits.hasPrefix("0x"):
      if let number = UInt32(digits.dropFirst(2), radix: 16) { return number }
    default: break
    }
    return try text.split(separator: "+").reduce(0) { bits, word in
      guard let row = names.first(where: { $0.name == word.uppercased() }) else {
        throw Failure(
          "--offer: flag '\(word)' is not known", hint: names.map(\.name).joined(separator: " "))
      }
      return bits | row.bit
    }
  }
}
