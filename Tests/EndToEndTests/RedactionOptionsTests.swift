import Foundation
import TestSupport
import Testing

@Suite struct RedactionOptionsTests {
  private let sample = Fixtures.project.appendingPathComponent("sample-sessions/quarantine.mtrace").path

  @Test func aRedactedTraceOpensAndSaysTheSameInOtherWords() throws {
    try inFolder { folder in
      let target = folder.appendingPathComponent("shared.mtrace").path
      let map = folder.appendingPathComponent("map").path
      let made = try BuiltProgram.run(
        ["export", "trace", "--redact", "--redact-map", map, sample, "-o", target])
      #expect(made.status == 0)
      let before = try BuiltProgram.run(["show", sample])
      let after = try BuiltProgram.run(["show", target])
      #expect(after.status == 0)
      #expect(before.output.split(separator: "\n").count == after.output.split(separator: "\n").count)
      #expect(before.output.contains("sender@example.org"))
      #expect(!after.output.contains("sender"))
      #expect(try String(contentsOfFile: map, encoding: .utf8).contains("\tsender@example.org\n"))
      let mode = try FileManager.default.attributesOfItem(atPath: map)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func whatIsKeptAndWhatTheFilterTakesAreRealNames() throws {
    let kept = try BuiltProgram.run(
      [
        "export", "jsonl", "--redact", "--keep", "example.org", "-f", "mail.address contains \"sender\"",
        sample,
      ])
    #expect(kept.status == 0)
    #expect(kept.output.contains("@example.org"))
    #expect(!kept.output.contains("sender@"))
  }

  @Test func keepingWithoutRedactionIsAMistake() throws {
    let refused = try BuiltProgram.run(["export", "json", "--keep", "example.org", sample])
    #expect(refused.status == 2)
    #expect(refused.messages.contains("--redact-map and --keep need --redact"))
  }

  @Test func theSameMapGivesTheSamePseudonyms() throws {
    try inFolder { folder in
      let map = folder.appendingPathComponent("map").path
      func exported(_ options: String...) throws -> String {
        let done = try BuiltProgram.run(["export", "trace", "--redact", sample] + options)
        #expect(done.status == 0)
        return done.output
      }
      let first = try exported("--redact-map", map)
      #expect(try exported("--redact-map", map) == first)
      #expect(try exported() != first)
      let lines = try String(contentsOfFile: map, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == Set(lines).count)
      #expect(lines[0].hasPrefix("# key "))
    }
  }

  @Test func aFileThatIsNoMapIsLeftAlone() throws {
    try inFolder { folder in
      let file = folder.appendingPathComponent("letter.txt")
      try "Dear Alice\n".write(to: file, atomically: true, encoding: .utf8)
      let refused = try BuiltProgram.run(["export", "trace", "--redact", "--redact-map", file.path, sample])
      #expect(refused.status == 2)
      #expect(refused.messages.contains("is no map of pseudonyms: its first line has no key"))
      #expect(try String(contentsOf: file, encoding: .utf8) == "Dear Alice\n")
    }
  }

  private func inFolder(_ work: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("redact-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try work(folder)
  }
}
