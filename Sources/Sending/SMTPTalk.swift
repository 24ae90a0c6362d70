import MilterProtocol

/// An SMTP client that submits one mail: what it says next, and what it was told. Without a socket.
///
/// Says one command after the other and waits for each reply; over a refusal it takes its leave.
package struct SMTPTalk: Sendable {
  /// What the mail came to; replies as the MTA gave them.
  package enum Ending: Equatable, Sendable {
    /// Behind the last dot.
    case taken(reply: String)
    case refused(reply: String, at: String)
    /// The MTA closed without an answer to that.
    case hungUp(at: String)
    /// Nothing came for as long as it was waited.
    case unanswered(at: String)
    case unreachable(String)
  }

  package private(set) var ending: Ending?
  /// The MTA was told QUIT, or has left.
  package private(set) var isOver = false
  private var step = Step.greeting
  private var output: [UInt8] = []
  private var line: [UInt8] = []
  private let mail: SentMail
  private let name: String
  /// Says a command that no MTA knows, first.
  private let asksTheUnknown: Bool

  private enum Step: String {
    case greeting = "the connection"
    case hello = "EHLO"
    case unknown = "FOO"
    case sender = "MAIL"
    case recipient = "RCPT"
    case data = "DATA"
    case content = "the end of the mail"
    case quit = "QUIT"
  }

  package init(_ mail: SentMail, helo name: String, asksTheUnknown: Bool = false) {
    self.mail = mail
    self.name = name
    self.asksTheUnknown = asksTheUnknown
  }

  /// Bytes that are to be sent, asked for once.
  package mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  package mutating func received(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      guard byte == 0x0A else {
        if line.count < 4096 { line.append(byte) }
        continue
      }
      if line.last == 0x0D { line.removeLast() }
      // A hyphen behind the code: more lines follow.
      if line.count < 4 || line[3] != UInt8(ascii: "-") { took(String(decoding: line, as: UTF8.self)) }
      line = []
    }
  }

  package mutating func closed() { end(.hungUp(at: step.rawValue)) }
  package mutating func gaveUp() { end(.unanswered(at: step.rawValue)) }
  package mutating func failed(_ why: String) { end(.unreachable(why)) }

  private mutating func end(_ how: Ending) {
    isOver = true
    if ending == nil { ending = how }
  }

  private mutating func took(_ reply: String) {
    guard !isOver else { return }
    let isRefusal = reply.first == "4" || reply.first == "5"
    switch step {
    case .quit:
      isOver = true
      return
    // Whoever does not know a command says so.
    case .unknown: break
    case .content where !isRefusal: ending = .taken(reply: reply)
    case .greeting, .hello, .sender, .recipient, .data, .content:
      if isRefusal {
        ending = .refused(reply: reply, at: step.rawValue)
        if reply.hasPrefix("421") { isOver = true }
      }
    }
    next(ending == nil ? after(step) : .quit)
  }

  private func after(_ step: Step) -> Step {
    switch step {
    case .greeting: .hello
    case .hello: asksTheUnknown ? .unknown : .sender
    case .unknown: .sender
    case .sender: .recipient
    case .recipient: .data
    case .data: .content
    case .content, .quit: .quit
    }
  }

  private mutating func next(_ step: Step) {
    self.step = step
    switch step {
    case .greeting: break
    case .hello: say("EHLO \(name)")
    case .unknown: say("FOO")
    case .sender: say("MAIL FROM:", mail.sender.address)
    case .recipient: say("RCPT TO:", mail.recipients[0].address)
    case .data: say("DATA")
    case .content: output += content
    case .quit: say("QUIT")
    }
  }

  private mutating func say(_ words: String, _ address: [UInt8] = []) {
    output += bytes(words) + address + [0x0D, 0x0A]
  }

  /// The mail with CR LF and doubled dots, and the last dot.
  private var content: [UInt8] {
    var text: [UInt8] = []
    for field in mail.mail.headers { text += field.name + [0x3A] + field.text + [0x0A] }
    text += [0x0A] + mail.mail.body
    var wire: [UInt8] = []
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.first == UInt8(ascii: ".") { wire.append(UInt8(ascii: ".")) }
      wire += line + [0x0D, 0x0A]
    }
    if text.last == 0x0A { wire.removeLast(2) }
    return wire + bytes(".\r\n")
  }
}

extension SMTPTalk.Ending {
  package var words: String {
    switch self {
    case .taken(let reply): "taken: \(reply)"
    case .refused(let reply, let command): "\(reply) at \(command)"
    case .hungUp(let command): "the MTA hung up at \(command), without an answer"
    case .unanswered(let command): "no answer to \(command)"
    case .unreachable(let why): "the MTA cannot be reached: \(why)"
    }
  }

  /// The client got an answer.
  package var isAnswered: Bool {
    switch self {
    case .taken, .refused: true
    case .hungUp, .unanswered, .unreachable: false
    }
  }

  package var isTaken: Bool { if case .taken = self { true } else { false } }
  package var isRefused: Bool { if case .refused = self { true } else { false } }
}
