import MilterProtocol
import Synchronization

/// The milter of the demo: signs, refuses, greylists, quarantines, changes, and makes a mistake or two.
final class DemoMilter: Sendable {
  private let listener: DemoSocket
  private let pace: DemoPace

  init(pace: DemoPace) throws(DemoSocket.Ended) {
    listener = try DemoSocket.listening()
    self.pace = pace
  }

  var port: UInt16 { listener.port }

  /// Serves each connection on a thread of its own, until ``end()``.
  func start() {
    Thread { [self] in
      while let socket = try? listener.accept() {
        Thread { [pace] in
          var session = Session(socket: socket, pace: pace)
          // It ends with the connection.
          try? session.serve()
        }.detach()
      }
    }.detach()
  }

  func end() { listener.end() }

  private struct Session {
    let socket: DemoSocket
    let pace: DemoPace
    var sender = ""
    var subject = ""
    var spamFlags: UInt32 = 0
    var hasProgram = false

    mutating func serve() throws(DemoSocket.Ended) {
      while true {
        let packet = try socket.receive(from: .mta)
        guard case .command(let command) = PacketValue(decoding: packet) else {
          // A string without NUL, say: a careful milter goes on.
          try answer(.continue)
          continue
        }
        try take(command)
        if case .quit = command { return }
      }
    }

    private mutating func take(_ command: Command) throws(DemoSocket.Ended) {
      switch command {
      case .optNeg(let offer):
        let flags = offer.protocolFlags.intersection([.skip, .noUnknown])
        let answer = OptNeg(version: 6, actions: offer.actions, protocolFlags: flags)
        try send([.optNeg(answer)])
      case .connect(let connect):
        try answer(connect.hostname == bytes("probe.example") ? .reject : .continue)
      case .mail(let envelope):
        sender = String(decoding: envelope.address, as: UTF8.self)
        (subject, spamFlags, hasProgram) = ("", 0, false)
        try answer(.continue)
      case .rcpt(let envelope): try answerRecipient(String(decoding: envelope.address, as: UTF8.self))
      case .header(let header):
        note(header)
        try answer(.continue)
      case .body(let chunk):
        // The archive's plan is long: one look is enough.
        try answer(chunk.count == Limits.chunkBytes ? .skip : .continue)
      case .bodyEOB: try judge()
      case .helo, .data, .eoh, .unknown: try answer(.continue)
      case .macro, .abort, .quit, .quitNC: return
      }
    }

    private mutating func note(_ header: Header) {
      let value = String(decoding: header.value, as: UTF8.self)
      switch String(decoding: header.name, as: UTF8.self) {
      case "Subject": subject = value
      case "X-Spam-Flag": spamFlags += 1
      case "Content-Type": hasProgram = value.contains(".exe")
      default: break
      }
    }

    private func answerRecipient(_ recipient: String) throws(DemoSocket.Ended) {
      if recipient == "<nobody@example.net>" { return try answer(text("550 5.1.1 no such user here")) }
      if sender.hasSuffix("@newcomer.example>") {
        return try answer(text("451 4.7.1 greylisted, try again in 5 minutes"))
      }
      if sender == "<hasty@example.org>" {
        // A mistake: modifications belong to the end of the message.
        try send([.modification(.addHeader(header("X-Hasty", "yes")))])
      }
      try answer(.continue)
    }

    /// The end of a message: modifications, then the verdict.
    private func judge() throws(DemoSocket.Ended) {
      switch sender {
      case "<offers@bulk.example>":
        // Another mistake: the percent sign is not doubled.
        try answer(
          text(
            "554-5.7.1 This looks like bulk mail\r\n554-5.7.1 and 100% of it was reported\r\n"
              + "554 5.7.1 see https://postmaster.example.net/"))
      case "<mallory@evil.example>": try answer(.tempfail)
      case "<worm@virus.example>": try answer(.discard)
      case "<slow@example.net>":
        for _ in 0..<3 {
          pace.pause(milliseconds: 350)
          try send([.progress])
        }
        try answer(.accept)
      case "<dora@example.com>": try rewrite()
      default:
        if hasProgram {
          return try send([
            .modification(.quarantine(reason: bytes("a program is attached"))), .verdict(.accept),
          ])
        }
        try send([.modification(.insHeader(index: 0, signature)), .verdict(.accept)])
      }
    }

    private func rewrite() throws(DemoSocket.Ended) {
      // Headers of one name are deleted from the last to the first, so that their indices hold.
      let deleted = (1...max(spamFlags, 1)).reversed().map { index in
        Reply.modification(.chgHeader(index: index, header("X-Spam-Flag", "")))
      }
      try send(
        [
          .modification(.chgHeader(index: 1, header("Subject", "[EXTERNAL] \(subject)"))),
          .modification(.chgHeader(index: 1, header("X-Priority", ""))),
        ] + deleted + [
          .modification(.addHeader(header("X-Checked", "by the demo milter"))),
          .modification(.addRcpt(address: bytes("<archive@example.net>"))),
          .modification(.chgFrom(address: bytes("<bounces+dora@example.com>"), parameters: nil)),
          .modification(
            .replBody(bytes("Figures attached, nearly.\r\n-- \r\nThis mail came from outside.\r\n"))),
          .verdict(.accept),
        ])
    }

    private var signature: Header {
      header(
        "DKIM-Signature",
        "v=1; a=rsa-sha256; c=relaxed/simple; d=example.net;\n\ts=demo; h=from:to:subject;\n\t"
          + "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n\tb=bm90IGEgcmVhbCBzaWduYXR1cmU=")
    }

    private func header(_ name: String, _ value: String) -> Header {
      Header(name: bytes(name), value: bytes(value))
    }
    private func text(_ text: String) -> Verdict { .replyCode(bytes(text)) }
    private func answer(_ verdict: Verdict) throws(DemoSocket.Ended) { try send([.verdict(verdict)]) }
    private func send(_ replies: [Reply]) throws(DemoSocket.Ended) {
      try socket.send(replies.map { Packet(encoding: $0) })
    }
  }
}
