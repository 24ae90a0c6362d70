/// A packet of the MTA as owned values, made to be read, edited and encoded. Strings come without their NUL.
package enum Command: Equatable, Sendable {
  case optNeg(OptNeg)
  case macro(MacroSet)
  case connect(Connect)
  case helo(name: [UInt8])
  case mail(Envelope)
  case rcpt(Envelope)
  case data
  case header(Header)
  case eoh
  case body([UInt8])
  /// End of message. No MTA sends a payload here, libmilter would take it as a last body chunk.
  case bodyEOB([UInt8])
  case unknown(line: [UInt8])
  case abort
  case quit
  case quitNC

  package var kind: CommandKind {
    switch self {
    case .optNeg: .optNeg
    case .macro: .macro
    case .connect: .connect
    case .helo: .helo
    case .mail: .mail
    case .rcpt: .rcpt
    case .data: .data
    case .header: .header
    case .eoh: .eoh
    case .body: .body
    case .bodyEOB: .bodyEOB
    case .unknown: .unknown
    case .abort: .abort
    case .quit: .quit
    case .quitNC: .quitNC
    }
  }
}

/// u8 command letter, then name and value strings in turn, to the end of the payload.
package struct MacroSet: Equatable, Sendable {
  /// Letter of the command that the values belong to; any byte is possible.
  package var command: UInt8
  package var pairs: [Pair]

  package init(command: UInt8, pairs: [Pair]) {
    self.command = command
    self.pairs = pairs
  }

  package struct Pair: Equatable, Sendable {
    /// As sent: `i` bare, longer names usually in braces.
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }
}

/// z hostname, u8 family, and unless the family is `U`: u16 port, z address.
package struct Connect: Equatable, Sendable {
  package var hostname: [UInt8]
  package var family: Family

  package init(hostname: [UInt8], family: Family) {
    self.hostname = hostname
    self.family = family
  }

  package enum Family: Equatable, Sendable {
    /// `U`: nothing follows.
    case unknown
    /// `L`: port (always 0) and socket path.
    case unix(port: UInt16, path: [UInt8])
    /// `4`: port in host order, dotted quad as text.
    case inet(port: UInt16, address: [UInt8])
    /// `6`: port in host order, address as text; Sendmail puts `IPv6:` in front, Postfix does not.
    case inet6(port: UInt16, address: [UInt8])
  }
}

/// z address as the SMTP client typed it, then one string an ESMTP argument.
package struct Envelope: Equatable, Sendable {
  package var address: [UInt8]
  package var arguments: [[UInt8]]

  package init(address: [UInt8], arguments: [[UInt8]] = []) {
    self.address = address
    self.arguments = arguments
  }
}

/// z name, z value. Folds are LF and white space inside the value; one leading space is cut without HDR_LEADSPC.
package struct Header: Equatable, Sendable {
  package var name: [UInt8]
  package var value: [UInt8]

  package init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}
