import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct ListingTextTests {
  private func listing(
    _ records: [Record], _ options: ListingText.Options = ListingText.Options(), offset: Int64 = 0
  ) -> String {
    var listing = Listing()
    var text = ListingText(startedAt: 1_760_000_000_000_000, options: options) { _ in offset }
    var lines = ""
    for record in records { for entry in listing.take(record) { lines += text.text(entry) } }
    for entry in listing.flush() { lines += text.text(entry) }
    return lines
  }

  /// A session with one of everything.
  private var everything: [Record] {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg([.addHeaders], [.noBody]))
    play.ask(MTA.macro("M", ["i": "4Xy"]), MTA.mail("<a@b>\u{1B}[2J"))
    let rcpt = play.hold(MTA.rcpt("<c@d>"))
    play.append(
      .instructed(Instructed(text: "set rcpt.address <e@d>", cause: .operator, packet: rcpt, refusal: nil)))
    play.wait(.seconds(2))
    play.release(rcpt)
    play.send(rcpt, to: .milter, edited: MTA.rcpt("<e@d>"))
    play.milter(Milter.reply("550 5.1.1 no such user"))
    play.append(.found(Finding(FindingRule.all[0], packet: play.packet, "found \u{1B} here")))
    let header = play.hold(MTA.header("Subject", "x"))
    play.send(header, to: .milter)
    play.inject(Milter.addHeader("X-Seen", "1"), to: .mta)
    play.mta(MTA.bodyEOB)
    play.milter(Milter.chgHeader(1, "Subject", "new"))
    play.milter(Milter.accept)
    play.append(.noted(text: "look\nhere", packet: 2))
    play.append(.passed(Passed(sender: .milter, bytes: Array("HTTP/1.1 \"x\"\r\n".utf8), reason: .foreign)))
    play.append(.closed(Closed(leg: .milter, how: .error("ECONNRESET"))))
    play.close(.mta)
    return play.records
  }

  @Test func aLineAPacketAndQuieterLinesForTheRest() {
    let mark = FindingRule.all[0].severity.sign
    #expect(
      listing(everything) == """
                2025-10-09 UTC
                08:53:20.001           c1       open inet:50000@127.0.0.1 → inet:8891@127.0.0.1, milter at inet:8892@127.0.0.1
             1  08:53:20.002           c1       mta →     OPTNEG    version 6, all actions, all protocol flags
             2  08:53:20.003    1.0ms  c1       ← milter  OPTNEG    version 6, actions ADDHDRS, protocol NOBODY
             3  08:53:20.004           c1.1     mta →     MAIL      MACRO MAIL: i=4Xy
             4  08:53:20.005           c1.1     mta →     MAIL      <a@b>\\x1b[2J
             5  08:53:20.006    1.0ms  c1.1     ← milter  MAIL      continue
             6  08:53:20.007           c1.1     mta →     RCPT      <c@d>  [STOPPED]
                08:53:20.008           c1       hold 6 by operator, until somebody decides
                08:53:20.009           c1       instruction on 6 by operator: set rcpt.address <e@d>
                08:53:22.010           c1       release 6: forwarded by operator
             6  08:53:22.011           c1.1     mta →     RCPT      <e@d>  [SENT INSTEAD by operator]
             7  08:53:22.012    1.0ms  c1.1     ← milter  RCPT      550 5.1.1 no such user  \(mark) \(FindingRule.all[0].id)
             8  08:53:22.014           c1.1     mta →     HEADER    Subject: x  [STOPPED]
                08:53:22.015           c1       hold 8 by operator, until somebody decides
                08:53:22.016           c1       send 8 to milter as it came, by operator
             9  08:53:22.017           c1.1     ← milter  HEADER    ADDHEADER X-Seen: 1  [OURS by operator]
            10  08:53:22.018           c1.1     mta →     BODYEOB   end of message
            11  08:53:22.019    3.0ms  c1.1     ← milter  HEADER    CHGHEADER Subject[1]: new
            12  08:53:22.020    4.0ms  c1.1     ← milter  HEADER    accept
                08:53:22.021           c1       note on 2: look\\nhere
                08:53:22.022           c1       pass 14 bytes from milter, no milter protocol: "HTTP/1.1 \\"x\\"\\r\\n"
                08:53:22.023           c1       close, connection to milter failed: ECONNRESET
                08:53:22.024           c1       close by mta

        """)
  }

  @Test func allFieldsAndHexOnRequest() {
    var play = Recording()
    play.mta(MTA.mail("<a@b>", "SIZE=1"))
    play.append(.found(Finding(FindingRule.all[0], packet: 1, "odd")))
    var options = ListingText.Options()
    options.isVerbose = true
    options.hasHexDump = true
    let mark = FindingRule.all[0].severity.sign
    #expect(
      listing(play.records, options, offset: -5400) == """
                2025-10-09 UTC-01:30
             1  07:23:20.001           c1.1     mta →     MAIL      <a@b> SIZE=1  \(mark) \(FindingRule.all[0].id)
                length            14  (of code and payload)
                code              M  (MAIL)
                address           <a@b>
                argument          SIZE=1
                \(mark) \(FindingRule.all[0].id) \(FindingRule.all[0].severity.name): odd
                  \(FindingRule.all[0].consequence.text(at: nil))
                  → \(FindingRule.all[0].cure)
                000000  00 00 00 0e 4d 3c 61 40  62 3e 00 53 49 5a 45 3d  ....M<a@b>.SIZE=
                000010  31 00                                             1.

        """)
  }

  @Test func aValueOfManyLinesIsShownLineByLine() {
    var play = Recording()
    play.mta(MTA.body("one\r\ntwo\r\n" + String(repeating: "é", count: 60)))
    var options = ListingText.Options()
    options.isVerbose = true
    let lines = listing(play.records, options).split(separator: "\n").suffix(5)
    #expect(
      lines.joined(separator: "\n") == """
                body                (130 bytes)
                  one\\r\\n
                  two\\r\\n
                  \(String(repeating: "é", count: 50))
                  \(String(repeating: "é", count: 10))
        """)
  }

  @Test func coloursAreAddedAndNothingElse() {
    var options = ListingText.Options()
    options.hasColours = true
    let coloured = listing(everything, options)
    var plain = ""
    var rest = coloured[...]
    while let escape = rest.firstIndex(of: "\u{1B}") {
      plain += rest[..<escape]
      rest = rest[escape...]
      rest = rest.firstIndex(of: "m").map { rest[$0...].dropFirst() } ?? ""
    }
    #expect(coloured != plain + rest)
    #expect(plain + rest == listing(everything))
  }

  @Test func nothingOfTheWireOrOfAStrangersTraceReachesATerminal() {
    var generator = SeededGenerator(seed: 21)
    var options = ListingText.Options()
    options.isVerbose = true
    options.hasHexDump = true
    for _ in 0..<300 {
      let text = listing([Record.random(using: &generator)], options)
      #expect(
        !text.unicodeScalars.contains {
          $0 != "\n" && $0.value < 0x20 || (0x7F..<0xA0).contains($0.value)
            || (0x202A...0x202E).contains($0.value)
            || (0x2066...0x2069).contains($0.value)
        })
    }
  }

  @Test func factsAreForgottenWithTheirConnection() {
    var play = Recording()
    var listing = Listing()
    for connection in 1...300 {
      play.connection = connection
      play.greet()
      _ = play.hold(MTA.mail("<a@b>"))
      play.close(.mta)
      if connection % 2 == 0 { play.close(.milter) }
    }
    for record in play.records { _ = listing.take(record) }
    #expect(listing.openConnections <= 64)
    #expect(listing.openConnections > 0)
  }
}
