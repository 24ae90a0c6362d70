import Foundation
import TestSupport
import Testing

/// `explain` as it is typed.
@Suite struct ExplainTests {
  private static let line =
    "warning: milter inet:localhost:11333: can't read SMFIC_OPTNEG reply packet header: Success"

  private func explain(_ arguments: String..., input: String = "") throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["explain"] + arguments, input: Array(input.utf8))
  }

  @Test func oneLineIsExplainedInFive() throws {
    let told = try explain(Self.line)
    #expect(told.status == 0)
    #expect(told.messages == "")
    let lines = told.output.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[2].contains("an HTTP service sits there: 11333 is rspamd's normal worker"))
    #expect(lines[4] == "  write    main.cf: smtpd_milters = inet:localhost:11332, then postfix reload")
    let words = try BuiltProgram.run(["explain"] + Self.line.split(separator: " ").map(String.init))
    #expect(words.output.hasSuffix(told.output))
  }

  @Test func aLogIsReadFromStandardInputAndRepeatsAreCounted() throws {
    let other = "Nov  8 12:00:01 mx postfix/smtpd[4]: connect from x[192.0.2.1]\n"
    let told = try explain(
      input: (other + "Nov  8 12:00:02 mx postfix/smtpd[4]: " + Self.line + "\n" + other + Self.line + "\n"))
    #expect(told.status == 0)
    #expect(told.output.hasPrefix(Self.line + "\n  means    "))
    #expect(told.output.components(separatedBy: "  means  ").count == 2)
    #expect(told.output.hasSuffix("  2 times: \(Self.line)\n"))
    #expect(told.messages == "mitmilter: note: 2 lines are not about a milter\n")
  }

  @Test func whatIsNotAboutAMilterEndsWithOne() throws {
    let told = try explain("postfix/postscreen[1]: PREGREET 1 after 0 from [192.0.2.1]:1: x")
    #expect(told.status == 1)
    #expect(told.output.hasPrefix("  means    not about a milter; it looks like postscreen"))
    let rubbish = try BuiltProgram.run(["explain"], input: [0, 1, 2, 0x1B, 0x5B, 0xFF, 0x0A])
    #expect(rubbish.status == 1)
    #expect(rubbish.output.contains("not about a milter"))
    #expect(!rubbish.output.contains("\u{1B}"))
    #expect(try explain(input: "").status == 2)
  }

  @Test func jsonIsALineALine() throws {
    let told = try explain("--json", input: Self.line + "\n" + Self.line + "\n")
    let objects = try told.output.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.count == 2)
    #expect(objects[0]["milter"] as? String == "inet:localhost:11333")
    #expect(objects[0]["stage"] as? String == "OPTNEG")
    #expect((objects[0]["likely"] as? [String])?.count == 3)
    #expect((objects[0]["findings"] as? [String])?.contains("R03") == true)
  }

  @Test func aVersionIsTakenAndAWrongOneIsNamed() throws {
    let line = "milter-reject: END-OF-MESSAGE from x[192.0.2.1]: message content rejected; from=<a@b>"
    #expect(try explain("--mta-version", "3.12", line).output.contains(" Postfix 3.12: "))
    let wrong = try explain("--mta-version", "exim", line)
    #expect(wrong.status == 2 && wrong.messages.contains("expected a version of Postfix or Sendmail"))
  }

  @Test func aLinePointsAtItsPacketInATrace() throws {
    let sample = Fixtures.project.appendingPathComponent("sample-sessions/timeout.mtrace").path
    let shown = try BuiltProgram.run(["show", "--json", "--utc", sample]).output.split(separator: "\n")
    let packets = try shown.map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let last = try #require(packets.last { ($0["findings"] as? [String])?.contains("R03") == true })
    let number = try #require(last["n"] as? Int)
    let stage = try #require(packets.first { $0["n"] as? Int == number }?["name"] as? String)
    let line =
      "warning: milter inet:127.0.0.1:1: can't read SMFIC_\(stage) reply packet header: Connection timed out"
    let told = try explain("--trace", sample, line)
    #expect(told.output.contains("  packet   \(number) (c"))
    let missing = try explain("--trace", sample, "Jan  1 00:00:00 mx postfix/smtpd[1]: " + line)
    #expect(missing.output.contains("  packet   none in the trace"))
    #expect(try explain("--trace", "/nowhere", line).status == 2)
  }

  @Test func followingAndALineDoNotGoTogether() throws {
    #expect(try explain("--follow", "/x", "line").status == 2)
    #expect(try explain("--follow", "/nowhere/x").status == 2)
  }
}
