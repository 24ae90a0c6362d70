import MilterProtocol

/// Sessions written as letters: `O/O DC C/c DH H/c DM M/c R/c T/c L/c N/c B/c E/hc A Q`.
///
/// `X` is a command, `DX` the macros for it, `X/abc` a command and the replies to it. Every letter stands for a plain
/// packet of its kind; `O/O` is an offer of everything and an answer with the actions and flags given.
package enum Letters {
  package static func packets(
    _ text: String, actions: ActionFlags = .current, flags: ProtocolFlags = []
  ) -> [Packet] {
    text.split { $0.isWhitespace }.flatMap { word -> [Packet] in
      let parts = word.split(separator: "/")
      guard let command = parts.first else { return [] }
      let replies = parts.dropFirst().joined()
      return [mta(command)]
        + replies.unicodeScalars.map { milter($0, actions, flags) }
    }
  }

  private static func mta(_ word: Substring) -> Packet {
    if word.hasPrefix("D"), let letter = word.dropFirst().unicodeScalars.first { return macro(letter) }
    switch word {
    case "O": return MTA.optNeg()
    case "C": return MTA.connect()
    case "H": return MTA.helo()
    case "M": return MTA.mail()
    case "R": return MTA.rcpt()
    case "T": return MTA.data
    case "L": return MTA.header()
    case "N": return MTA.eoh
    case "B": return MTA.body()
    case "E": return MTA.bodyEOB
    case "U": return MTA.unknown()
    case "A": return MTA.abort
    case "Q": return MTA.quit
    case "K": return MTA.quitNC
    default: preconditionFailure("'\(word)' is no command")
    }
  }

  private static func macro(_ letter: Unicode.Scalar) -> Packet {
    switch letter {
    case "C": MTA.macro("C", ["j": "mx.example.net"])
    case "M": MTA.macro("M", ["{mail_addr}": "alice@example.org"])
    case "R": MTA.macro("R", ["{rcpt_addr}": "bob@example.net"])
    case "H": MTA.macro("H", ["{tls_version}": "TLSv1.3"])
    default: MTA.macro(letter, ["i": "4XyZ"])
    }
  }

  private static func milter(
    _ letter: Unicode.Scalar, _ actions: ActionFlags, _ flags: ProtocolFlags
  ) -> Packet {
    switch letter {
    case "O": Milter.optNeg(actions, flags)
    case "c": Milter.continue
    case "a": Milter.accept
    case "r": Milter.reject
    case "t": Milter.tempfail
    case "d": Milter.discard
    case "s": Milter.skip
    case "4": Milter.shutdown
    case "p": Milter.progress
    case "y": Milter.reply("550 5.7.1 no")
    case "h": Milter.addHeader()
    case "i": Milter.insHeader(0, "X-Test", "yes")
    case "m": Milter.chgHeader(1, "Subject", "new")
    case "+": Milter.addRcpt("<carol@example.net>")
    case "-": Milter.delRcpt("<bob@example.net>")
    case "e": Milter.chgFrom("<carol@example.net>")
    case "b": Milter.replBody("Another line.\r\n")
    case "q": Milter.quarantine()
    default: preconditionFailure("'\(letter)' is no reply")
    }
  }
}
