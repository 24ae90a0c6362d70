import MilterProtocol

/// Packets of an MTA, short enough to be read in a row: `MTA.mail("<a@example.org>", "SIZE=10")`.
package enum MTA {
  /// What Postfix and Sendmail offer: version 6, all actions, all protocol flags.
  package static func optNeg(
    version: UInt32 = 6, _ actions: ActionFlags = .current, _ flags: ProtocolFlags = .current
  ) -> Packet {
    Packet(encoding: .optNeg(OptNeg(version: version, actions: actions, protocolFlags: flags)) as Command)
  }

  /// Macros for the command of that letter, names as they travel: `MTA.macro("M", ["i": "4Xy", "{mail_addr}": "a@b"])`.
  package static func macro(_ letter: Unicode.Scalar, _ pairs: KeyValuePairs<String, String> = [:]) -> Packet
  {
    let pairs = pairs.map { MacroSet.Pair(name: bytes($0.key), value: bytes($0.value)) }
    return Packet(encoding: Command.macro(MacroSet(command: UInt8(ascii: letter), pairs: pairs)))
  }

  package static func connect(
    _ hostname: String = "mail.example.org", _ address: String = "192.0.2.7", port: UInt16 = 51234
  ) -> Packet {
    let family: Connect.Family =
      address.contains(":")
      ? .inet6(port: port, address: bytes(address)) : .inet(port: port, address: bytes(address))
    return Packet(encoding: Command.connect(Connect(hostname: bytes(hostname), family: family)))
  }

  package static func helo(_ name: String = "mail.example.org") -> Packet {
    Packet(encoding: Command.helo(name: bytes(name)))
  }

  package static func mail(_ address: String = "<alice@example.org>", _ arguments: String...) -> Packet {
    Packet(encoding: Command.mail(Envelope(address: bytes(address), arguments: arguments.map(bytes))))
  }

  package static func rcpt(_ address: String = "<bob@example.net>", _ arguments: String...) -> Packet {
    Packet(encoding: Command.rcpt(Envelope(address: bytes(address), arguments: arguments.map(bytes))))
  }

  package static func header(_ name: String = "Subject", _ value: String = "test") -> Packet {
    Packet(encoding: Command.header(Header(name: bytes(name), value: bytes(value))))
  }

  package static func body(_ text: String = "A line.\r\n") -> Packet {
    Packet(encoding: Command.body(bytes(text)))
  }

  package static func unknown(_ line: String = "FOO bar") -> Packet {
    Packet(encoding: Command.unknown(line: bytes(line)))
  }

  package static let data = Packet(encoding: Command.data)
  package static let eoh = Packet(encoding: Command.eoh)
  package static let bodyEOB = Packet(encoding: Command.bodyEOB([]))
  package static let abort = Packet(encoding: Command.abort)
  package static let quit = Packet(encoding: Command.quit)
  package static let quitNC = Packet(encoding: Command.quitNC)

  /// Any code and payload.
  package static func raw(_ code: Unicode.Scalar, _ payload: [UInt8] = []) -> Packet {
    Packet(code: UInt8(ascii: code), payload: payload, from: .mta)
  }
}
