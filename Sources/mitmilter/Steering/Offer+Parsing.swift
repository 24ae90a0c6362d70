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
        actions = try Self.flags(pair[1])
      case "protocol":
        protocolFlags = try Self.flags(pair[1])
      default:
        throw Failure("--offer: '\(pair[0])' is not known", hint: "version, actions and protocol are")
      }
    }
  }

  private static func flags<Flags: NamedFlags>(_ text: String) throws -> Flags {
    do throws(FlagNames.Unknown) { return try FlagNames.read(text, all: Flags(rawValue: .max)) } catch {
      throw Failure(
        "--offer: flag '\(error.word)' is not known", hint: Flags.table.map(\.name).joined(separator: " "))
    }
  }
}
