import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct ShowTests {
  /// A short session as a trace.
  private static let trace: [UInt8] = {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail("<a@b>\u{1B}]0;x\u{7}"))
    play.close()
    var bytes: [UInt8] = []
    RecordWriter.append(
      TraceHead(program: "0.1", startedAt: 1_760_000_000_000_000, command: ["m"]), to: &bytes)
    for record in play.records { RecordWriter.append(record, to: &bytes) }
    return bytes
  }()
  private static let packets = 10

  private func show(_ arguments: String..., input: [UInt8] = trace) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["show"] + arguments, input: input)
  }

  @Test func printsALineForEachPacketAndNothingElseToStandardError() throws {
    let shown = try show("-")
    #expect(shown.status == 0)
    #expect(shown.messages == "")
    let lines = shown.output.split(separator: "\n")
    #expect(lines.count == Self.packets + 3)
    #expect(lines[0] == "        2025-10-09 UTC")
    #expect(lines.contains { $0.hasSuffix(#"mta →     MAIL      <a@b>\x1b]0;x\x07"#) })
    #expect(!shown.output.contains("\u{1B}"))
  }

  @Test func jsonIsOneObjectAPacket() throws {
    let shown = try show("--json", "-")
    let lines = shown.output.split(separator: "\n")
    #expect(lines.count == Self.packets)
    for (place, line) in lines.enumerated() {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(object["n"] as? Int == place + 1)
    }
  }

  @Test func findingsBehindTheirPacketOrAboutNoneAreObjectsOfTheirOwn() throws {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail("<a@b>"))
    let unanswered = play.packet
    play.close()
    play.append(.found(Finding(.noVerdict, packet: unanswered, "MAIL was never answered")))
    play.append(.found(Finding(.noQuit, packet: nil, "no QUIT")))
    var bytes: [UInt8] = []
    RecordWriter.append(TraceHead(program: "0.1", startedAt: 0, command: []), to: &bytes)
    for record in play.records { RecordWriter.append(record, to: &bytes) }
    func findings(_ arguments: String...) throws -> [String] {
      let lines = try BuiltProgram.run(arguments + ["-"], input: bytes).output.split(separator: "\n")
      return try lines.compactMap { line in
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        if object["type"] as? String == "finding" { return object["id"] as? String }
        guard object["finding"] != nil, object["type"] == nil else { return nil }
        return "\(object["findings"] as? [String] ?? []) \(object["n"] as? Int ?? 0)"
      }
    }
    #expect(try findings("show", "--json") == [#"["R03"] \#(unanswered)"#, #"["S10"] 0"#])
    #expect(try findings("show", "--json", "-f", "finding") == [#"["R03"] \#(unanswered)"#, #"["S10"] 0"#])
    #expect(try findings("show", "--json", "-f", "finding >= error") == [#"["R03"] \#(unanswered)"#])
    #expect(try findings("show", "--json", "-f", "helo") == [])
    #expect(try findings("export", "jsonl") == ["R03", "S10"])
    #expect(try findings("export", "jsonl", "-f", "finding == \"S10\"") == ["S10"])
    #expect(try show("-f", "finding == \"S10\"", "-", input: bytes).output.contains("S10 note: no QUIT"))
  }

  @Test func moreIsShownOnRequest() throws {
    let shown = try show("-vx", "-")
    #expect(
      shown.output.hasPrefix(
        "        recorded by mitmilter 0.1 from 2025-10-09T08:53:20.000000Z\n        command: m\n"))
    #expect(shown.output.contains("        address           <a@b>"))
    #expect(shown.output.contains("        000000  00 00 00 01 63"))
  }

  @Test func timesAreLocalUnlessUTCIsAskedFor() throws {
    let zone = ["TZ": "XYZ-05:30"]
    let local = try BuiltProgram.run(["show", "-"], input: Self.trace, environment: zone)
    #expect(local.output.hasPrefix("        2025-10-09 UTC+05:30\n        14:23:20.001"))
    let utc = try BuiltProgram.run(["show", "--utc", "-"], input: Self.trace, environment: zone)
    #expect(utc.output.hasPrefix("        2025-10-09 UTC\n        08:53:20.001"))
  }

  @Test func aFilterShowsWhatMatchesAndWhatIsRemarkedAboutIt() throws {
    let shown = try show("-f", "mail or stage == mail and reply", "-")
    #expect(shown.status == 0)
    let lines = shown.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].contains("MAIL      <a@b>"))
    #expect(lines[2].contains("MAIL      continue"))
    let json = try show("--json", "-f", "client.address in 192.0.2.0/24 and mail.address", "-")
    #expect(json.output.split(separator: "\n").count == 2)
  }

  @Test func aHeldPacketIsFoundByAFlagThatComesLater() throws {
    var play = Recording()
    play.greet()
    let held = play.hold(MTA.mail())
    play.release(held)
    play.send(held, to: .milter)
    var bytes: [UInt8] = []
    RecordWriter.append(TraceHead(program: "0.1", startedAt: 0, command: []), to: &bytes)
    for record in play.records { RecordWriter.append(record, to: &bytes) }
    let folder = try TemporaryFolder()
    try folder.write(bytes, to: "held")
    let shown = try show("--json", "-f", "held", folder.file("held"))
    #expect(shown.output.split(separator: "\n").count == 1)
    #expect(shown.output.contains("\"n\":\(held),"))
  }

  @Test func aFilterThatDoesNotParseIsRefusedBeforeAnythingIsShown() throws {
    let shown = try show("-f", "stge == rcpt", "-")
    #expect(shown.status == 2)
    #expect(shown.output == "")
    #expect(
      shown.messages == """
        mitmilter: error: --filter: unknown term 'stge'
          stge == rcpt
          ^^^^ try: stage == rcpt
        mitmilter: hint: mitmilter help filters lists the terms

        """)
  }

  @Test func aFilterTakesPlainWords() throws {
    let shown = try show("--json", "-f", "a@b", "-")
    #expect(shown.status == 0 && shown.messages == "")
    #expect(shown.output.split(separator: "\n").count == 1)
    let missed = try show("--expect", "-f", "rcptt", "-")
    #expect(missed.status == 1)
    #expect(
      missed.messages == "mitmilter: note: nothing matches the filter: \"rcptt\"; did you mean rcpt?\n")
  }

  @Test func severalTracesAreToldApart() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.trace, to: "a")
    try folder.write(Self.trace, to: "b")
    let (a, b) = (folder.file("a"), folder.file("b"))
    let shown = try show(a, b)
    #expect(
      shown.output.split(separator: "\n").filter { $0.hasPrefix("==> ") } == ["==> \(a) <==", "==> \(b) <=="])
    let json = try show("--json", a, b)
    #expect(json.output.split(separator: "\n").count == 2 * Self.packets)
    #expect(json.output.contains(#""file":"\#(b)""#))
  }

  @Test func aLineThatCannotBeReadIsToldAndTheRestIsShown() throws {
    let shown = try show("--json", "-", input: Self.trace + Array("what is this\n".utf8) + lastPacket)
    #expect(shown.status == 1)
    #expect(shown.output.split(separator: "\n").count == Self.packets + 1)
    #expect(
      shown.messages
        == "mitmilter: warning: standard input: offset \(Self.trace.count): expected '{', found 'w'; the line is left out\n"
    )
  }

  @Test func manyLinesThatCannotBeReadAreCounted() throws {
    let shown = try show("-", input: Self.trace + Array(String(repeating: "x\n", count: 900).utf8))
    #expect(shown.status == 1)
    let messages = shown.messages.split(separator: "\n")
    #expect(messages.count == 6)
    #expect(messages.last == "mitmilter: warning: standard input: 900 lines were left out")
  }

  @Test func aTornTailIsTold() throws {
    let shown = try show("-", input: Array((Self.trace + lastPacket).dropLast(9)))
    #expect(shown.status == 1)
    #expect(shown.messages.hasPrefix("mitmilter: warning: standard input: the last line is cut short after "))
  }

  @Test func whatIsNoTraceIsRefused() throws {
    let shown = try show("-", input: Array("From: a@example.org\n\n".utf8))
    #expect(shown.status == 2)
    #expect(shown.output == "")
    #expect(
      shown.messages == """
        mitmilter: error: cannot read standard input: it is not a trace; it looks like a mail message
        mitmilter: hint: traces are written by 'mitmilter proxy -w FILE'

        """)
  }

  @Test func oneFileThatIsMissingDoesNotHideTheOthers() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.trace, to: "a")
    let shown = try show("--json", folder.file("missing"), folder.file("a"))
    #expect(shown.status == 1)
    #expect(shown.output.split(separator: "\n").count == Self.packets)
    #expect(
      shown.messages.hasPrefix(
        "mitmilter: error: cannot open '\(folder.file("missing"))': no such file or folder\n"))
  }

  private var lastPacket: [UInt8] {
    let received = Received(number: 99, packet: MTA.data, forwarded: true)
    var line: [UInt8] = []
    RecordWriter.append(
      Record(time: Moment(microseconds: 9_000_000), connection: 1, event: .received(received)), to: &line)
    return line
  }
}
