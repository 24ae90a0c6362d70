import MilterProtocol

/// Four bytes where a length should be: whose characters are they?
enum LengthField {
  case http, httpClient, smtp, tls, clamd, ssh, mailbox, logText, text([UInt8])

  /// nil for what may be a length, or is no text.
  init?(_ number: Int) {
    guard number >= 0, let value = UInt32(exactly: number) else { return nil }
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    let word = String(decoding: bytes, as: UTF8.self)
    switch word {
    case "HTTP", "<htm", "<!DO": self = .http
    case "GET ", "POST", "HEAD", "PUT ", "PRI ": self = .httpClient
    case "220 ", "220-", "421 ", "554 ", "EHLO", "HELO", "500 ", "501 ", "502 ": self = .smtp
    case "SSH-": self = .ssh
    case "UNKN": self = .clamd
    case "* OK", "+OK ", "-ERR", "* BY": self = .mailbox
    case "post", "warn", "mail": self = .logText
    default:
      if bytes[0] == 0x16 || bytes[0] == 0x15, bytes[1] == 3 {
        self = .tls
      } else if bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) {
        self = .text(bytes)
      } else {
        return nil
      }
    }
  }

  var name: String {
    switch self {
    case .http: "a web server (HTTP)"
    case .httpClient: "a client of HTTP"
    case .smtp: "an SMTP server"
    case .tls: "TLS"
    case .clamd: "clamd (clamav-milter is another program)"
    case .ssh: "SSH"
    case .mailbox: "an IMAP or POP3 server"
    case .logText: "a program that writes log lines into the milter's socket"
    case .text(let bytes): "text: “\(InertText.string(escaping: bytes))”"
    }
  }
}

extension Reading {
  var length: Told {
    let socket = socket ?? MilterSocket("")
    if let length = match.values["length"].flatMap({ Int($0) }), let peer = LengthField(length) {
      return stranger(peer, length, socket)
    }
    if let code = match.values["code"] { return fifthByte(code, socket) }
    return Told(
      Counsel(
        [
          "the milter's stream is out of step: it wrote a wrong length, or two threads wrote at once",
          "another protocol (TLS, a binary one) is spoken there",
        ],
        check: "mitmilter proxy … -w FILE between them, then mitmilter lint FILE (F01, F02, F09)",
        write:
          "in the milter: the length counts the code byte and the content, in network order, and is never 0"))
  }

  func stranger(_ peer: LengthField, _ length: Int, _ socket: MilterSocket) -> Told {
    var causes = ["\(peer.name) answers there, in the place of the milter"]
    if let known = socket.stranger { causes.insert(Self.words(known), at: 0) }
    causes.append("the milter prints into its own socket (a debug line on descriptor 1 or 2)")
    let milter = socket.stranger?.milter
    let write = isPostfix ? socket.mainCF(port: milter) : socket.sendmailMC(port: milter)
    return Told(
      Counsel(
        causes, check: socket.whoListens,
        write: write + (milter == nil ? " with the milter's own address" : "")),
      more: "As four characters \(length) is the beginning of \(peer.name).")
  }

  private func fifthByte(_ code: String, _ socket: MilterSocket) -> Told {
    let guess =
      switch code {
      case "?": "TLS, or another binary protocol"
      case "/": "HTTP"
      default: "an SMTP banner (“220 \(InertText.string(escaping: Array(code.utf8)))…”), or other text"
      }
    var causes = ["\(guess) is spoken there"]
    if let known = socket.stranger { causes.insert(Self.words(known), at: 0) }
    let milter = socket.stranger?.milter
    let write = isPostfix ? socket.mainCF(port: milter) : socket.sendmailMC(port: milter)
    return Told(
      Counsel(
        causes,
        check:
          "\(socket.whoListens); nc \(socket.host ?? "HOST") \(socket.port.map(String.init) ?? "PORT") shows a banner",
        write: write + (milter == nil ? " with the milter's own address" : "")))
  }
}
