/// A packet kind of the MTA; the raw value is its letter on the wire (`SMFIC_*`, libmilter `mfdef.h`).
public enum CommandKind: UInt8, Sendable, Equatable, CaseIterable {
  case optNeg = 0x4F  // O
  case macro = 0x44  // D
  case connect = 0x43  // C
  case helo = 0x48  // H
  case mail = 0x4D  // M
  case rcpt = 0x52  // R
  case data = 0x54  // T
  case header = 0x4C  // L
  case eoh = 0x4E  // N
  case body = 0x42  // B
  case bodyEOB = 0x45  // E
  case unknown = 0x55  // U
  case abort = 0x41  // A
  case quit = 0x51  // Q
  case quitNC = 0x4B  // K

  public var name: String {
    switch self {
    case .optNeg: "OPTNEG"
    case .macro: "MACRO"
    case .connect: "CONNECT"
    case .helo: "HELO"
    case .mail: "MAIL"
    case .rcpt: "RCPT"
    case .data: "DATA"
    case .header: "HEADER"
    case .eoh: "EOH"
    case .body: "BODY"
    case .bodyEOB: "BODYEOB"
    case .unknown: "UNKNOWN"
    case .abort: "ABORT"
    case .quit: "QUIT"
    case .quitNC: "QUIT_NC"
    }
  }

  /// The stage that this command opens; nil for those that are never answered.
  public var stage: Stage? {
    switch self {
    case .optNeg: .negotiation
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
    case .macro, .abort, .quit, .quitNC: nil
    }
  }
}
