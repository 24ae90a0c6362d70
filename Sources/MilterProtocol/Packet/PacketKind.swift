/// What a packet is, told from its code and its sender alone.
public enum PacketKind: Hashable, Sendable {
  case command(CommandKind)
  case reply(ReplyKind)
  /// A code that this sender does not use. `R` from a milter is one, though it is a command from an MTA.
  case unknown(UInt8)
  /// A frame of length 0, which has no code.
  case empty

  public init(code: UInt8?, from sender: Leg) {
    guard let code else {
      self = .empty
      return
    }
    switch sender {
    case .mta: self = CommandKind(rawValue: code).map(PacketKind.command) ?? .unknown(code)
    case .milter: self = ReplyKind(rawValue: code).map(PacketKind.reply) ?? .unknown(code)
    }
  }

  /// `MAIL`, `ADDHEADER`, …: the suffix of the name in libmilter's `mfdef.h`; `UNKNOWN-XX` for another code.
  public var name: String {
    switch self {
    case .command(let kind): kind.name
    case .reply(let kind): kind.name
    case .unknown(let code): "CODE-" + HexDigit.pair(code)
    case .empty: "EMPTY"
    }
  }
}
