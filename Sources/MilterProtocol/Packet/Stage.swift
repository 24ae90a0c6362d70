/// A command that awaits (or, if so negotiated, does not await) one verdict; the raw value is its letter.
public enum Stage: UInt8, Sendable, Equatable, CaseIterable {
  case negotiation = 0x4F  // O
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

  /// The name of the command that opens it.
  public var name: String {
    switch self {
    case .negotiation: "OPTNEG"
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
    }
  }

  /// The bit by which a milter declines the command; end of message and OPTNEG have none.
  public var noCommandFlag: ProtocolFlags? {
    switch self {
    case .connect: .noConnect
    case .helo: .noHelo
    case .mail: .noMail
    case .rcpt: .noRcpt
    case .data: .noData
    case .header: .noHeaders
    case .eoh: .noEOH
    case .body: .noBody
    case .unknown: .noUnknown
    case .negotiation, .bodyEOB: nil
    }
  }

  /// The bit by which a milter promises no reply; end of message and OPTNEG have none.
  public var noReplyFlag: ProtocolFlags? {
    switch self {
    case .connect: .noReplyConnect
    case .helo: .noReplyHelo
    case .mail: .noReplyMail
    case .rcpt: .noReplyRcpt
    case .data: .noReplyData
    case .header: .noReplyHeaders
    case .eoh: .noReplyEOH
    case .body: .noReplyBody
    case .unknown: .noReplyUnknown
    case .negotiation, .bodyEOB: nil
    }
  }

  /// Between the SMTP client's DATA and the reply to its final dot.
  public var isOfContent: Bool {
    switch self {
    case .header, .eoh, .body, .bodyEOB: true
    case .negotiation, .connect, .helo, .mail, .rcpt, .data, .unknown: false
    }
  }
}
