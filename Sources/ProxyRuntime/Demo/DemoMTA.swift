import MilterProtocol

/// The MTA of the demo: plays the script over real connections, and does what the milter says.
struct DemoMTA: Sendable {
  let port: UInt16
  let pace: DemoPace

  /// Plays one client; how many mails got a verdict.
  func play(_ client: DemoClient) -> Int {
    var session = Session(client: client, pace: pace)
    do throws(DemoSocket.Ended) {
      let socket = try DemoSocket.connected(toPort: port)
      try session.play(on: socket)
    } catch {
      // The other side has had enough; the demo goes on with the next client.
    }
    return session.judged
  }

  /// What to do after a reply.
  private enum Course { case on, endOfMessage, endOfSession }

  private struct Session {
    let client: DemoClient
    let pace: DemoPace
    var judged = 0
    /// No more body is wanted.
    var skips = false

    mutating func play(on socket: DemoSocket) throws(DemoSocket.Ended) {
      if case .words(let words) = client.slip {
        try socket.send(Array(words.utf8))
        _ = try socket.receive(from: .milter)
        return
      }
      let offer = OptNeg(version: 6, actions: .current, protocolFlags: .current)
      try socket.send([Packet(encoding: Command.optNeg(offer))])
      _ = try socket.receive(from: .milter)
      guard try greets(on: socket) else { return try socket.send([Packet(encoding: Command.quit)]) }
      for mail in client.mails {
        pace.pause(milliseconds: 600)
        guard try send(mail, on: socket) != .endOfSession else { return }
        try socket.send([Packet(encoding: Command.abort)])
      }
      try socket.send([Packet(encoding: Command.quit)])
    }

    private mutating func greets(on socket: DemoSocket) throws(DemoSocket.Ended) -> Bool {
      let family: Connect.Family =
        client.address.contains(":")
        ? .inet6(port: 40_025, address: bytes(client.address))
        : .inet(port: 40_025, address: bytes(client.address))
      let connect = Connect(hostname: bytes(client.hostname), family: family)
      let facts = [
        ("j", "mx.example.net"), ("{daemon_name}", "mx.example.net"), ("v", "Postfix 3.9.1"),
        ("{client_addr}", client.address),
      ]
      guard try ask(.connect(connect), facts, on: socket) == .on else { return false }
      if case .unterminatedGreeting = client.slip {
        let odd = Packet(code: CommandKind.helo.rawValue, payload: bytes(client.greeting), from: .mta)
        return try ask(odd, on: socket) == .on
      }
      return try ask(.helo(name: bytes(client.greeting)), [], on: socket) == .on
    }

    private mutating func send(_ mail: DemoMail, on socket: DemoSocket) throws(DemoSocket.Ended) -> Course {
      let sender = Envelope(address: bytes(mail.sender), arguments: mail.arguments.map(bytes))
      let from = [("{mail_addr}", String(mail.sender.dropFirst().dropLast())), ("{mail_mailer}", "smtp")]
      guard try ask(.mail(sender), from, on: socket) == .on else { return .endOfMessage }
      var taken = 0
      for recipient in mail.recipients {
        let to = [("{rcpt_addr}", String(recipient.dropFirst().dropLast())), ("{rcpt_mailer}", "local")]
        if try ask(.rcpt(Envelope(address: bytes(recipient))), to, on: socket) == .on { taken += 1 }
      }
      guard taken > 0 else { return .endOfMessage }
      guard try ask(.data, [("i", mail.queueID)], on: socket) == .on else { return .endOfMessage }
      for (name, value) in mail.headers {
        let header = Header(name: bytes(name), value: bytes(value))
        guard try ask(.header(header), nil, on: socket) == .on else { return .endOfMessage }
      }
      if case .leaves = client.slip { return .endOfSession }
      guard try ask(.eoh, nil, on: socket) == .on else { return .endOfMessage }
      skips = false
      for chunk in mail.chunks where !skips {
        guard try ask(.body(chunk), nil, on: socket) == .on else { return .endOfMessage }
      }
      _ = try ask(.bodyEOB([]), [("i", mail.queueID)], on: socket)
      judged += 1
      return .endOfMessage
    }

    /// Sends a command behind its macros, and takes what comes up to the verdict.
    private mutating func ask(_ command: Command, _ macros: [(String, String)]?, on socket: DemoSocket)
      throws(DemoSocket.Ended) -> Course
    {
      guard let macros else { return try ask(Packet(encoding: command), on: socket) }
      let pairs = macros.map { MacroSet.Pair(name: bytes($0.0), value: bytes($0.1)) }
      let set = MacroSet(command: command.kind.rawValue, pairs: pairs)
      return try ask(Packet(encoding: command), behind: Packet(encoding: Command.macro(set)), on: socket)
    }

    private mutating func ask(_ command: Packet, behind macros: Packet? = nil, on socket: DemoSocket)
      throws(DemoSocket.Ended) -> Course
    {
      pace.pause(milliseconds: command.kind == .command(.header) ? 30 : 90)
      try socket.send((macros.map { [$0] } ?? []) + [command])
      while true {
        guard case .reply(let kind) = try socket.receive(from: .milter).kind, kind.role == .verdict else {
          continue
        }
        switch kind {
        case .continue: return .on
        case .skip:
          skips = true
          return .on
        default: return .endOfMessage
        }
      }
    }
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
