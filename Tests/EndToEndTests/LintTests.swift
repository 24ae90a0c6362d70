import Foundation
import TestSupport
import Testing

/// `lint`, and what `--expect` asks of every command with a filter.
@Suite struct LintTests {
  private static func sample(_ name: String) -> String {
    Fixtures.project.appendingPathComponent("sample-sessions/\(name).mtrace").path
  }

  private let broken = sample("desynchronised-milter")
  private let sound = sample("reject-per-recipient")

  private func lint(_ arguments: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["lint"] + arguments)
  }

  private func objects(_ outcome: BuiltProgram.Outcome) throws -> [[String: Any]] {
    try outcome.output.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func aSecondReplyFailsAndIsToldWithItsCauseAndCure() throws {
    let told = try lint("--fail-on", "error", broken)
    #expect(told.status == 1)
    #expect(told.messages == "")
    #expect(told.output.hasPrefix("✖ R02 a second verdict for one command: "))
    #expect(told.output.contains("\n    what comes of it: the MTA takes it as the reply to its next command"))
    #expect(told.output.contains("\n    what to do: reply once: "))
    let last = try #require(told.output.split(separator: "\n").last)
    #expect(last.contains(" found in ") && last.contains(" packets of "))
  }

  @Test func theWeightThatFailsIsAsked() throws {
    let notes = try objects(lint("--json", sound)).compactMap { $0["severity"] as? String }
    #expect(try lint(sound).status == (notes.contains { $0 != "note" } ? 1 : 0))
    #expect(try lint("--fail-on", "note", sound).status == (notes.isEmpty ? 0 : 1))
    #expect(try lint("--fail-on", "error", sound).status == 0)
  }

  @Test func whatIsIgnoredIsGoneWithWhatFollowsFromIt() throws {
    let all = try objects(lint("--json", broken))
    let roots = Set(all.filter { $0["cause"] == nil }.compactMap { $0["id"] as? String })
    #expect(roots.contains("R02"))
    let options = roots.sorted().flatMap { ["--ignore", $0.lowercased()] }
    let none = try BuiltProgram.run(["lint"] + options + [broken])
    #expect(none.status == 0)
    #expect(none.output.hasPrefix("nothing found in "))
    let unknown = try lint("--ignore", "R99", broken)
    #expect(unknown.status == 2)
    #expect(unknown.messages.contains("--ignore: there is no finding 'R99'"))
  }

  @Test func jsonIsALineAFindingWithWhatEachMTADoes() throws {
    let told = try objects(lint("--json", broken))
    let second = try #require(told.first { $0["id"] as? String == "R02" })
    for member in ["severity", "title", "text", "consequence", "cure", "conn", "n", "time", "source"] {
      #expect(second[member] != nil, "\(member) is missing")
    }
    #expect(second["severity"] as? String == "error")
    let apart = try #require(second["consequences"] as? [String: String])
    #expect(apart["postfix"]?.contains("Postfix drops it at the end of message") == true)
    #expect(apart["sendmail"]?.contains("Postfix") == false)
  }

  @Test func jsonHasTheLinesOfTheLog() throws {
    let timeout = Fixtures.project.appendingPathComponent("sample-sessions/timeout.mtrace").path
    let told = try objects(lint("--json", timeout))
    let silent = try #require(told.first { $0["id"] as? String == "R03" })
    let log = try #require(silent["log"] as? [[String: Any]])
    #expect(log.allSatisfy { $0["by"] as? String == "postfix" && $0["assumed"] == nil })
    #expect(
      log.first?["line"] as? String
        == "warning: milter inet:127.0.0.1:30282: can't read SMFIC_BODYEOB reply packet header: Connection timed out"
    )
    #expect(log.last?["when"] as? String == "with milter_default_action = tempfail")
    #expect(told.first { $0["id"] as? String == "S11" }?["log"] == nil)
  }

  @Test func wordsHaveTheLinesOfTheLogAndTheMTAAtHand() throws {
    let timeout = Self.sample("timeout")
    let told = try lint(timeout).output
    #expect(told.contains("\n    in the log: Postfix logs\n      postfix/cleanup: warning: milter "))
    #expect(told.contains("reply packet header: Connection timed out"))
    #expect(!told.contains("Sendmail"))
  }

  /// Three mails, each signed with RSA (relaxed/simple) and Ed25519 (simple/relaxed), and what a milter did to them.
  private static let signed = Fixtures.project.appendingPathComponent(
    "Tests/TraceFormatTests/Fixtures/signed"
  ).path
  private static let keys = ["org", "net"].flatMap {
    ["--dkim-key", "\(signed)/s1._domainkey.example.\($0).txt"]
  }

  @Test func aKeyTellsWhatBecameOfItsSignatures() throws {
    let told = try BuiltProgram.run(["lint"] + Self.keys + ["\(Self.signed)/signed.pcap"])
    #expect(told.messages == "")
    let lines = told.output.split(separator: "\n").filter {
      $0.contains(": the signature of ") && $0.contains("as it came")
    }
    let (rsa, ed) = ("the signature of example.org, selector s1", "the signature of example.net, selector s1")
    let body = "as it came not valid: the body is not the one that was signed"
    #expect(
      lines.map { $0.split(separator: " ").joined(separator: " ") }.map { line in
        line.replacing(/packet \d+/, with: "packet N")
      } == [
        "c1.1: \(ed): valid as it came, and as it leaves", "c1.1: \(rsa): valid as it came, and as it leaves",
        "c2.1: \(ed): valid as it came, and as it leaves",
        "c2.1: \(rsa): valid as it came; broken by the change of packet N",
        "c3.1: \(ed): \(body)", "c3.1: \(rsa): \(body)",
      ])
    let objects = try self.objects(
      BuiltProgram.run(["lint", "--json"] + Self.keys + ["\(Self.signed)/signed.pcap"]))
    let broken = try #require(
      objects.first { $0["after"] as? String == "body" && $0["before"] as? String == "valid" })
    #expect((broken["signature"] as? [String: Any])?["domain"] as? String == "example.org")
    #expect(
      (broken["packets"] as? [Int])?.count == 1 && broken["conn"] as? Int == 2 && broken["msg"] as? Int == 1)
  }

  @Test func aKeyOfAnotherFitsNothingAndWhatIsNoKeySaysSo() throws {
    let folder = try TemporaryFolder()
    let net = try String(contentsOfFile: "\(Self.signed)/s1._domainkey.example.net.txt", encoding: .utf8)
    try folder.write(Array(net.utf8), to: "some.txt")
    let pcap = "\(Self.signed)/signed.pcap"
    let told = try lint("--dkim-key", folder.file("some.txt"), pcap)
    #expect(told.output.contains("example.net, selector s1: valid as it came"))
    #expect(
      told.output.contains(
        "example.org, selector s1: as it came not verified: none of the keys given is for it"))
    let none = try lint("--dkim-key", pcap, pcap)
    #expect(
      none.status == 2
        && none.messages.contains("expected a DKIM record (v=DKIM1; k=rsa; p=…) or a key in PEM"))
    try folder.write(
      Array("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".utf8), to: "broken.pem")
    let broken = try lint("--dkim-key", folder.file("broken.pem"), pcap)
    #expect(broken.status == 2 && broken.messages.contains("openssl reads no RSA or Ed25519 key there"))
    let missing = try BuiltProgram.run(
      ["lint", "--dkim-key", folder.file("some.txt"), pcap], environment: ["PATH": folder.path])
    #expect(missing.status == 2 && missing.messages.contains("and there is none in PATH"))
  }

  @Test func annotationsEscapeWhatGitHubWouldTakeForItsOwn() throws {
    let told = try lint("--github", broken)
    #expect(told.status == 1)
    let lines = told.output.split(separator: "\n")
    let first = try #require(lines.first)
    #expect(first.hasPrefix("::error file=\(broken),title=R02 a second verdict for one command::"))
    #expect(first.contains("%0AWhat to do: "))
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("::") })
    #expect(try lint("--github", "--json", broken).status == 2)
  }

  @Test func aTraceIsJudgedAnewUnlessWhatWasRecordedIsWanted() throws {
    let folder = try TemporaryFolder()
    let lines = try String(contentsOfFile: broken, encoding: .utf8).split(separator: "\n")
    let silent = lines.filter { !$0.contains(#""k":"find""#) }
    #expect(silent.count < lines.count)
    try folder.write(Array((silent.joined(separator: "\n") + "\n").utf8), to: "silent.mtrace")
    let path = folder.file("silent.mtrace")
    #expect(try lint(path).output.hasPrefix("✖ R02 "))
    let recorded = try lint("--recorded", path)
    #expect(recorded.status == 0)
    #expect(recorded.output.hasPrefix("nothing found in "))
  }

  @Test func severalFilesAreToldTogetherAndNamed() throws {
    let told = try lint("--fail-on", "error", broken, sound)
    #expect(told.output.contains(" of '\(broken)'\n"))
    let objects = try objects(lint("--json", broken, sound))
    #expect(objects.allSatisfy { $0["file"] is String })
  }

  @Test func whatCannotBeReadIsToldAndFails() throws {
    let one = try lint("/nowhere/a.mtrace", sound, "--fail-on", "error")
    #expect(one.status == 1)
    #expect(one.messages.hasPrefix("mitmilter: error: cannot open '/nowhere/a.mtrace'"))
    #expect(try lint("/nowhere/a.mtrace").status == 2)
  }

  @Test(arguments: [["lint", "--fail-on", "error"], ["show"], ["export", "jsonl"]])
  func aFilterThatTakesNothingFailsWhereItIsExpectedTo(_ command: [String]) throws {
    let nothing = ["-f", "helo.name == \"nobody\"", sound]
    #expect(try BuiltProgram.run(command + nothing).status == 0)
    let disappointed = try BuiltProgram.run(command + ["--expect"] + nothing)
    #expect(disappointed.status == 1)
    #expect(disappointed.messages.contains("matches the filter"))
    #expect(try BuiltProgram.run(command + ["--expect", "-f", "rcpt", sound]).status == 0)
  }

  @Test func aFilterChoosesAmongFindings() throws {
    let all = try objects(lint("--json", broken)).count
    let errors = try objects(lint("--json", "-f", "finding >= error", broken))
    #expect(!errors.isEmpty && errors.count <= all)
    #expect(try lint("-f", "connect", broken).status == 0)
  }

  @Test func aLiveRunEndsWithWhatWasFound() throws {
    let run = try BuiltProgram.run(["demo", "--headless", "-q", "--speed", "0"])
    #expect(run.status == 0)
    let messages = run.messages.split(separator: "\n")
    let start = try #require(messages.firstIndex { $0.hasPrefix("mitmilter: found: ") })
    #expect(messages[(start + 1)...].contains { $0.contains("✖ ") || $0.contains("▲ ") || $0.contains("● ") })
  }
}
